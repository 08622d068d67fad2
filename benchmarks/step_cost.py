"""Cost of one training step: soups, ESPnet, TorchJD and the authors' way beside the plain sum of all objectives.

A step is forward, backward and AdamW on a batch of noise that is the same for all rows and every number of objectives.
Steps of all rows take turns, in a new order each round, and each figure is the median over the rounds. A soup's steps
differ: most do not measure, some do, few look for conflicting layers. These kinds are timed apart and put together by
their shares in a long training (modo.every and conflict_layers.detect_every); '--consecutive' also does as many steps
as there are from one measurement to the next in the soup's own order, turn by turn with the plain sum.

'time' is the ratio to the row's reference (the plain sum, or ESPnet's STTask for espnet-st/*), with a 95 % interval
(bootstrap over the rounds); 'spread' is the distance of the quartiles over the median of the kind that spreads most;
'cpu' is processor time, which other programs disturb less. 'peak' is the most memory in use during any kind of step,
parameters and optimiser included; 'step's peak' counts only what a step adds to them (see benchmarks/memory.py).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.machine import describe_machine
from benchmarks.measuring import HEAVY_ROUNDS, Plan, measure
from benchmarks.output import check_writable, write_json
from benchmarks.report import against_torchjd, growth, growth_table, table
from benchmarks.rows import JOINT, ROWS, choose_rows
from benchmarks.sizes import SIZES
from benchmarks.workload import Workload
from espnet_soups.errors import UserError, cli_main

EXAMPLES = """examples:
  a look
    python -m benchmarks.step_cost --size tiny --utterances 10 --seconds 1 --repeats 3 --no-memory
  the soups and ESPnet, K = 10
    python -m benchmarks.step_cost --utterances 10 --only 'v?' vm/first-two vm/all-layers 'espnet-st/*' --json cost.json
  the others' ways, K = 10
    python -m benchmarks.step_cost --utterances 10 --repeats 5 --only vm vm/first-two 'torchjd/*' authors
  growth with the number of objectives
    python -m benchmarks.step_cost --objectives 5 41 --utterances 40 --only vm vm/first-two --repeats 7
  on a GPU
    python -m benchmarks.step_cost --device cuda --dtype bfloat16 --size 83m --utterances 40 --repeats 50
"""


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, write the JSON file."""
    args = _parser().parse_args(arguments)
    if args.list:
        print("\n".join(f"{row.name:<32} {row.about}" for row in ROWS.values()))
        return
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.device == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: PyTorch finds no GPU here.")
    check_writable(args.json)
    rows, results = choose_rows(args.only), []
    plan = Plan(args.repeats, args.memory, args.consecutive)
    for workload in [_workload(args, count) for count in args.objectives]:
        result = measure(workload, rows, plan)
        results.append(result)
        print(f"\nK = {workload.objectives}\n{table(result['rows'])}\n{against_torchjd(result['rows'])}", flush=True)
    grown = growth(results, JOINT) if len(results) > 1 else []
    if grown:
        print(f"\nOverhead in percentage points\n{growth_table(grown)}")
    if args.json is not None:
        content = {"benchmark": "step_cost", "settings": vars(args), "machine": describe_machine(args.device)}
        write_json(args.json, content | {"results": results, "growth": grown})


def _workload(args: argparse.Namespace, objectives: int) -> Workload:
    return Workload(
        objectives=objectives,
        size=args.size,
        utterances=args.utterances,
        seconds=args.seconds,
        device=args.device,
        dtype=args.dtype,
        seed=args.seed,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.step_cost",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--objectives", type=int, nargs="+", default=[10], metavar="K", help="numbers of objectives (default: 10)")
    add("--size", choices=SIZES, default="20m", help="parameters of the encoder (default: 20m)")
    add("--utterances", type=int, default=20, help="utterances of the batch (default: 20); K = 41 needs 40")
    add("--seconds", type=float, default=4.0, help="their mean length (default: 4)")
    add("--device", choices=("cpu", "cuda"), default="cpu")
    add("--dtype", choices=("float32", "bfloat16"), default="float32", help="bfloat16: automatic mixed precision")
    add("--threads", type=int, default=0, help="threads of the CPU (default: what PyTorch takes)")
    add("--repeats", type=int, default=15, help=f"rounds; the dearest rows take part in {HEAVY_ROUNDS} (default: 15)")
    add("--consecutive", action=argparse.BooleanOptionalAction, default=True, help="for vs, vc and vm")
    add("--memory", action=argparse.BooleanOptionalAction, default=True, help="measure peak memory")
    add("--seed", type=int, default=1, help="of weights, batch and order")
    add(
        "--only",
        nargs="+",
        default=["*"],
        metavar="ROW",
        help="rows to measure, such as joint 'v?' 'torchjd/*'; a soup with settings of your own is a row too: "
        """'vm{"modo": {"every": 8}}'""",
    )
    add("--list", action="store_true", help="list the rows and end")
    add("--json", type=Path, metavar="FILE", help="write all figures and the readings behind them")
    return parser


if __name__ == "__main__":
    main()
