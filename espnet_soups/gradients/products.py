"""The cheap measurement: two back-propagations, however many objectives there are.

The gradient of a matrix ``W`` in ``y = W x`` is a sum over frames of ``dy x^T``, so it separates by utterance, and
the utterances of a task carry its languages and halves. One back-propagation of a task's losses therefore holds the
gradients of all its objectives, and tasks that read different rows of the encoder's batch share one: recognition and
translation, which read the same rows, need two, and self-supervision, which has rows of its own, goes along.

The back-propagations descend through the encoder together, block by block. Of a matrix's ``dy`` only the sampled rows
of ``W`` are kept, and only until all have passed its block; then the gradients of one matrix at a time are multiplied.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from espnet_soups.errors import UserError
from espnet_soups.gradients.blocks import MatrixRecorder, as_frames, weight_matrix
from espnet_soups.gradients.grams import HalfGrams
from espnet_soups.gradients.graph import EncoderGraph, TaskLosses
from espnet_soups.gradients.scaling import binary_scale

# Most numbers of utterances' gradients that exist at once beside those of the cells; 4 MiB in float32.
_CHUNK = 2**20


@dataclass(slots=True)
class _Descent:
    """One back-propagation on its way down: the tasks that it carries are on different rows.

    Attributes:
        gradient: Gradient at the input of the last block that was passed `(R, T, D)`.
        cells: Cell of each row `(R,)`; 2K for a row that takes no part.
        taken: Rows that a task has.
    """

    gradient: Tensor
    cells: Tensor
    taken: set[int]


@dataclass(slots=True)
class _Collector:
    """Keeps the gradients at one matrix's output, on a sample of its rows, as the descents pass."""

    module: nn.Module
    inputs: Tensor
    sample: Tensor | None
    output: int
    found: list[Tensor | None] = field(default_factory=list)

    def __call__(self, gradients: tuple[Tensor | None, ...]) -> None:
        gradient = gradients[self.output]
        if gradient is not None:
            gradient = as_frames(gradient, self.module)
            gradient = gradient if self.sample is None else gradient.index_select(-1, self.sample)
        self.found.append(gradient)

    def gram(self, descents: list[_Descent], factor: Tensor) -> Tensor:
        """Estimated inner products `(2K, 2K)`; ``factor`` makes means of sums `(2K,)`."""
        weight = weight_matrix(self.module)
        x = as_frames(self.inputs, self.module)
        height = weight.shape[0] if self.sample is None else self.sample.numel()
        dtype = torch.float64 if weight.dtype == torch.float64 else torch.float32
        # The last row is for utterances that take no part.
        jacobian = weight.new_zeros(factor.numel() + 1, height * x.shape[-1], dtype=dtype)
        step = max(1, _CHUNK // jacobian.shape[1])
        for dy, descent in zip(self.found, descents, strict=True):
            if dy is None:
                continue
            for start in range(0, len(dy), step):
                some = slice(start, start + step)
                each = dy[some].transpose(1, 2) @ x[some].to(dy.dtype)
                jacobian.index_add_(0, descent.cells[some], each.flatten(1).to(dtype))
        jacobian = jacobian[:-1].mul_(factor.to(dtype)[:, None])
        return weight.shape[0] / height * (jacobian @ jacobian.T).double()


def measure_products(
    graph: EncoderGraph, recorder: MatrixRecorder, blocks: list[int], rows: float, generator: torch.Generator
) -> HalfGrams:
    """Inner products of all gradients from one back-propagation for all tasks on different rows.

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
    descents, factor = _start(graph, counts)
    first = descents[0].gradient if descents else None
    upper, lowest = graph.h, None
    for block in sorted(blocks, reverse=True):
        if not recorder.matrices([block]):
            continue
        lowest = recorder.block_inputs.get(block)
        gram[blocks.index(block)] = _pass_block(recorder, block, upper, descents, samples, factor)
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
    factor: Tensor,
) -> Tensor:
    """Bring all descents from ``upper`` to the block's input; inner products of its gradients `(2K, 2K)`."""
    modules = [module for module, _ in recorder.matrices([block])]
    records = [recorder.records[module] for module in modules]
    collectors = [
        _Collector(module, inputs, samples[module], edge.output_nr)
        for module, (_, inputs, edge) in zip(modules, records, strict=True)
    ]
    edges = [edge for _, _, edge in records]
    below = recorder.block_inputs.get(block)
    handles = [edge.node.register_prehook(collector) for edge, collector in zip(edges, collectors, strict=True)]
    try:
        for number, descent in enumerate(descents):
            # Without a gradient at the block's input (all below it is frozen), its matrices' own outputs are asked for.
            targets = edges if below is None else [below]
            found = torch.autograd.grad(upper, targets, descent.gradient, retain_graph=True, allow_unused=True)
            if below is not None:
                descent.gradient = torch.zeros_like(below) if found[0] is None else found[0]
            for collector in collectors:
                # A matrix that this descent did not reach.
                collector.found += [None] * (number + 1 - len(collector.found))
    finally:
        for handle in handles:
            handle.remove()
    total = torch.zeros(factor.numel(), factor.numel(), dtype=torch.float64, device=factor.device)
    while collectors:  # each lets go of its gradients before the next multiplies
        total += collectors.pop().gram(descents, factor)
    return total


def _start(graph: EncoderGraph, counts: Tensor) -> tuple[list[_Descent], Tensor]:
    """The descents at the encoder's output, and what makes mean losses' gradients of theirs `(2K,)`."""
    descents: list[_Descent] = []
    factor = 1.0 / counts.clamp(min=1.0)
    for task in graph.tasks:
        cells = task.cells(graph.objectives)
        used = torch.where(cells >= 0, task.losses, 0.0)
        if not used.requires_grad:
            continue
        (seed,) = torch.autograd.grad(used.sum(), task.h, retain_graph=True)
        scale = binary_scale(seed)
        descent = _descent_for(task, graph, descents)
        descent.gradient.index_copy_(0, task.rows, (seed * scale).to(graph.h))
        descent.cells.index_copy_(0, task.rows, torch.where(cells >= 0, cells, counts.numel()))
        members = torch.zeros_like(counts).index_fill_(0, cells[cells >= 0], 1.0) > 0
        factor = torch.where(members, factor / scale, factor)
    return descents, factor


def _descent_for(task: TaskLosses, graph: EncoderGraph, descents: list[_Descent]) -> _Descent:
    """The first descent that has no task on this one's rows; a new one if there is none."""
    rows = set(task.rows.tolist())
    for descent in descents:
        if not descent.taken & rows:
            descent.taken |= rows
            return descent
    cells = torch.full((len(graph.h),), 2 * graph.objectives, device=graph.h.device)
    descents.append(_Descent(torch.zeros_like(graph.h), cells, rows))
    return descents[-1]


def _sample(module: nn.Module, rows: float, generator: torch.Generator) -> Tensor | None:
    """Rows of a matrix that take part; None for all."""
    if rows >= 1.0:
        return None
    weight = weight_matrix(module)
    drawn = torch.randperm(weight.shape[0], generator=generator)[: max(1, math.ceil(rows * weight.shape[0]))]
    return drawn.to(weight.device)


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
