"""Euclidean projection onto a scaled probability simplex."""

import torch
from torch import Tensor


def project_simplex(point: Tensor, mass: float = 1.0) -> Tensor:
    """Nearest vector with non-negative entries that sum to ``mass``.

    The threshold is found by sorting, which is exact (Held, Wolfe and Crowder, 1974; Duchi et al., ICML 2008,
    figure 1).

    Args:
        point: Vector `(n,)` of floats.
        mass: Sum of the result, not negative.

    Returns:
        Vector `(n,)`.
    """
    if mass == 0.0 or point.numel() == 0:
        return torch.zeros_like(point)
    descending = point.sort(descending=True).values
    excess = descending.cumsum(0) - mass
    count = torch.arange(1, point.numel() + 1, dtype=point.dtype, device=point.device)
    support = int((descending * count > excess).sum())
    return (point - excess[support - 1] / support).clamp(min=0.0)
