"""Translation: attention decoders, one for all pairs or one for each."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from espnet_soups.model.precision import full_precision

SHARED = "shared"


class TranslationHeads(nn.Module):
    """Decoders of the translation pairs.

    Args:
        decoders: A decoder for each pair, such as ``{"fr-en": ...}``, or ``{"shared": ...}`` for all of them.
        pairs: Translation pairs.
        eos: Index of <sos/eos>, which starts and ends every target.
        label_smoothing: Mass of the target distribution that is spread over the vocabulary.
    """

    def __init__(
        self,
        decoders: dict[str, nn.Module],
        pairs: Sequence[str],
        eos: int,
        label_smoothing: float = 0.1,
    ) -> None:
        super().__init__()
        self.decoders = nn.ModuleDict(decoders)
        self.pairs, self.eos = tuple(pairs), eos
        self.label_smoothing = label_smoothing

    def decoder(self, pair: str) -> nn.Module:
        """The decoder that translates ``pair``."""
        return self.decoders[SHARED if SHARED in self.decoders else pair]

    def forward(
        self, h: Tensor, h_lengths: Tensor, rows_of: dict[str, Tensor], target: Tensor, target_lengths: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Cross entropy of every utterance's translation.

        Args:
            h: Encoder output `(B, T, D)`.
            h_lengths: Frames `(B,)`.
            rows_of: Rows of the batch that each pair translates.
            target: Token ids `(B, L)`, padded with anything.
            target_lengths: Tokens `(B,)`.

        Returns:
            Loss summed over each utterance's targets, <eos> included, in nats `(B,)`; the number of those targets
            `(B,)`, zero for an utterance without translation; and how many of them were predicted right `(B,)`.
        """
        count = h.shape[0]
        losses, right = h.new_zeros(count, dtype=torch.float32), torch.zeros_like(target_lengths)
        counts = torch.zeros_like(target_lengths)
        for decoder, rows in self._groups(rows_of):
            loss, correct = self._score(decoder, h[rows], h_lengths[rows], target[rows], target_lengths[rows])
            losses = losses.to(loss.dtype).index_copy(0, rows, loss)
            right, counts = (
                right.index_copy(0, rows, correct),
                counts.index_copy(0, rows, target_lengths[rows] + 1),
            )
        return losses, counts, right

    def _groups(self, rows_of: dict[str, Tensor]) -> list[tuple[nn.Module, Tensor]]:
        """Rows that go through one decoder together."""
        if SHARED in self.decoders and rows_of:
            return [(self.decoders[SHARED], torch.cat(list(rows_of.values())))]
        return [(self.decoders[pair], rows) for pair, rows in rows_of.items()]

    def _score(
        self, decoder: nn.Module, h: Tensor, h_lengths: Tensor, text: Tensor, lengths: Tensor
    ) -> tuple[Tensor, Tensor]:
        text = text[:, : int(lengths.max())]
        position = torch.arange(text.shape[1] + 1, device=text.device)
        body = torch.cat([text, text.new_full((text.shape[0], 1), self.eos)], dim=1)
        inside = position < lengths[:, None]
        wanted = torch.where(inside, body, self.eos).masked_fill(position > lengths[:, None], -1)
        read = F.pad(torch.where(inside, body, self.eos)[:, :-1], (1, 0), value=self.eos)
        logits, _ = decoder(h, h_lengths, read, lengths + 1)
        loss = F.cross_entropy(
            full_precision(logits).transpose(1, 2),
            wanted,
            ignore_index=-1,
            reduction="none",
            label_smoothing=self.label_smoothing,
        )
        correct = (logits.detach().argmax(-1) == wanted).sum(1)
        return loss.sum(1), correct
