"""Normalisation that lets utterances of a batch be independent."""

from torch import Tensor, nn
from torch.nn import functional as F


class FrameNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each frame of `(B, C, T)`, in the place of batch normalisation.

    Batch normalisation makes the gradient of one utterance depend on the others of its batch, and so do not two
    halves of a batch stay independent samples; layer normalisation in the convolution module works as well for
    Conformers (Li et al., "A better and faster end-to-end model for streaming ASR", 2021).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Normalise `(B, C, T)`."""
        return super().forward(input.transpose(1, 2)).transpose(1, 2)


class FrameConv(nn.Conv1d):
    """Pointwise convolution of `(B, C, T)` done as a matrix product of `(B, T, C)`.

    :class:`FrameNorm` leaves the channels of a frame side by side in memory. A convolution would copy them apart and
    a Conformer back again; the product takes them as they are, which pays for the normalisation's extra work.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Map `(B, C, T)` to `(B, C', T)`."""
        return F.linear(input.transpose(1, 2), self.weight.squeeze(-1), self.bias).transpose(1, 2)


def replace_batch_norm(module: nn.Module) -> int:
    """Put :class:`FrameNorm` in the place of every ``BatchNorm1d`` below ``module``; return how many there were.

    Pointwise convolutions that follow one among the children of the same module become :class:`FrameConv`, with the
    parameters that they had.
    """
    count, after_norm = 0, False
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm1d):
            setattr(module, name, FrameNorm(child.num_features))
            count, after_norm = count + 1, True
        elif after_norm and type(child) is nn.Conv1d and _is_pointwise(child):
            setattr(module, name, _as_frame_conv(child))
        else:
            count += replace_batch_norm(child)
    return count


def _is_pointwise(conv: nn.Conv1d) -> bool:
    return (conv.kernel_size, conv.stride, conv.padding, conv.groups) == ((1,), (1,), (0,), 1)


def _as_frame_conv(conv: nn.Conv1d) -> FrameConv:
    # Without an initialisation of its own, which would draw random numbers.
    made = nn.utils.skip_init(FrameConv, conv.in_channels, conv.out_channels, 1, bias=conv.bias is not None)
    made.weight, made.bias = conv.weight, conv.bias
    return made
