"""The cheap measurement: one back-propagation for every task, however many languages there are.

The gradient of a matrix ``W`` in ``y = W x`` is a sum over frames of ``dy x^T``, so it separates by utterance, and
the utterances of a task carry its languages and halves. One back-propagation of a task's losses therefore holds the
gradients of all its objectives; hooks on ``y`` sum them up cell by cell as the back-propagation passes.

The tasks' back-propagations descend through the encoder together, block by block: once all have passed a block, its
inner products are known and its gradients are let go of, so that memory holds those of one block only.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from espnet_soups.errors import UserError
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
    output: int
    cells: list[tuple[int, Tensor]] = field(default_factory=list)

    def __call__(self, gradients: tuple[Tensor | None, ...]) -> None:
        gradient = gradients[self.output]
        if gradient is None:
            return
        dy = as_frames(gradient, self.module)
        if self.sample is not None:
            dy = dy[..., self.sample]
        x = as_frames(self.inputs, self.module).to(dy.dtype)
        for cell, rows in self.cells:
            self.jacobian[cell] += (dy[rows].flatten(0, 1).T @ x[rows].flatten(0, 1)).to(self.jacobian.dtype)

    def gram(self, counts: Tensor) -> Tensor:
        """Estimated inner products `(2K, 2K)` of the mean losses' gradients; ``counts`` has each cell's targets."""
        jacobian = self.jacobian.flatten(1) / counts.clamp(min=1.0)[:, None]
        return weight_matrix(self.module).shape[0] / self.jacobian.shape[1] * (jacobian @ jacobian.T).double()


@dataclass(slots=True)
class _Descent:
    """Where the back-propagation of one task has arrived: the gradient at the input of the last block."""

    cells: list[tuple[int, Tensor]]
    gradient: Tensor


def measure_products(
    graph: EncoderGraph, recorder: MatrixRecorder, blocks: list[int], rows: float, generator: torch.Generator
) -> HalfGrams:
    """Inner products of all gradients from one back-propagation for each task.

    Exact for ``rows=1``; otherwise an unbiased estimate from a fraction of the rows of every matrix, drawn without
    replacement from ``generator``. It needs an encoder whose utterances do not influence each other and whose blocks
    are a chain, each reading only the one before.

    Args:
        graph: The forward pass; its graph is kept.
        recorder: Holds the inputs and outputs of the blocks' matrices.
        blocks: Encoder blocks to compare gradients on.
        rows: Fraction of each matrix's rows, above 0 and at most 1.
        generator: Draws the rows (CPU).

    Raises:
        UserError: If the blocks are not a chain.
    """
    counts = graph.cell_counts()
    samples = {module: _sample(module, rows, generator) for module, _ in recorder.matrices(blocks)}
    gram = torch.zeros(len(blocks), counts.numel(), counts.numel(), dtype=torch.float64, device=counts.device)
    descents = _start(graph)
    first = descents[0].gradient if descents else None
    upper, lowest = graph.h, None
    for block in sorted(blocks, reverse=True):
        if not recorder.matrices([block]):
            continue
        lowest = recorder.block_inputs.get(block)
        gram[blocks.index(block)] = _pass_block(recorder, block, upper, descents, samples, counts)
        if lowest is None:
            break
        upper = lowest
    if first is not None and lowest is not None and not recorder.is_chain:
        recorder.is_chain = _is_chain(graph, lowest, first, descents[0].gradient)
    return HalfGrams(gram.cpu(), counts.double().cpu(), tuple(blocks))


def _pass_block(
    recorder: MatrixRecorder,
    block: int,
    upper: Tensor,
    descents: list[_Descent],
    samples: dict[nn.Module, Tensor | None],
    counts: Tensor,
) -> Tensor:
    """Bring all descents from ``upper`` to the block's input; inner products of its gradients `(2K, 2K)`."""
    modules = [module for module, _ in recorder.matrices([block])]
    collectors = [_collector(recorder, module, counts.numel(), samples[module]) for module in modules]
    edges = [recorder.records[module][2] for module in modules]
    below = recorder.block_inputs.get(block)
    handles = [edge.node.register_prehook(collector) for edge, collector in zip(edges, collectors, strict=True)]
    try:
        for descent in descents:
            for collector in collectors:
                collector.cells = descent.cells
            # Without a gradient at the block's input (all below it is frozen), its matrices' own outputs are asked for.
            targets = edges if below is None else [below]
            found = torch.autograd.grad(upper, targets, descent.gradient, retain_graph=True, allow_unused=True)
            if below is not None:
                descent.gradient = torch.zeros_like(below) if found[0] is None else found[0]
    finally:
        for handle in handles:
            handle.remove()
    return torch.stack([collector.gram(counts) for collector in collectors]).sum(0)


def _start(graph: EncoderGraph) -> list[_Descent]:
    """The gradient of every task's losses at the encoder's output `(R, T, D)`."""
    descents = []
    for task in graph.tasks:
        cells = _rows_of_cells(task.cells(graph.objectives), task.rows)
        if cells:
            used = torch.where(task.cells(graph.objectives) >= 0, task.losses, 0.0).sum()
            (seed,) = torch.autograd.grad(used, task.h, retain_graph=True)
            descents.append(_Descent(cells, torch.zeros_like(graph.h).index_copy_(0, task.rows, seed.to(graph.h))))
    return descents


def _sample(module: nn.Module, rows: float, generator: torch.Generator) -> Tensor | None:
    """Rows of a matrix that take part; None for all."""
    if rows >= 1.0:
        return None
    weight = weight_matrix(module)
    drawn = torch.randperm(weight.shape[0], generator=generator)[: max(1, math.ceil(rows * weight.shape[0]))]
    return drawn.to(weight.device)


def _collector(recorder: MatrixRecorder, module: nn.Module, cells: int, sample: Tensor | None) -> _Collector:
    weight, (_, inputs, edge) = weight_matrix(module), recorder.records[module]
    height, width = weight.shape[0] if sample is None else sample.numel(), weight[0].numel()
    dtype = torch.float64 if weight.dtype == torch.float64 else torch.float32
    jacobian = torch.zeros(cells, height, width, dtype=dtype, device=weight.device)
    return _Collector(module, inputs, sample, jacobian, edge.output_nr)


def _rows_of_cells(cells: Tensor, rows: Tensor) -> list[tuple[int, Tensor]]:
    members: dict[int, list[int]] = {}
    for cell, row in torch.stack([cells, rows]).T.tolist():
        if cell >= 0:
            members.setdefault(cell, []).append(row)
    return [(cell, torch.tensor(found, device=rows.device)) for cell, found in members.items()]


def _is_chain(graph: EncoderGraph, lowest: Tensor, seed: Tensor, descended: Tensor) -> bool:
    """Whether the gradient that came down block by block is that of one whole back-propagation.

    Raises:
        UserError: If it is not; gradients that are not finite tell nothing.
    """
    (direct,) = torch.autograd.grad(graph.h, lowest, seed, retain_graph=True)
    difference, size = float((descended - direct).norm()), float(direct.norm())
    if difference > 0.05 * size:  # half precision rounds; a path that is missed changes more
        raise UserError(
            "modo.measure 'products' needs encoder blocks of which each reads only the one before, but this encoder "
            "has other ways through: set modo.measure to 'exact' or 'directional'."
        )
    return 0.0 < size < math.inf
