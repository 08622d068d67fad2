"""Precision of losses under automatic mixed precision."""

import torch
from torch import Tensor


def full_precision(tensor: Tensor) -> Tensor:
    """Raise half precision to float32; leave float32 and float64 as they are."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor
