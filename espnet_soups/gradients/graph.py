"""One forward pass as the measurements see it: per-utterance losses of every task behind the encoder's output."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class TaskLosses:
    """Losses of one task for its rows of the encoder's batch.

    Attributes:
        h: What the heads read, behind the boundary `(n, T, D)`.
        rows: Rows of the encoder's batch that ``h`` holds, `(n,)`.
        losses: Sum of each utterance's loss over its targets, in nats `(n,)`.
        counts: Number of targets of each utterance `(n,)`; 0 where it takes no part.
        objective: Index of each utterance's objective `(n,)`; -1 where it has none.
        half: Which of the two samples, 0 or 1, each utterance belongs to `(n,)`; -1 if it is not measured.
        utterance: The utterance of the batch that each row comes from `(n,)`.
    """

    h: Tensor
    rows: Tensor
    losses: Tensor
    counts: Tensor
    objective: Tensor
    half: Tensor
    utterance: Tensor

    def cells(self, count: int) -> Tensor:
        """Cell ``half * K + k`` of each utterance `(n,)`; -1 where it takes no part."""
        measured = (self.objective >= 0) & (self.counts > 0) & (self.half >= 0)
        return torch.where(measured, self.half * count + self.objective, -1)


@dataclass(frozen=True, slots=True)
class EncoderGraph:
    """A forward pass up to the losses, with its autograd graph.

    Attributes:
        h: Encoder output before the boundary `(R, T, D)`.
        tasks: Tasks that read it.
        objectives: K, the number of objectives of the model.
        rerun: Runs the encoder again on the same input with the same random numbers; gives ``h``.
    """

    h: Tensor
    tasks: tuple[TaskLosses, ...]
    objectives: int
    rerun: Callable[[], Tensor]

    def sampled(self, fraction: float, generator: torch.Generator) -> "EncoderGraph":
        """The graph with only a random part of each half's utterances taking part in measurements."""
        if fraction >= 1.0:
            return self
        half = self.tasks[0].half.new_full((1 + max(int(task.utterance.max()) for task in self.tasks),), -1)
        for task in self.tasks:
            half[task.utterance] = task.half
        kept = torch.zeros_like(half, dtype=torch.bool)
        for one in (0, 1):
            members = (half == one).nonzero()[:, 0].cpu()
            drawn = torch.randperm(len(members), generator=generator)[: math.ceil(fraction * len(members))]
            kept[members[drawn].to(kept.device)] = True
        tasks = tuple(replace(task, half=torch.where(kept[task.utterance], task.half, -1)) for task in self.tasks)
        return replace(self, tasks=tasks)

    def cell_counts(self) -> Tensor:
        """Targets in every cell (half, objective) `(2K,)`."""
        total = self.h.new_zeros(2 * self.objectives, dtype=torch.float32)
        for task in self.tasks:
            cells = task.cells(self.objectives)
            total.index_add_(0, cells.clamp(min=0), torch.where(cells >= 0, task.counts, 0).to(total))
        return total


def objective_means(tasks: tuple[TaskLosses, ...], count: int) -> tuple[Tensor, Tensor]:
    """Mean loss per target of every objective.

    Returns:
        Means `(K,)`, zero for an objective without targets in the batch, and its number of targets `(K,)`.
    """
    first = tasks[0].losses
    sums, totals = first.new_zeros(count), first.new_zeros(count)
    for task in tasks:
        valid = (task.objective >= 0) & (task.counts > 0)
        index = task.objective.clamp(min=0)
        # where() before the sum: an utterance that takes no part must not bring in its NaN or its gradient.
        sums = sums.index_add(0, index, torch.where(valid, task.losses, 0.0).to(sums))
        totals = totals.index_add(0, index, torch.where(valid, task.counts, 0).to(totals))
    return sums / totals.clamp(min=1.0), totals
