"""The command ``soups``: one way in to everything that has a command line.

What a command needs is imported when it runs: importing torch and ESPnet takes seconds,
which no ``--help`` should cost.
"""

import difflib
import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

import espnet_soups
from espnet_soups.errors import UserError, cli_main


class Command(NamedTuple):
    """Where a command is, and what it does in a few words."""

    module: str
    summary: str


COMMANDS = {
    "transcribe": Command("espnet_soups.bin.transcribe", "audio files to text, JSON or subtitles, with translation"),
    "info": Command("espnet_soups.bin.info", "what a packed model is: objectives, sizes, soup, scores, licence"),
    "train": Command("espnet_soups.bin.train", "train a model, or collect statistics (stages 10 and 11)"),
    "decode": Command("espnet_soups.bin.decode", "recognise and translate a data directory (stage 12)"),
    "score": Command("espnet_soups.bin.score", "WER, CER, BLEU and chrF of what was decoded (stage 13)"),
    "pack": Command("espnet_soups.bin.pack", "one zip of a trained model that works anywhere (stage 14)"),
    "push": Command("espnet_soups.bin.push", "upload a zip to the Hugging Face Hub (stage 15)"),
    "report": Command("espnet_soups.report.page", "one page about a training: figures, scores, utterances"),
    "compare": Command("espnet_soups.report.compare", "one table of several trainings, with significance"),
    "demo": Command("espnet_soups.demo", "a local page to speak to a model and read what it writes"),
}


def usage() -> str:
    """The help page."""
    lines = ["usage: soups COMMAND [--help] ...", "", "commands:"]
    lines += [f"  {name:<11} {command.summary}" for name, command in COMMANDS.items()]
    lines += ["", "'soups COMMAND --help' tells more; 'soups --version' tells the version."]
    return "\n".join(lines)


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command."""
    name, *rest = (sys.argv[1:] if arguments is None else list(arguments)) or [""]
    if name in ("--help", "-h", "help"):
        print(usage())
    elif name == "--version":
        print(f"soups {espnet_soups.__version__}")
    elif name in COMMANDS:
        sys.argv[0] = f"soups {name}"  # the name by which the command's own help calls it
        importlib.import_module(COMMANDS[name].module).main(rest)
    elif not name:
        print(usage(), file=sys.stderr)
        sys.exit(2)
    else:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else "'soups --help' lists them."
        raise UserError(f"There is no command '{name}'; {hint}")


if __name__ == "__main__":
    main()
