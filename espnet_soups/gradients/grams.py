"""Inner products of gradients of both halves of a batch, and what is derived from them."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class HalfGrams:
    """Inner products of the mean losses' gradients of every (half, objective) cell, block by block.

    Attributes:
        gram: `(L, 2K, 2K)` float64 on the CPU; rows and columns are ``half * K + k``.
        counts: Targets of each cell `(2K,)`; a cell without targets has zero rows.
        blocks: Numbers of the L blocks.
    """

    gram: Tensor
    counts: Tensor
    blocks: tuple[int, ...]

    @property
    def present(self) -> Tensor:
        """Objectives with targets in both halves, bool `(K,)`."""
        return (self.counts > 0).view(2, -1).all(0)

    def double_sampled(self, blocks: list[int]) -> Tensor:
        """``G = J1 J2^T`` summed over the given blocks `(K, K)`, unbiased for the Gram matrix (MoDo)."""
        count = self.counts.numel() // 2
        return self._of(blocks).sum(0)[:count, count:]

    def full(self) -> Tensor:
        """Gram matrices of the whole batch's mean gradients, one for each block `(L, K, K)`."""
        count = self.counts.numel() // 2
        share = self.counts.view(2, count)
        share = share / share.sum(0).clamp(min=1.0)
        mixing = torch.cat([share[0].diag(), share[1].diag()], dim=1).to(self.gram)
        return mixing @ self.gram @ mixing.T

    def norms(self, blocks: list[int]) -> Tensor:
        """Norms of the whole batch's mean gradients on the given blocks `(K,)`."""
        keep = [self.blocks.index(block) for block in blocks]
        return self.full()[keep].sum(0).diagonal().clamp(min=0.0).sqrt()

    def _of(self, blocks: list[int]) -> Tensor:
        return self.gram[[self.blocks.index(block) for block in blocks]]
