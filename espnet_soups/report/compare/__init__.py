"""Compare experiments: scores with significance, recognition against translation, training cost."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.errors import UserError, cli_main


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="soups compare",
        description="Compare experiments that were scored on the same test sets with the first of them: relative "
        "changes with paired bootstrap tests, mean WER against mean BLEU with the Pareto front, the cost of training. "
        "Writes comparison.md, comparison.html, comparison.json and trade.png, and prints the first.",
    )
    parser.add_argument("exp", type=Path, nargs="+", help="folders of two or more experiments, such as exp/asr_st_...")
    parser.add_argument(
        "--out", type=Path, default=Path("comparison"), help="folder for the files (default: %(default)s)"
    )
    parser.add_argument("--test_sets", nargs="+", default=[], help="test sets to compare (default: all)")
    parser.add_argument("--objectives", nargs="+", default=[], help="such as 'asr/*' or st/fr-en (default: all)")
    parser.add_argument("--samples", type=_positive, default=1000, help="bootstrap resamples (default: %(default)s)")
    parser.add_argument("--seed", type=_positive, default=12345, help="of the resamples (default: %(default)s)")
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive integer")
    return int(text)


@cli_main
def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = parser().parse_args(argv)
    if len(args.exp) < 2:
        raise UserError("One experiment cannot be compared: give two or more.")
    from espnet_soups.report.compare.table import compare
    from espnet_soups.report.compare.write import write_comparison

    comparison = compare(args.exp, args.test_sets, args.objectives, args.samples, args.seed)
    print(write_comparison(comparison, args.out), end="")
    print(f"\ncomparison: {args.out / 'comparison.html'}")
