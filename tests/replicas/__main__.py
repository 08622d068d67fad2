"""Make a replica of a corpus.

``--size full`` makes as many rows as are published, with hard links to a few recordings; a number makes so
many utterances to train on and a tenth of them to validate and to test, each with a recording of its own.
"""

import argparse
from pathlib import Path

from tests.replicas import aishell, covost2, librispeech


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", choices=("covost2", "librispeech", "aishell"))
    parser.add_argument("root", type=Path, help="folder to make it in")
    parser.add_argument("--size", default="30", help="'full', or a number of utterances (default: 30)")
    parser.add_argument("--languages", nargs="+", default=["en", "fr", "de", "es", "ca"], help="of covost2")
    args = parser.parse_args()
    full = args.size == "full"
    train, held_out = (0, 0) if full else (int(args.size), max(2, int(args.size) // 10))
    match args.corpus:
        case "covost2":
            mini = (train, held_out, held_out)
            rows = {code: covost2.FULL_SIZE[code] if full else mini for code in args.languages}
            covost2.make_covost2(args.root, rows, few_clips=full)
        case "librispeech":
            sizes = {part: train if part.startswith("train") else held_out for part in librispeech.FULL_SIZE}
            librispeech.make_librispeech(args.root, librispeech.FULL_SIZE if full else sizes, few_clips=full)
        case "aishell":
            if full:
                aishell.make_aishell(args.root, (340, 40, 20), 355, untranscribed=325, few_clips=True)
            else:
                aishell.make_aishell(args.root, (max(2, train // 10), 1, 1), 10)


if __name__ == "__main__":
    main()
