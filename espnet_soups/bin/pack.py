"""Pack a trained model into one zip that works on any machine, with its scores and a model card.

Run it from the recipe's folder, because the training configuration names files as seen from there.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.errors import cli_main


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--exp_dir", type=Path, required=True, help="has config.yaml, the weights, RESULTS.json and RESULTS.md"
    )
    parser.add_argument("--out", type=Path, required=True, help="the zip")
    parser.add_argument("--model_file", default="valid.loss.ave.pth", help="weights in --exp_dir (default: average)")
    parser.add_argument("--decode_config", type=Path, help="YAML of the searches that the model was scored with")
    parser.add_argument("--data_dirs", type=Path, nargs="*", default=[], help="data it was trained on, for the card")
    parser.add_argument("--valid_dir", type=Path, help="data to fit the confidence in the spoken language on")
    parser.add_argument(
        "--corpus", type=Path, nargs="*", default=[], help="YAMLs with name, licence and source of the data"
    )
    parser.add_argument("--licence", help="of the model, as the Hugging Face Hub calls it, such as cc-by-4.0")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    from espnet_soups.zoo.pack import PackRequest, pack, pack_command

    command = pack_command(sys.argv[1:] if arguments is None else arguments)
    facts = pack(PackRequest(**vars(args)), command)
    size = args.out.stat().st_size / (1 << 20)
    print(f"{args.out}: {facts['name']}, {facts['parameters']['total']:,} parameters, {size:.1f} MiB")


if __name__ == "__main__":
    main()
