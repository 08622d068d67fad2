"""Levels of an optimisation hierarchy, upper first; every level is a constraint for the one above it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from espnet_soups.errors import UserError
from espnet_soups.objectives import match_objectives

PRESETS: dict[str, list[list[str]]] = {
    # Bottom-up names of the paper: U(nsupervised), A(SR), S(T). The last level is the innermost constraint.
    "uas": [["st/*"], ["asr/*"], ["ssl"]],
    "usa": [["asr/*"], ["st/*"], ["ssl"]],
}


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A partition of K objectives into levels.

    Attributes:
        names: The K objectives in the model's order.
        levels: Indices of the objectives of each level, upper level first.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[int, ...], ...]

    def relative_penalties(self, etas: Sequence[float]) -> Tensor:
        """``p_m / p_i`` for all pairs of levels, which stays defined when a penalty is zero.

        Args:
            etas: The penalty between each level and the next, ``len(levels) - 1`` of them.

        Returns:
            Upper triangular matrix `(n, n)`: entry (i, m) is ``eta_i * ... * eta_(m-1)``, the diagonal is one.
        """
        count = len(self.levels)
        ratios = torch.eye(count, dtype=torch.float64)
        for upper in range(count):
            for lower in range(upper + 1, count):
                ratios[upper, lower] = ratios[upper, lower - 1] * etas[lower - 1]
        return ratios

    def uniform(self) -> Tensor:
        """Lambda at the start: each level's mass of one, shared evenly by its objectives; `(K,)`."""
        weights = torch.zeros(len(self.names), dtype=torch.float64)
        for level in self.levels:
            weights[list(level)] = 1.0 / len(level)
        return weights


def build_hierarchy(levels: str | Sequence[Sequence[str]], names: Sequence[str]) -> Hierarchy:
    """Resolve a preset or explicit lists of patterns into a partition of the model's objectives.

    Raises:
        UserError: If a pattern matches nothing, an objective is in two levels, or one is in none.
    """
    if isinstance(levels, str):
        if levels not in PRESETS:
            raise UserError(f"levels '{levels}' is no preset: use one of {', '.join(PRESETS)} or explicit lists.")
        levels = PRESETS[levels]
    where: dict[str, int] = {}
    for number, patterns in enumerate(levels):
        for pattern in patterns:
            for name in match_objectives(pattern, names):
                if where.setdefault(name, number) != number:
                    raise UserError(f"Objective '{name}' is in two levels of the soup: narrow '{pattern}'.")
    missing = [name for name in names if name not in where]
    if missing:
        raise UserError(f"No level of the soup has {', '.join(missing)}: add a pattern for it to soup_conf.levels.")
    index = {name: k for k, name in enumerate(names)}
    partition = tuple(tuple(index[name] for name in names if where[name] == number) for number in range(len(levels)))
    empty = next((number for number, level in enumerate(partition) if not level), None)
    if empty is not None:
        raise UserError(f"Level {empty + 1} of the soup is empty: remove it from soup_conf.levels.")
    return Hierarchy(tuple(names), partition)
