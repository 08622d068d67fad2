"""Timing of steps that take turns."""

import gc
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from tqdm import tqdm


@dataclass(frozen=True, slots=True)
class Reading:
    """Seconds that one step took.

    Attributes:
        wall: By the clock, the device's work included.
        cpu: Of the processor, over all threads of this process; other programs disturb it less.
    """

    wall: float
    cpu: float


@dataclass(slots=True)
class Cell:
    """One kind of step of one way of training, and what was read of it.

    Attributes:
        run: Does one step.
        rounds: How often to time it.
        readings: What was read.
    """

    run: Callable[[], None]
    rounds: int
    readings: list[Reading] = field(default_factory=list)


def read(run: Callable[[], None], device: str) -> Reading:
    """Time one step. Garbage is collected before it and not while it runs."""
    gc.collect()
    gc.disable()
    try:
        _wait(device)
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        _wait(device)
        return Reading(time.perf_counter() - wall, time.process_time() - cpu)
    finally:
        gc.enable()


def interleave(cells: Sequence[Cell], device: str, seed: int) -> None:
    """Time all cells in rounds, in a new random order each round, so that slow and fast minutes meet all alike.

    A cell with fewer rounds than others takes part in rounds that are spread over the whole time.
    """
    order = random.Random(seed)
    rounds = max(cell.rounds for cell in cells)
    with tqdm(total=sum(cell.rounds for cell in cells), desc="steps", unit="step") as progress:
        for number in range(rounds):
            due = [cell for cell in cells if number * cell.rounds // rounds != (number - 1) * cell.rounds // rounds]
            order.shuffle(due)
            for cell in due:
                cell.readings.append(read(cell.run, device))
                progress.update()


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
