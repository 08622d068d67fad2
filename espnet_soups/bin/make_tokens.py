"""Make a token list of characters or sentencepiece units from the texts of a data directory."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from espnet_soups.errors import cli_main
from espnet_soups.text.token_lists import BpeMode, Field, TokenType, make_tokens


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data_dir", type=Path, required=True, help="the data directory to read")
    parser.add_argument("--field", choices=get_args(Field.__value__), default="text", help="which texts of it")
    parser.add_argument("--out_dir", type=Path, required=True, help="gets tokens.txt and, for bpe, bpe.model")
    parser.add_argument("--token_type", choices=get_args(TokenType.__value__), default="char")
    parser.add_argument("--vocab_size", type=int, help="number of sentencepiece units, for bpe")
    parser.add_argument("--bpe_mode", choices=get_args(BpeMode.__value__), default="unigram", help="for bpe")
    parser.add_argument(
        "--other_dirs",
        type=Path,
        nargs="*",
        default=[],
        help="data directories whose unknown tokens are counted",
    )
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    make_tokens(
        args.data_dir,
        args.field,
        args.out_dir,
        args.token_type,
        vocab_size=args.vocab_size,
        bpe_mode=args.bpe_mode,
        other_dirs=args.other_dirs,
    )


if __name__ == "__main__":
    main()
