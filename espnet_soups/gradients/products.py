"""The cheap measurement: one back-propagation for every task, however many languages there are.

The gradient of a matrix ``W`` in ``y = W x`` is a sum over frames of ``dy x^T``, so it separates by utterance, and
the utterances of a task carry its languages and halves. One back-propagation of a task's losses therefore holds the
gradients of all its objectives; hooks on ``y`` sum them up cell by cell as the back-propagation passes and let go.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from espnet_soups.gradients.blocks import MatrixRecorder, as_frames, weight_matrix
from espnet_soups.gradients.grams import HalfGrams
from espnet_soups.gradients.graph import EncoderGraph


@dataclass(slots=True)
class _Collector:
    """Sums ``dy x^T`` over the utterances of each cell for one matrix, on a sample of its rows."""

    module: nn.Module
    inputs: Tensor
    sample: Tensor | None
    jacobian: Tensor
    cells: list[tuple[int, Tensor]] = field(default_factory=list)

    def __call__(self, gradient: Tensor) -> None:
        dy = as_frames(gradient, self.module)
        if self.sample is not None:
            dy = dy[..., self.sample]
        x = as_frames(self.inputs, self.module).to(dy.dtype)
        for cell, rows in self.cells:
            self.jacobian[cell] += (dy[rows].flatten(0, 1).T @ x[rows].flatten(0, 1)).to(self.jacobian.dtype)


def measure_products(
    graph: EncoderGraph, recorder: MatrixRecorder, blocks: list[int], rows: float, generator: torch.Generator
) -> HalfGrams:
    """Inner products of all gradients from one back-propagation for each task.

    Exact for ``rows=1``; otherwise an unbiased estimate from a fraction of the rows of every matrix, drawn without
    replacement from ``generator``. It needs an encoder whose utterances do not influence each other.

    Args:
        graph: The forward pass; its graph is kept.
        recorder: Holds the inputs and outputs of the blocks' matrices.
        blocks: Encoder blocks to compare gradients on.
        rows: Fraction of each matrix's rows, above 0 and at most 1.
        generator: Draws the rows (CPU).
    """
    count = graph.objectives
    collectors = [
        _collector(module, recorder.records[module][1], 2 * count, rows, generator)
        for module, _ in recorder.matrices(blocks)
    ]
    modules = [module for module, _ in recorder.matrices(blocks)]
    handles = [
        recorder.records[module][2].register_hook(collector)
        for module, collector in zip(modules, collectors, strict=True)
    ]
    try:
        for task in graph.tasks:
            cells = _rows_of_cells(task.cells(count), task.rows)
            if not cells:
                continue
            for collector in collectors:
                collector.cells = cells
            used = torch.where(task.cells(count) >= 0, task.losses, 0.0).sum()
            (seed,) = torch.autograd.grad(used, task.h, retain_graph=True)
            whole = torch.zeros_like(graph.h).index_copy_(0, task.rows, seed.to(graph.h.dtype))
            torch.autograd.grad(graph.h, _targets(recorder, blocks), whole, retain_graph=True, allow_unused=True)
    finally:
        for handle in handles:
            handle.remove()
    return _finish(graph, recorder, blocks, collectors)


def _collector(module: nn.Module, inputs: Tensor, cells: int, rows: float, generator: torch.Generator) -> _Collector:
    weight = weight_matrix(module)
    height, width = weight.shape[0], weight[0].numel()
    sample = None
    if rows < 1.0:
        drawn = torch.randperm(height, generator=generator)[: max(1, math.ceil(rows * height))]
        sample, height = drawn.to(weight.device), drawn.numel()
    dtype = torch.float64 if weight.dtype == torch.float64 else torch.float32
    return _Collector(module, inputs, sample, torch.zeros(cells, height, width, dtype=dtype, device=weight.device))


def _rows_of_cells(cells: Tensor, rows: Tensor) -> list[tuple[int, Tensor]]:
    members: dict[int, list[int]] = {}
    for cell, row in torch.stack([cells, rows]).T.tolist():
        if cell >= 0:
            members.setdefault(cell, []).append(row)
    return [(cell, torch.tensor(found, device=rows.device)) for cell, found in members.items()]


def _targets(recorder: MatrixRecorder, blocks: list[int]) -> list[Tensor]:
    """Where back-propagation ends: the lowest block's input, below which nothing is measured."""
    lowest = recorder.block_inputs.get(min(blocks))
    if lowest is not None:
        return [lowest]
    # The lowest block's input has no gradient (frozen layers below it), so the matrices' own outputs are asked for.
    return [recorder.records[module][2] for module, _ in recorder.matrices(blocks)]


def _finish(
    graph: EncoderGraph, recorder: MatrixRecorder, blocks: list[int], collectors: list[_Collector]
) -> HalfGrams:
    counts = graph.cell_counts()
    gram = torch.zeros(len(blocks), counts.numel(), counts.numel(), dtype=torch.float64, device=counts.device)
    for (module, block), collector in zip(recorder.matrices(blocks), collectors, strict=True):
        jacobian = collector.jacobian.flatten(1)
        jacobian = jacobian / counts.clamp(min=1.0)[:, None]
        scale = weight_matrix(module).shape[0] / collector.jacobian.shape[1]
        gram[blocks.index(block)] += scale * (jacobian @ jacobian.T).double()
    return HalfGrams(gram.cpu(), counts.double().cpu(), tuple(blocks))
