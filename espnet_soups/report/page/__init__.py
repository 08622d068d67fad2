"""Make a page of an experiment: losses, what the soup did, scores, and utterances to listen to."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.errors import cli_main


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="soups report",
        description="Write a self-contained HTML page about an experiment, and its pictures as PNG files.",
    )
    parser.add_argument("exp", type=Path, help="folder of the experiment, such as exp/asr_st_...")
    parser.add_argument("--out", type=Path, help="folder for report.html and the pictures (default: EXP/report)")
    parser.add_argument(
        "--examples", type=_count, default=3, help="utterances of each language of each test set (default: %(default)s)"
    )
    parser.add_argument(
        "--audio_mib", type=float, default=4.0, help="most audio in the page, in MiB (default: %(default)s)"
    )
    return parser


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of utterances")
    return int(text)


@cli_main
def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = parser().parse_args(argv)
    from espnet_soups.report.page.build import write_report

    out = args.out or args.exp / "report"
    print(f"report: {write_report(args.exp, out, args.examples, int(args.audio_mib * 2**20))}")
