"""An identity at the encoder's output whose backward weights each utterance's gradient by its objective."""

from typing import Any

import torch
from torch import Tensor


class ObjectiveWeights:
    """Weights of K objectives that the backward pass looks up when it runs, not when the graph is made.

    So one forward pass can be measured first and weighted afterwards. The weights are no part of the model's state.
    """

    def __init__(self, count: int) -> None:
        self.values = torch.ones(count)

    def set(self, values: Tensor) -> None:
        """Take new weights `(K,)`."""
        self.values = values.to(self.values)

    def move_to(self, device: torch.device) -> None:
        """Follow the model to its device."""
        if self.values.device != device:
            self.values = self.values.to(device)


class _Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, h: Tensor, weights: ObjectiveWeights, objective: Tensor) -> Tensor:
        ctx.weights, ctx.objective = weights, objective
        return h.view_as(h)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = gradients
        scale = ctx.weights.values[ctx.objective.clamp(min=0)] * (ctx.objective >= 0)
        return gradient * scale.to(gradient.dtype)[:, None, None], None, None


def weighted_boundary(h: Tensor, weights: ObjectiveWeights, objective: Tensor) -> Tensor:
    """Pass ``h`` through; on the way back multiply utterance b's gradient by the weight of its objective.

    Heads behind the boundary get unweighted gradients, everything before it the weighted sum (method, step 3).

    Args:
        h: Encoder output `(B, T, D)`.
        weights: The K weights, read when the backward pass runs.
        objective: Index of each utterance's objective `(B,)`; -1 blocks its gradient.

    Returns:
        `(B, T, D)`.
    """
    result: Tensor = _Scale.apply(h, weights, objective)
    return result
