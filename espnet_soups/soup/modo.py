"""The MoDo update of lambda for a hierarchy of objectives."""

import torch
from torch import Tensor

from espnet_soups.soup.hierarchy import Hierarchy
from espnet_soups.soup.simplex import project_simplex


def directions(weights: Tensor, hierarchy: Hierarchy, ratios: Tensor, present: Tensor) -> Tensor:
    """For each level the combination of gradients that its update multiplies G with.

    Level i sees its own ``lambda_i`` and, of the levels below it, ``u_i = sum_m (p_m / p_i) lambda_m``: the gradient
    of the penalised objective is ``grad f_k + sum_m (p_m / p_i) sum_l lambda_l grad f_l`` for every k of the level.

    Args:
        weights: Lambda `(K,)`.
        hierarchy: n levels over K objectives.
        ratios: ``p_m / p_i`` `(n, n)` from :meth:`Hierarchy.relative_penalties`.
        present: Which objectives were measured, bool `(K,)`.

    Returns:
        Matrix `(n, K)`.
    """
    rows = weights.new_zeros(len(hierarchy.levels), weights.numel())
    for lower, level in enumerate(hierarchy.levels):
        index = list(level)
        rows[:, index] = ratios[:, lower, None].to(weights) * (weights * present)[index]
    return rows


def modo_update(
    weights: Tensor, products: Tensor, hierarchy: Hierarchy, present: Tensor, step_size: float, l2: float
) -> Tensor:
    """One projected-gradient step on lambda, level by level (MoDo, arXiv 2305.20057, eq. 9; levels by penalties).

    An objective that was not measured keeps its weight; the others of its level share what is left.

    Args:
        weights: Lambda `(K,)`; each level sums to one.
        products: ``G @ c_i`` for each level `(n, K)`, with ``G = J1 J2^T`` and ``c_i`` from :func:`directions`.
        hierarchy: n levels over K objectives.
        present: Which objectives were measured, bool `(K,)`.
        step_size: gamma.
        l2: rho, which pulls lambda towards the uniform one.

    Returns:
        The new lambda `(K,)`.
    """
    updated = weights.clone()
    for number, level in enumerate(hierarchy.levels):
        index = torch.tensor([k for k in level if present[k]], dtype=torch.long, device=weights.device)
        if index.numel() == 0:
            continue
        old = weights[index]
        moved = old - step_size * (products[number, index] + l2 * old)
        updated[index] = project_simplex(moved, float(old.sum()))
    return updated


def shared_weights(weights: Tensor, hierarchy: Hierarchy, ratios: Tensor) -> Tensor:
    """Weights of the shared update ``sum_k w_k grad f_k`` with ``w_k = p_i lambda_k`` for k in level i; `(K,)`."""
    result = weights.clone()
    for number, level in enumerate(hierarchy.levels):
        result[list(level)] *= ratios[0, number].to(weights)
    return result
