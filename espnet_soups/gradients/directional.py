"""The directional measurement: only ``G c``, by one backward and one forward derivative for each direction.

For a direction ``c`` over the objectives, ``v = J2^T c`` is the gradient of one weighted loss on the second half, and
``J1 v`` holds the derivatives of all losses along v on the first half. The encoder's output moves by ``dh`` along v,
which forward-mode differentiation gives in one more pass over the encoder; each utterance's loss then changes by the
inner product of its gradient at the encoder's output with ``dh``. Nothing in it needs independent utterances.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from espnet_soups.errors import UserError
from espnet_soups.gradients.blocks import MatrixRecorder, weight_matrix
from espnet_soups.gradients.graph import EncoderGraph
from espnet_soups.gradients.scaling import binary_scale


def measure_directional(
    graph: EncoderGraph, recorder: MatrixRecorder, blocks: list[int], directions: Tensor
) -> tuple[Tensor, Tensor]:
    """Products ``G c`` for each direction, exactly.

    Args:
        graph: The forward pass; its graph is kept.
        recorder: Tells which matrices are compared.
        blocks: Encoder blocks to compare gradients on.
        directions: Rows c over the objectives `(n, K)`, zero for absent ones.

    Returns:
        Products `(n, K)` in float64 on the CPU, and the number of targets of every cell `(2K,)`.

    Raises:
        UserError: If the encoder does not give the same again.
    """
    count = graph.objectives
    counts = graph.cell_counts()
    modules = [module for module, _ in recorder.matrices(blocks)]
    weights = [weight_matrix(module) for module in modules]
    scale = directions.to(counts) / counts[count:].clamp(min=1.0)
    seeds = [torch.autograd.grad(task.losses.sum(), task.h, retain_graph=True)[0] for task in graph.tasks]
    rows = []
    for row in scale:
        seed = torch.zeros_like(graph.h)
        for task, gradient in zip(graph.tasks, seeds, strict=True):
            cells = task.cells(count)
            factor = torch.where(cells >= count, row[(cells - count).clamp(min=0)], 0.0).to(gradient)
            seed.index_add_(0, task.rows, gradient * factor[:, None, None])
        scale_up = binary_scale(seed)
        found = torch.autograd.grad(graph.h, weights, seed * scale_up, retain_graph=True, allow_unused=True)
        move = {
            module: torch.zeros_like(weight) if gradient is None else gradient / scale_up
            for module, weight, gradient in zip(modules, weights, found, strict=True)
        }
        rows.append(_derivatives(graph, seeds, _output_change(graph, move), counts))
    return torch.stack(rows).double().cpu(), counts.double().cpu()


def _derivatives(graph: EncoderGraph, seeds: list[Tensor], change: Tensor, counts: Tensor) -> Tensor:
    """Derivatives of the first half's mean losses `(K,)` when the encoder's output moves by ``change`` `(R, T, D)`."""
    count = graph.objectives
    total = torch.zeros_like(counts)
    for task, gradient in zip(graph.tasks, seeds, strict=True):
        each = (gradient * change[task.rows]).flatten(1).to(total).sum(1)
        cells = task.cells(count)
        total.index_add_(0, cells.clamp(min=0), torch.where(cells >= 0, each, 0.0))
    return (total / counts.clamp(min=1.0))[:count]


def _output_change(graph: EncoderGraph, move: dict[nn.Module, Tensor]) -> Tensor:
    """Derivative of the encoder's output along a move of its matrices."""
    # Of PyTorch's attention kernels only the plain one has a forward-mode derivative.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), forward_ad.dual_level(), _moving(move):
        again, tangent = forward_ad.unpack_dual(graph.rerun())
    _require_same(graph.h, again)
    return torch.zeros_like(again) if tangent is None else tangent


def _require_same(h: Tensor, again: Tensor) -> None:
    """Check that the second pass repeats the first; numbers that are not finite tell nothing.

    Raises:
        UserError: If it does not, as when another kernel draws another dropout.
    """
    difference, size = float((again - h.detach()).norm()), float(again.norm())
    if difference > 0.1 * size:  # half precision rounds; another dropout changes more
        raise UserError(
            "modo.measure 'directional' needs an encoder that gives the same again with the same random numbers, but "
            "this one does not: set modo.measure to 'products' or 'exact', or attention_dropout_rate to 0."
        )


@contextmanager
def _moving(move: dict[nn.Module, Tensor]) -> Iterator[None]:
    """While inside, every given module's output carries the tangent of moving its matrix."""

    def hook(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:
        x = forward_ad.unpack_dual(args[0]).primal
        product = F.conv1d if isinstance(module, nn.Conv1d) else F.linear
        tangent = product(x, move[module].to(x.dtype)).to(output.dtype)
        return output + forward_ad.make_dual(torch.zeros_like(tangent), tangent)

    handles = [module.register_forward_hook(hook) for module in move]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
