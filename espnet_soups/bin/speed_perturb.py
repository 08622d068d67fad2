"""Add slower and faster copies of every utterance to a data directory."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.corpora.speed import speed_perturb
from espnet_soups.errors import cli_main


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data_dir", type=Path, required=True, help="the data directory to read")
    parser.add_argument("--out_dir", type=Path, required=True, help="the data directory to write")
    parser.add_argument("--audio_dir", type=Path, help="gets the audio; OUT_DIR/../local/audio_sp if not given")
    parser.add_argument("--factors", nargs="+", default=["0.9", "1.0", "1.1"], help="speeds; 1.0 is the original")
    parser.add_argument("--nj", type=int, default=1, help="number of processes")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    audio_dir = args.audio_dir or args.out_dir.parent / "local" / "audio_sp"
    speed_perturb(args.data_dir, args.out_dir, audio_dir, args.factors, args.nj)


if __name__ == "__main__":
    main()
