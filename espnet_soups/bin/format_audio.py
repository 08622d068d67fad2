"""Format the audio of a data directory as 16 kHz mono, and complete the directory."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from espnet_soups.corpora.format import AudioFormat, format_audio
from espnet_soups.errors import cli_main


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data_dir", type=Path, required=True, help="the data directory to read")
    parser.add_argument("--out_dir", type=Path, required=True, help="the data directory to write")
    parser.add_argument(
        "--audio_dir", type=Path, help="gets the audio; OUT_DIR/../audio/<name of OUT_DIR> if not given"
    )
    parser.add_argument("--audio_format", choices=get_args(AudioFormat.__value__), default="flac")
    parser.add_argument("--nj", type=int, default=1, help="number of processes")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    audio_dir = args.audio_dir or args.out_dir.parent / "audio" / args.out_dir.name
    format_audio(args.data_dir, args.out_dir, audio_dir, args.audio_format, args.nj)


if __name__ == "__main__":
    main()
