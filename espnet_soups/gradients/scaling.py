"""Powers of two that keep gradients within the range of half precision.

A measurement runs before the trainer's loss scaling, on graphs whose matrix products automatic mixed precision may
have put into float16, where numbers below 6e-5 lose their digits. Gradients are linear in what is back-propagated, so
it may be scaled first and the result scaled back; a power of two changes no digit.
"""

import torch
from torch import Tensor


def binary_scale(seed: Tensor) -> Tensor:
    """The power of two that brings the largest entry of a gradient to between 1 and 2; a scalar.

    One if the gradient is zero or not finite.
    """
    largest = seed.detach().abs().amax().float()
    scale = torch.exp2(-torch.floor(torch.log2(largest)))
    return torch.where((largest > 0) & largest.isfinite(), scale, 1.0)
