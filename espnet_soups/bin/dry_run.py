"""Check configuration, data and disk of a recipe, and print what it would train; nothing is written.

usage: python -m espnet_soups.bin.dry_run [options] -- [options of espnet_soups.bin.train]
"""

import argparse
import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.errors import cli_main


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", type=Path, required=True, help="has the data directories of the sets")
    parser.add_argument("--dump_dir", type=Path, required=True, help="gets the formatted audio")
    parser.add_argument("--exp_dir", type=Path, required=True, help="gets the experiment")
    parser.add_argument("--fit_sets", nargs="+", required=True, help="sets to train and to validate with")
    parser.add_argument("--test_sets", nargs="+", required=True, help="sets to decode")
    parser.add_argument("--inference_config", type=Path, required=True, help="YAML of the searches")
    parser.add_argument("--src_nbpe", type=int, required=True, help="pieces of recognition, if bpe")
    parser.add_argument("--tgt_nbpe", type=int, required=True, help="pieces of translation, if bpe")
    parser.add_argument("--planned", nargs="*", type=int, default=[], help="numbers of the stages that would run")
    parser.add_argument("training", nargs="*", help="options of training")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    with contextlib.redirect_stderr(io.StringIO()):  # ESPnet tells which optional packages it did not find
        from espnet_soups.dry_run.report import print_report

    print_report(args)


if __name__ == "__main__":
    main()
