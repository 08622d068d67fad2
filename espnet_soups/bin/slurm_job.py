"""Run a command as a job of a Slurm cluster: wait for it, show what it writes, and return its exit status.

usage: python -m espnet_soups.bin.slurm_job [options] LOG COMMAND ...

How the job is submitted is said by conf/slurm.conf here, or else by that of the clone
(:mod:`espnet_soups.cluster.conf`). LOG only names the job and the folder for its output.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from espnet_soups.cluster.conf import read_slurm_conf
from espnet_soups.cluster.job import run_on_cluster
from espnet_soups.errors import cli_main

_CONF = Path("conf") / "slurm.conf"


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpu", help="GPUs of each node")
    parser.add_argument("--num_nodes", help="nodes")
    parser.add_argument("--num_threads", help="cores of each node")
    parser.add_argument("log", type=Path)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    return parser


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    conf = read_slurm_conf(_CONF if _CONF.exists() else Path(__file__).parents[2] / _CONF)
    wanted = {name: getattr(args, name) for name in ("gpu", "num_nodes", "num_threads")}
    submission = conf.submission({name: value for name, value in wanted.items() if value is not None})
    output = args.log.absolute().with_suffix(".slurm")
    sys.exit(run_on_cluster(submission, args.command, output))


if __name__ == "__main__":
    main()
