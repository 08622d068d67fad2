"""Tell what a packed model is: objectives, sizes, soup, scores, licence."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.bin.transcribe import MODEL_HELP
from espnet_soups.errors import cli_main


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help=MODEL_HELP)
    parser.add_argument("--json", action="store_true", help="everything, for programs")
    parser.add_argument("--cache", type=Path, help="where archives are unpacked (default: $ESPNET_SOUPS_CACHE)")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    from espnet_soups.zoo.describe import as_text, describe

    facts = describe(args.model, args.cache)
    print(json.dumps(facts, indent=1, ensure_ascii=False) if args.json else as_text(facts))


if __name__ == "__main__":
    main()
