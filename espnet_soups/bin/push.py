"""Upload a packed model to the Hugging Face Hub, and print its line for the table of ESPnet's model zoo."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.errors import UserError, cli_main


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Log in first: 'hf auth login', or set HF_TOKEN.")
    parser.add_argument("model", type=Path, help="zip made by 'soups pack'")
    parser.add_argument("--hf_repo", required=True, metavar="OWNER/NAME", help="made if it is not there")
    parser.add_argument("--private", action="store_true", help="make it so that only its owner sees it")
    parser.add_argument("--dry_run", action="store_true", help="only list what would be uploaded")
    parser.add_argument("--cache", type=Path, help="where the zip is unpacked (default: $ESPNET_SOUPS_CACHE)")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    from espnet_soups.zoo.bundle import open_bundle
    from espnet_soups.zoo.locate import default_cache, locate
    from espnet_soups.zoo.push import plan_upload, upload, zoo_line

    if not args.model.exists():
        raise UserError(f"{args.model} does not exist; pack the model first (soups pack, stage 14).")
    bundle = open_bundle(locate(args.model, args.cache or default_cache()))
    plan = plan_upload(bundle, args.hf_repo, args.private)
    print(f"{'would upload' if args.dry_run else 'uploading'} to {args.hf_repo}:")
    for name, size in plan.files().items():
        print(f"  {size:>13,}  {name}")
    if not args.dry_run:
        print(f"uploaded: {upload(plan)}")
    print(f"line for the model zoo's table.csv:\n{zoo_line(bundle.facts(), args.hf_repo)}")


if __name__ == "__main__":
    main()
