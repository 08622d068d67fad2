"""Measures the rows of the table, one workload at a time."""

import contextlib
import dataclasses
import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tqdm import tqdm

from benchmarks.clock import Cell, interleave, read
from benchmarks.memory import OutOfMemoryError, is_out_of_memory, limited_memory, peaks, peaks_in_a_process
from benchmarks.report import Measured, figures
from benchmarks.rows import Row
from benchmarks.steps.base import Step
from benchmarks.steps.soups import SoupSteps
from benchmarks.workload import Workload

HEAVY_ROUNDS = 3
OWN_ORDER = ("vs", "vc", "vm")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure of every row.

    Attributes:
        repeats: Rounds of timing; heavy rows take part in few of them.
        memory: Whether to measure peak memory.
        consecutive: Whether the default soups also do steps in their own order.
    """

    repeats: int = 15
    memory: bool = True
    consecutive: bool = True


def measure(workload: Workload, rows: Sequence[Row], plan: Plan) -> dict[str, Any]:
    """Measure all rows for one number of objectives; figures as for the JSON file."""
    measured = {row.name: Measured(row.name, row.reference) for row in rows}
    on_cpu = workload.device == "cpu"
    if on_cpu and plan.memory:
        _memory_in_processes(workload, measured)
    with limited_memory() if on_cpu else contextlib.nullcontext():
        steps = _build(workload, rows, measured, plan)
        gc.freeze()
        _time(workload, rows, steps, measured, plan)
        if plan.consecutive:
            _consecutive(steps, measured, workload.device)
        gc.unfreeze()
    encoder = next(iter(steps.values())).model.encoder
    assert isinstance(encoder, torch.nn.Module)
    return {
        "objectives": workload.objectives,
        "workload": dataclasses.asdict(workload),
        "languages": len(workload.languages),
        "pairs": len(workload.pairs),
        "encoder_parameters": sum(parameter.numel() for parameter in encoder.parameters()),
        "rows": [figures(row, measured) for row in measured.values()],
    }


def _memory_in_processes(workload: Workload, measured: dict[str, Measured]) -> None:
    for row in tqdm(measured.values(), desc="memory", unit="row"):
        with _noting_lack_of_memory(row):
            row.peaks = peaks_in_a_process(row.name, workload, torch.get_num_threads())


def _build(workload: Workload, rows: Sequence[Row], measured: dict[str, Measured], plan: Plan) -> dict[str, Step]:
    """Build and warm up all rows that fit into memory; on a GPU measure their memory on the way."""
    steps: dict[str, Step] = {}
    for row in tqdm(rows, desc="warm-up", unit="row"):
        found = measured[row.name]
        if found.failed is not None:
            continue
        with _noting_lack_of_memory(found):
            step = row.build(workload)
            if workload.device == "cuda" and plan.memory:
                found.peaks = peaks(step, workload.device)
            step.warm_up()
            steps[row.name] = step
    return steps


def _time(
    workload: Workload, rows: Sequence[Row], steps: dict[str, Step], measured: dict[str, Measured], plan: Plan
) -> None:
    cells: dict[tuple[str, str], Cell] = {}
    for row in rows:
        if row.name not in steps:
            continue
        step, found = steps[row.name], measured[row.name]
        found.shares, found.details = step.kinds, step.details()
        rounds = min(plan.repeats, HEAVY_ROUNDS) if row.heavy else plan.repeats
        for kind in step.kinds:
            cells[row.name, kind] = Cell(_bind(step, kind), rounds)
    interleave(list(cells.values()), workload.device, workload.seed)
    for (name, kind), cell in cells.items():
        measured[name].readings[kind] = cell.readings


def _consecutive(steps: dict[str, Step], measured: dict[str, Measured], device: str) -> None:
    """Let the default soups do steps in their own order, turn by turn with the reference."""
    for name in OWN_ORDER:
        step = steps.get(name)
        if not isinstance(step, SoupSteps):
            continue
        reference = _bind(steps[measured[name].reference], "plain")
        for _ in tqdm(range(step.start_own_order()), desc=f"{name}, consecutive", unit="step"):
            other = read(reference, device)
            measured[name].consecutive.append((read(step.run_next, device), other))


def _bind(step: Step, kind: str) -> Callable[[], None]:
    return lambda: step.run(kind)


@contextlib.contextmanager
def _noting_lack_of_memory(row: Measured) -> Iterator[None]:
    """Note in the row that it needs more memory than there is; it is not measured then."""
    try:
        yield
    except (OutOfMemoryError, RuntimeError, MemoryError) as error:
        if not isinstance(error, OutOfMemoryError) and not is_out_of_memory(error):
            raise
        row.failed = "out of memory"
