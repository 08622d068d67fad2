"""Averaging measurements over the ranks of data-parallel training: small matrices, never gradients."""

import torch
from torch import Tensor
from torch import distributed as dist

from espnet_soups.gradients.grams import HalfGrams


def world_size() -> int:
    """Number of ranks that train together; 1 outside distributed training."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def average_over_ranks(grams: HalfGrams, device: torch.device) -> HalfGrams:
    """Mean of the ranks' inner products, each an unbiased estimate of the same ones.

    A product counts on the ranks whose batches have both of its objectives; where no rank has both, it is taken to be
    zero. All ranks get the same numbers.

    Args:
        grams: This rank's measurement.
        device: Where the process group communicates from.
    """
    if world_size() == 1:
        return grams
    present = (grams.counts > 0).double()
    pairs = torch.outer(present, present)
    # A rank's broken numbers must reach all ranks as broken, so nothing is cleaned here.
    packed = torch.cat([(grams.gram * pairs).flatten(), pairs.flatten(), grams.counts]).to(device)
    dist.all_reduce(packed)
    gram, seen, counts = _unpack(packed.cpu(), grams)
    return HalfGrams(gram / seen.clamp(min=1.0), counts, grams.blocks)


def _unpack(packed: Tensor, like: HalfGrams) -> tuple[Tensor, Tensor, Tensor]:
    sizes = [like.gram.numel(), like.counts.numel() ** 2, like.counts.numel()]
    gram, seen, counts = packed.split(sizes)
    return gram.view_as(like.gram), seen.view(like.counts.numel(), -1), counts


def average_products_over_ranks(products: Tensor, counts: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean over the ranks of products ``G c`` `(n, K)`; a rank counts if it has the objective in both halves.

    Returns:
        The mean, and the ranks' total numbers of targets `(2K,)`; the same on all ranks.
    """
    if world_size() == 1:
        return products, counts
    seen = (counts > 0).view(2, -1).all(0).to(products)
    packed = torch.cat([(products * seen).flatten(), seen, counts]).to(device)
    dist.all_reduce(packed)
    total, ranks, counts = packed.cpu().split([products.numel(), seen.numel(), counts.numel()])
    return total.view_as(products) / ranks.clamp(min=1.0), counts
