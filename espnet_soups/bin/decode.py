"""Recognise and translate the utterances of a data directory."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.errors import UserError, cli_main

PRECISIONS = ("float32", "float64", "bfloat16", "float16")


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--config", type=Path, help="YAML of the searches, such as conf/decode.yaml")
    parser.add_argument("--train_config", type=Path, required=True, help="config.yaml that training wrote")
    parser.add_argument("--model_file", type=Path, required=True, help="weights, such as valid.loss.ave.pth")
    parser.add_argument("--data_dir", type=Path, required=True, help="formatted data directory")
    parser.add_argument(
        "--output_dir",
        type=Path,
        required=True,
        help="gets asr/<lang>/ and st/<pair>/ with text, token, score",
    )
    parser.add_argument("--nj", type=int, default=1, help="number of processes, of one thread each")
    parser.add_argument("--ngpu", type=int, choices=(0, 1), default=0, help="whether the processes use the GPU")
    parser.add_argument("--dtype", choices=PRECISIONS, default="float32", help="precision of the model")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    from espnet_soups.inference.decode_worker import ModelFiles
    from espnet_soups.inference.decoding import decode_data_dir
    from espnet_soups.inference.options import DecodeOptions, read_decode_options

    if args.output_dir.exists() and not args.output_dir.is_dir():
        raise UserError(f"--output_dir {args.output_dir} is a file; give a directory.")
    options = read_decode_options(args.config) if args.config else DecodeOptions()
    model = ModelFiles(args.train_config, args.model_file, args.ngpu, args.dtype)
    given = shlex.join(sys.argv[1:] if arguments is None else arguments)
    command = f"python -m espnet_soups.bin.decode {given}"
    summary = decode_data_dir(args.data_dir, args.output_dir, model, options, args.nj, command)
    print(f"{args.output_dir}: {summary}")


if __name__ == "__main__":
    main()
