"""How much objectives agree: cosines of their gradients, and the layers on which they conflict."""

from collections.abc import Sequence

import torch
from torch import Tensor


def cosine(gram: Tensor) -> Tensor:
    """Cosine similarities from Gram matrices of gradients.

    Args:
        gram: `(..., K, K)`, symmetric and positive semi-definite.

    Returns:
        `(..., K, K)`; NaN in the rows and columns of an objective without gradient.
    """
    norms = gram.diagonal(dim1=-2, dim2=-1).clamp(min=0.0).sqrt()
    scale = norms.unsqueeze(-1) * norms.unsqueeze(-2)
    return torch.where(scale > 0, gram / scale, torch.nan)


def mean_conflict(similarity: Tensor) -> Tensor:
    """Mean cosine over the pairs of different objectives: negative where they conflict (Objective Soups, sec. 3.3).

    Args:
        similarity: `(..., K, K)`; NaN entries are left out.

    Returns:
        `(...)`; NaN where no pair was measured.
    """
    count = similarity.shape[-1]
    pairs = torch.triu(torch.ones(count, count, dtype=torch.bool, device=similarity.device), diagonal=1)
    return similarity[..., pairs].nanmean(-1)


def group_gram(gram: Tensor, groups: Sequence[Sequence[int]]) -> Tensor:
    """Gram matrix of summed gradients, such as those of whole tasks.

    Args:
        gram: `(..., K, K)`.
        groups: Indices of the members of each of g groups.

    Returns:
        `(..., g, g)`.
    """
    membership = gram.new_zeros(len(groups), gram.shape[-1])
    for number, members in enumerate(groups):
        membership[number, list(members)] = 1.0
    return membership @ gram @ membership.T


def select_conflicting(conflict: Tensor, threshold: float) -> list[int]:
    """Layers whose mean similarity is below ``threshold``; the least agreeing one where none is.

    Args:
        conflict: Mean similarity of each layer `(L,)`; NaN where nothing was measured.
    """
    measured = torch.where(conflict.isnan(), torch.inf, conflict)
    chosen = (measured < threshold).nonzero().flatten().tolist()
    return chosen or [int(measured.argmin())]
