"""The authors' way: one forward and one backward pass for each objective and each of two samples."""

import torch
from torch import Tensor

from benchmarks.models import build_soups
from benchmarks.steps.base import Step, mixed_precision
from benchmarks.steps.losses import (
    Batch,
    draw_for_ssl,
    encode,
    objective_loss,
    select,
    set_gradients,
    split_halves,
    supervised_rows,
    take_gradients,
)
from benchmarks.workload import Workload, make_batch
from espnet_soups.soup.simplex import project_simplex


class PerObjectiveSteps(Step):
    """MoDo with all gradients at hand, as in the published code of Objective Soups and M2ASR.

    Each of the 2K passes holds only the utterances of its objective and half, and the heads keep the gradients of
    these passes. (The published loop runs K more passes for the heads.)
    """

    def __init__(self, workload: Workload) -> None:
        self.kinds = {"plain": 1.0}
        self.workload, self.halves = workload, split_halves(make_batch(workload))
        self._model, self.optimizer = build_soups(workload)
        self.model = self._model
        self.shared = self._model.shared_parameters()
        self.weights = torch.full((workload.objectives,), 1.0 / workload.objectives, device=workload.device)

    def run(self, kind: str) -> None:
        """Do one step; there is one kind only."""
        assert kind in self.kinds
        self.optimizer.zero_grad(set_to_none=True)
        first, second = (self._jacobian(half) for half in self.halves)
        gradient = first @ (second.T @ self.weights)
        self.weights = project_simplex(self.weights - 0.1 * gradient)
        set_gradients(self.shared, 0.5 * (self.weights @ first + self.weights @ second))
        self.optimizer.step()

    def _jacobian(self, half: Batch) -> Tensor:
        """Gradients of the objectives' mean losses on one half `(K, N)`; the heads' stay where they are."""
        rows = supervised_rows(self._model, half)
        return torch.stack([self._gradient(half, name, rows.get(name)) for name in self._model.objectives])

    def _gradient(self, half: Batch, name: str, rows: Tensor | None) -> Tensor:
        with mixed_precision(self.workload):
            if rows is None:
                batch, drawn = half, draw_for_ssl(self._model, len(half["lang"]))
                encoded = encode(self._model, batch, supervised=False, for_ssl=drawn)
            else:
                batch = select(half, rows)
                encoded = encode(self._model, batch)
            everything = torch.arange(len(encoded.h), device=encoded.h.device)
            loss = objective_loss(self._model, name, encoded, batch, everything)
        loss.backward()
        return take_gradients(self.shared)
