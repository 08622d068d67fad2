"""Prepare AISHELL-1: get it, write Kaldi-style data directories."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.corpora.aishell.acquire import get_corpus
from espnet_soups.corpora.aishell.prepare import Options, prepare
from espnet_soups.corpora.aishell.published import BASE_URL
from espnet_soups.corpora.combine import check_languages, refuse_pairs
from espnet_soups.errors import cli_main
from espnet_soups.text.normalize import CASES


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    where = parser.add_argument_group("where from, where to")
    where.add_argument("--audio_dir", type=Path, help="has data_aishell or data_aishell.tgz; nothing is downloaded")
    where.add_argument("--base_url", default=BASE_URL, help="web folder of the archive")
    where.add_argument("--download_dir", type=Path, default=Path("downloads"), help="keeps downloads")
    where.add_argument("--remove_archives", action="store_true", help="keep only what was extracted")
    where.add_argument("--data_dir", type=Path, default=Path("data"), help="gets train, valid and test")
    where.add_argument("--local_dir", type=Path, help="gets the report rows.tsv; DATA_DIR/local if not given")
    what = parser.add_argument_group("what")
    what.add_argument(
        "--with_librispeech",
        type=Path,
        metavar="DIR",
        help="adds the prepared data of that recipe, by reference",
    )
    what.add_argument("--languages", nargs="+", help="to check that this corpus has them")
    what.add_argument("--st_pairs", nargs="*", default=[], help="to check that none are asked for")
    what.add_argument("--tgt_case", choices=CASES, help="has no effect: there are no translations")
    what.add_argument("--src_case", choices=CASES, default="lc.rm", help="form of the transcripts")
    what.add_argument("--check_audio", action="store_true", help="read every recording's header")
    parser.add_argument("--nj", type=int, default=1, help="number of processes")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    options = Options(args.src_case, check_audio=args.check_audio, nj=args.nj)
    siblings = {"librispeech": args.with_librispeech} if args.with_librispeech else {}
    refuse_pairs(args.st_pairs, "AISHELL-1")
    check_languages(args.languages, ["zh", *(["en"] if siblings else [])], "AISHELL-1", "--with_librispeech")
    corpus = get_corpus(
        args.download_dir,
        audio_dir=args.audio_dir,
        base_url=args.base_url,
        remove_archives=args.remove_archives,
        nj=args.nj,
    )
    prepare(corpus, args.data_dir, args.local_dir or args.data_dir / "local", options, siblings)


if __name__ == "__main__":
    main()
