"""Transcribe audio files, and translate them if the model can: text, JSON or subtitles."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.bin.decode import PRECISIONS
from espnet_soups.errors import UserError, cli_main

MODEL_HELP = "a zip made by 'soups pack', its URL, a folder, or a tag: owner/name"


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: soups transcribe model.zip *.mp3 --lang fr --translate_to en --format srt --output_dir out",
    )
    parser.add_argument("model", help=MODEL_HELP)
    parser.add_argument("files", nargs="+", type=Path, help="audio in any format, rate and number of channels")
    parser.add_argument("--lang", help="what is spoken (default: the model tells, for each file)")
    parser.add_argument("--translate_to", help="language of the translation (default: none)")
    parser.add_argument(
        "--format",
        choices=("text", "json", "srt", "vtt"),
        default="text",
        help="json: one line per file, with tokens, their times and scores (default: text)",
    )
    parser.add_argument("--output_dir", type=Path, help="gets one file for each recording (default: print)")
    parser.add_argument("--config", type=Path, help="YAML of the searches (default: those of the model)")
    parser.add_argument("--device", default="cpu", help="such as cpu or cuda:0 (default: cpu)")
    parser.add_argument("--dtype", choices=PRECISIONS, default="float32", help="precision (default: float32)")
    parser.add_argument("--cache", type=Path, help="where archives are unpacked (default: $ESPNET_SOUPS_CACHE)")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    from espnet_soups.inference.options import read_decode_options
    from espnet_soups.inference.speech2text import Speech2Text
    from espnet_soups.inference.transcribe_files import TranscribeRequest, check_outputs, transcribe_files

    request = TranscribeRequest(args.lang, args.translate_to, args.format, args.output_dir)
    check_outputs(args.files, request)
    options = read_decode_options(args.config) if args.config else None
    model = Speech2Text.from_pretrained(
        args.model, device=args.device, dtype=args.dtype, options=options, cache=args.cache
    )
    if failed := transcribe_files(model, args.files, request):
        raise UserError(f"{failed} of {len(args.files)} files could not be transcribed; the others were.")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
