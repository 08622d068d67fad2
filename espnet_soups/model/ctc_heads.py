"""Recognition: one CTC head for each language over a common vocabulary."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from espnet_soups.model.precision import full_precision


class CTCHeads(nn.Module):
    """Linear layer and softmax for each language.

    Args:
        languages: Languages to recognise.
        encoder_size: D.
        vocab_size: V, blank (index 0) included.
        dropout_rate: Dropout before the linear layers.
    """

    def __init__(self, languages: Sequence[str], encoder_size: int, vocab_size: int, dropout_rate: float = 0.0) -> None:
        super().__init__()
        self.heads = nn.ModuleDict({lang: nn.Linear(encoder_size, vocab_size) for lang in languages})
        self.dropout = nn.Dropout(dropout_rate)

    def log_probs(self, h: Tensor, language: str) -> Tensor:
        """Log-probabilities `(B, T, V)` from encoder output `(B, T, D)`, in float32 or better."""
        logits: Tensor = self.heads[language](self.dropout(h))
        return full_precision(logits).log_softmax(-1)

    def forward(
        self, h: Tensor, h_lengths: Tensor, rows_of: dict[str, Tensor], target: Tensor, target_lengths: Tensor
    ) -> tuple[Tensor, Tensor]:
        """CTC loss of every utterance.

        Args:
            h: Encoder output `(B, T, D)`.
            h_lengths: Frames `(B,)`.
            rows_of: Rows of the batch to score with each language's head.
            target: Token ids `(B, L)`, padded with anything.
            target_lengths: Tokens `(B,)`.

        Returns:
            Loss summed over each utterance's targets, in nats `(B,)`, and its number of targets `(B,)`: zero for an
            utterance of no language here and for one whose text is too long for its frames, which has no loss.
        """
        losses, counts = h.new_zeros(h.shape[0], dtype=torch.float32), torch.zeros_like(target_lengths)
        for language, rows in rows_of.items():
            log_probs = self.log_probs(h[rows], language)
            text, lengths, frames = target[rows], target_lengths[rows], h_lengths[rows]
            possible = _fits(text, lengths, frames)
            loss = F.ctc_loss(
                log_probs.transpose(0, 1),
                text.clamp(min=0),
                frames,
                lengths,
                reduction="none",
                zero_infinity=True,
            )
            losses = losses.to(loss.dtype).index_copy(0, rows, torch.where(possible, loss, 0.0))
            counts = counts.index_copy(0, rows, torch.where(possible, lengths, 0))
        return losses, counts


def _fits(text: Tensor, lengths: Tensor, frames: Tensor) -> Tensor:
    """Whether CTC can align each text: it needs a frame for every token and a blank between equal neighbours."""
    position = torch.arange(1, text.shape[1], device=text.device)
    repeats = ((text[:, 1:] == text[:, :-1]) & (position < lengths[:, None])).sum(1)
    return (lengths > 0) & (lengths + repeats <= frames)
