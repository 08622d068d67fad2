"""What a self-supervised objective provides to the model."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class SSLBatch:
    """Speech prepared for a self-supervised loss.

    Attributes:
        feats: Features for the encoder `(S, T, F)`, as extra rows of its batch.
        lengths: Their frames `(S,)`.
        targets: What the loss compares with, of the objective's own making.
        target_lengths: Valid targets of each row `(S,)`; 0 for a row that takes no part.
    """

    feats: Tensor
    lengths: Tensor
    targets: Tensor
    target_lengths: Tensor


class AbsSSL(nn.Module, ABC):
    """A self-supervised objective: it adds rows to the encoder's batch and scores the encoder's output on them."""

    #: Part of a batch's utterances that the objective adds rows for.
    utterances: float

    @abstractmethod
    def prepare(self, feats: Tensor, lengths: Tensor) -> SSLBatch:
        """Make the extra rows from normalised, unmasked features `(S, T, F)` of `(S,)` frames."""

    @abstractmethod
    def forward(self, h: Tensor, h_lengths: Tensor, batch: SSLBatch) -> tuple[Tensor, Tensor]:
        """Loss of every row summed over its predictions, in nats `(S,)`, and their number `(S,)`.

        Args:
            h: Encoder output on the rows `(S, T', D)`.
            h_lengths: Its frames `(S,)`.
            batch: What :meth:`prepare` returned.
        """
