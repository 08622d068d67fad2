"""Score decoded test sets: WER and CER of recognition, BLEU and chrF of translation."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.errors import cli_main
from espnet_soups.text.normalize import CASES


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--decode_dir", type=Path, required=True, help="has a folder for each test set")
    parser.add_argument("--dump_dir", type=Path, required=True, help="has the data directory of each test set")
    parser.add_argument("--test_sets", nargs="+", required=True, help="names of the test sets")
    parser.add_argument("--exp_dir", type=Path, required=True, help="gets RESULTS.md and RESULTS.json")
    forms = "form of hypotheses and references: tc as they are, lc lower case, lc.rm also without punctuation"
    parser.add_argument("--asr_case", choices=CASES, default="tc", help=f"{forms}; of transcripts")
    parser.add_argument("--st_case", choices=CASES, default="tc", help=f"{forms}; of translations")
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    from espnet_soups.report.results import write_results
    from espnet_soups.report.scoring import ScoreOptions

    given = shlex.join(sys.argv[1:] if arguments is None else arguments)
    command = f"python -m espnet_soups.bin.score {given}"
    options = ScoreOptions(args.asr_case, args.st_case)
    print(write_results(args.decode_dir, args.dump_dir, args.test_sets, args.exp_dir, options, command))


if __name__ == "__main__":
    main()
