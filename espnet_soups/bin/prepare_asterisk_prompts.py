"""Prepare the corpus asterisk_prompts: get it, clean it, split it, write Kaldi-style data directories."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from espnet_soups.corpora.asterisk.acquire import Source, acquire
from espnet_soups.corpora.asterisk.prepare import Options, prepare
from espnet_soups.corpora.asterisk.utterances import TARGET_LANGUAGE, Counts
from espnet_soups.corpora.asterisk.voices import LANGUAGES
from espnet_soups.corpora.asterisk.web import BASE_URL, VERSION
from espnet_soups.errors import cli_main
from espnet_soups.text.normalize import CASES


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    where = parser.add_argument_group("where from, where to")
    where.add_argument("--audio_dir", type=Path, help="directory with the sounds: .deb or .tar.gz files, or extracted")
    where.add_argument("--source", choices=get_args(Source.__value__), default="auto", help="without --audio_dir")
    where.add_argument("--base_url", default=BASE_URL, help="web directory of the release archives")
    where.add_argument("--version", default=VERSION, help="version of the release archives")
    where.add_argument("--download_dir", type=Path, default=Path("downloads"), help="keeps what was downloaded")
    where.add_argument(
        "--data_dir", type=Path, default=Path("data"), help="gets train, valid, test_digits, test_prompts"
    )
    where.add_argument("--local_dir", type=Path, help="gets audio and reports; DATA_DIR/local if not given")
    what = parser.add_argument_group("what")
    what.add_argument("--languages", nargs="+", default=list(LANGUAGES), help="ISO codes")
    what.add_argument("--st_pairs", nargs="*", default=[], help="to check that the corpus has them")
    what.add_argument("--src_case", choices=CASES, default="lc.rm", help="form of the transcripts")
    what.add_argument("--tgt_case", choices=CASES, default="lc.rm", help="form of the translations")
    what.add_argument("--max_seconds", type=float, default=20.0, help="longer prompts are dropped")
    defaults = Counts()
    what.add_argument("--train_digit_strings", type=int, default=defaults.train_digit_strings, help="per language")
    what.add_argument(
        "--train_phrase_sequences", type=int, default=defaults.train_phrase_sequences, help="per language"
    )
    what.add_argument("--valid_digit_strings", type=int, default=defaults.valid_digit_strings, help="per language")
    what.add_argument("--test_digit_strings", type=int, default=defaults.test_digit_strings, help="per language")
    what.add_argument("--limit_per_language", type=int, help="prompts per language of a reduced corpus, for trials")
    what.add_argument("--seed", type=int, default=0, help="of the splits and the composed utterances")
    parser.add_argument("--nj", type=int, default=1, help="number of processes")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    counts = Counts(
        args.train_digit_strings,
        args.train_phrase_sequences,
        args.valid_digit_strings,
        args.test_digit_strings,
    )
    options = Options(
        languages=args.languages,
        st_pairs=args.st_pairs,
        seed=args.seed,
        src_case=args.src_case,
        tgt_case=args.tgt_case,
        max_seconds=args.max_seconds,
        counts=counts,
        limit_per_language=args.limit_per_language,
        nj=args.nj,
    )
    root = acquire(
        args.languages,
        args.download_dir,
        audio_dir=args.audio_dir,
        source=args.source,
        transcripts_only=[] if TARGET_LANGUAGE in args.languages else [TARGET_LANGUAGE],
        base_url=args.base_url,
        version=args.version,
    )
    prepare(root, args.data_dir, args.local_dir or args.data_dir / "local", options)


if __name__ == "__main__":
    main()
