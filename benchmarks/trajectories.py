"""How far lambda goes different ways in two trainings, such as one with the default measurement and one with 'exact'.

Each run is an experiment folder with soup.jsonl; steps at which only one of them measured are left out. 'largest' and
'final' are the largest and the last difference of an objective's lambda. Weights that differ a little make runs differ
more and more, so the difference of two seeds of one measurement is the scale to hold such figures against.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.output import check_writable, write_json
from espnet_soups.errors import UserError, cli_main
from espnet_soups.training.records import RECORDS, read_records

PREFIX = "lambda/"


@dataclass(frozen=True, slots=True)
class Deviation:
    """Differences of one objective's lambda between two runs.

    Attributes:
        mean: Over the steps that both measured at.
        largest: The largest of them.
        final: At the last of those steps.
        last: Lambda of either run there.
    """

    mean: float
    largest: float
    final: float
    last: tuple[float, float]


def read_trajectories(run: Path) -> dict[int, dict[str, float]]:
    """Lambda of every objective at every step that measured, ``{step: {objective: lambda}}``.

    Raises:
        UserError: If the run has no records.
    """
    records = read_records(run / RECORDS)
    if not records:
        raise UserError(f"{run / RECORDS} has no records: name the folder of a training with a vs, vc or vm soup.")
    return {
        record["step"]: {
            key.removeprefix(PREFIX): value for key, value in record["figures"].items() if key.startswith(PREFIX)
        }
        for record in records
    }


def compare(
    one: dict[int, dict[str, float]], other: dict[int, dict[str, float]]
) -> tuple[list[int], dict[str, Deviation]]:
    """The steps that both measured at, and every objective's deviation.

    Raises:
        UserError: If there is no common step, or if the objectives differ.
    """
    steps = sorted(set(one) & set(other))
    if not steps:
        raise UserError("The runs measured at no common step: compare runs with the same modo.every.")
    if set(one[steps[0]]) != set(other[steps[0]]):
        raise UserError("The runs have different objectives.")
    found = {}
    for name in one[steps[0]]:
        differences = [abs(one[step][name] - other[step][name]) for step in steps]
        last = (one[steps[-1]][name], other[steps[-1]][name])
        found[name] = Deviation(sum(differences) / len(steps), max(differences), differences[-1], last)
    return steps, found


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Print the differences of two runs, and write them as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.trajectories",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", nargs=2, type=Path, metavar="EXP", help="experiment folders")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    args = parser.parse_args(arguments)
    if args.json is not None:
        check_writable(args.json)
    steps, found = compare(*(read_trajectories(run) for run in args.runs))
    width = max(map(len, found))
    print(f"{len(steps)} measurements in common, steps {steps[0]} to {steps[-1]}")
    print(f"{'objective':<{width}}    mean  largest   final  last lambda")
    for name, one in found.items():
        print(
            f"{name:<{width}}  {one.mean:6.4f}   {one.largest:6.4f}  {one.final:6.4f}  "
            f"{one.last[0]:.4f} {one.last[1]:.4f}"
        )
    print(
        f"over all objectives: largest {max(one.largest for one in found.values()):.4f}, "
        f"largest final {max(one.final for one in found.values()):.4f}"
    )
    if args.json is not None:
        write_json(
            args.json,
            {
                "runs": [str(run) for run in args.runs],
                "steps": steps,
                "objectives": {k: asdict(v) for k, v in found.items()},
            },
        )


if __name__ == "__main__":
    main()
