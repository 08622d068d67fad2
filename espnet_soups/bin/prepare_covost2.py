"""Prepare CoVoST 2: get translations, join them with Common Voice 4.0, write Kaldi-style data directories."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.corpora.covost2.acquire import find_recordings, get_translations
from espnet_soups.corpora.covost2.prepare import LANGUAGES, Options, complete_pairs, prepare
from espnet_soups.corpora.covost2.published import BASE_URL
from espnet_soups.errors import cli_main
from espnet_soups.text.normalize import CASES


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    where = parser.add_argument_group("where from, where to")
    where.add_argument("--audio_dir", type=Path, help="Common Voice 4.0: has <language>/{validated.tsv,clips}")
    where.add_argument(
        "--translations_dir", type=Path, help="has covost_v2.*.tsv or .tsv.tar.gz; nothing is downloaded"
    )
    where.add_argument("--base_url", default=BASE_URL, help="web folder of the translations")
    where.add_argument("--download_dir", type=Path, default=Path("downloads"), help="keeps downloads")
    where.add_argument("--data_dir", type=Path, default=Path("data"), help="gets train, valid and test")
    where.add_argument("--local_dir", type=Path, help="gets the report rows.tsv; DATA_DIR/local if not given")
    what = parser.add_argument_group("what")
    what.add_argument("--languages", nargs="+", default=list(LANGUAGES), help="that are spoken, as ISO codes")
    what.add_argument(
        "--st_pairs", nargs="*", default=[], help="to translate; languages without one are translated into English"
    )
    what.add_argument("--src_case", choices=CASES, default="lc.rm", help="form of the transcripts")
    what.add_argument("--tgt_case", choices=CASES, default="tc", help="form of the translations")
    what.add_argument(
        "--check_audio", action="store_true", help="read every recording's header, to find truncated ones now"
    )
    parser.add_argument("--nj", type=int, default=1, help="number of processes")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    st_pairs = complete_pairs(args.languages, args.st_pairs)
    options = Options(args.languages, st_pairs, args.src_case, args.tgt_case, check_audio=args.check_audio, nj=args.nj)
    pairs = options.pairs()
    recordings = find_recordings(args.audio_dir, pairs)
    tables = get_translations(
        pairs.values(), args.download_dir, translations_dir=args.translations_dir, base_url=args.base_url
    )
    prepare(recordings, tables, args.data_dir, args.local_dir or args.data_dir / "local", options)


if __name__ == "__main__":
    main()
