"""The reference measurement: one back-propagation for every objective and half."""

import torch

from espnet_soups.gradients.blocks import MatrixRecorder, weight_matrix
from espnet_soups.gradients.grams import HalfGrams
from espnet_soups.gradients.graph import EncoderGraph
from espnet_soups.gradients.scaling import binary_scale


def measure_exact(graph: EncoderGraph, recorder: MatrixRecorder, blocks: list[int]) -> HalfGrams:
    """Inner products of all gradients, computed one cell at a time.

    It needs 2K back-propagations and makes no assumption about the encoder, so that it stays right where
    utterances of a batch depend on each other, as under batch normalisation.

    Args:
        graph: The forward pass; its graph is kept.
        recorder: Tells which matrices are compared.
        blocks: Encoder blocks to compare them on.
    """
    cells = 2 * graph.objectives
    counts = graph.cell_counts()
    modules = recorder.matrices(blocks)
    weights = [weight_matrix(module) for module, _ in modules]
    rows: list[list[torch.Tensor]] = [[torch.zeros_like(weight) for weight in weights] for _ in range(cells)]
    for task in graph.tasks:
        cell_of = task.cells(graph.objectives)
        for cell in cell_of.unique().tolist():
            if cell >= 0:
                loss = task.losses[cell_of == cell].sum()
                (seed,) = torch.autograd.grad(loss, task.h, retain_graph=True)
                scale = binary_scale(seed)
                found = torch.autograd.grad(task.h, weights, seed * scale, retain_graph=True, allow_unused=True)
                rows[cell] = [
                    zero if gradient is None else gradient / (scale * counts[cell])
                    for gradient, zero in zip(found, rows[cell], strict=True)
                ]
    gram = torch.zeros(len(blocks), cells, cells, dtype=torch.float64)
    for position, (_, block) in enumerate(modules):
        jacobian = torch.stack([row[position].flatten() for row in rows]).double()
        gram[blocks.index(block)] += (jacobian @ jacobian.T).cpu()
    return HalfGrams(gram, counts.double().cpu(), tuple(blocks))
