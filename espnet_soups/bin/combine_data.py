"""Combine data directories into one that refers to the same audio."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.corpora.combine import combine_data_dirs
from espnet_soups.errors import cli_main


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data_dirs", type=Path, nargs="+", required=True, help="the data directories to read")
    parser.add_argument("--out_dir", type=Path, required=True, help="the data directory to write")
    parser.add_argument("--complete", action="store_true", help="write <na> for texts that are missing")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    print(combine_data_dirs(args.data_dirs, args.out_dir, complete=args.complete))


if __name__ == "__main__":
    main()
