"""Normalisation that lets utterances of a batch be independent."""

from torch import Tensor, nn


class FrameNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each frame of `(B, C, T)`, in the place of batch normalisation.

    Batch normalisation makes the gradient of one utterance depend on the others of its batch, and so do not two
    halves of a batch stay independent samples; layer normalisation in the convolution module works as well for
    Conformers (Li et al., "A better and faster end-to-end model for streaming ASR", 2021).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Normalise `(B, C, T)`."""
        return super().forward(input.transpose(1, 2)).transpose(1, 2)


def replace_batch_norm(module: nn.Module) -> int:
    """Put :class:`FrameNorm` in the place of every ``BatchNorm1d`` below ``module``; return how many there were."""
    count = 0
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm1d):
            setattr(module, name, FrameNorm(child.num_features))
            count += 1
        else:
            count += replace_batch_norm(child)
    return count
