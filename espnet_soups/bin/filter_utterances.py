"""Drop the utterances of a formatted data directory that are too short, too long or without text."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.corpora.filter import Limits, filter_utterances
from espnet_soups.errors import cli_main


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    defaults = Limits()
    parser.add_argument("--data_dir", type=Path, required=True, help="the data directory to read")
    parser.add_argument("--out_dir", type=Path, required=True, help="the data directory to write")
    parser.add_argument("--min_seconds", type=float, default=defaults.min_seconds, help="shorter ones are dropped")
    parser.add_argument("--max_seconds", type=float, default=defaults.max_seconds, help="longer ones are dropped")
    parser.add_argument(
        "--unlabeled", action="store_true", help="keep all, without texts and language, for self-supervision"
    )
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    limits = Limits(args.min_seconds, args.max_seconds, args.unlabeled)
    filter_utterances(args.data_dir, args.out_dir, limits)


if __name__ == "__main__":
    main()
