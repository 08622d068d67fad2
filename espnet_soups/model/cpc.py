"""Contrastive predictive coding on the shared encoder."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from espnet_soups.model.abs_ssl import AbsSSL, SSLBatch
from espnet_soups.model.precision import full_precision


class CPC(AbsSSL):
    """Tell the future of an utterance from other speech, given its past (van den Oord et al., arXiv 1807.03748).

    The encoder sees a window of the past only, as a row of its own, so that attention cannot look at the answer. Its
    last frame predicts the features that follow, step by step; InfoNCE contrasts each with all other future frames
    of the batch. Objective Soups uses 240 frames of context, 120 of future and temperature 0.1.

    Args:
        feature_size: F, size of a feature frame.
        encoder_size: D, size of the encoder's output.
        context_frames: Longest past, in feature frames.
        future_frames: Longest future, in feature frames; an utterance that is shorter than both is split in this ratio.
        stack: Feature frames in one predicted step.
        projection_size: Size of the space in which predictions are compared.
        temperature: Temperature of InfoNCE.
        min_context: Shortest past that an utterance must have to take part, in feature frames.
        utterances: Part of a batch's utterances that take part.
    """

    def __init__(
        self,
        feature_size: int,
        encoder_size: int,
        context_frames: int = 240,
        future_frames: int = 120,
        stack: int = 4,
        projection_size: int = 128,
        temperature: float = 0.1,
        min_context: int = 32,
        utterances: float = 0.25,
    ) -> None:
        super().__init__()
        self.context_frames, self.future_frames, self.stack = context_frames, future_frames, stack
        self.min_context, self.temperature, self.utterances = min_context, temperature, utterances
        steps = future_frames // stack
        self.past = nn.Linear(encoder_size, projection_size)
        self.step = nn.Embedding(steps, projection_size)
        self.predict = nn.Sequential(nn.GELU(), nn.Linear(projection_size, projection_size))
        self.future = nn.Linear(stack * feature_size, projection_size)

    def prepare(self, feats: Tensor, lengths: Tensor) -> SSLBatch:
        """Cut past and future out of features `(S, T, F)`; the place is random in training, the start otherwise."""
        ratio = self.context_frames / (self.context_frames + self.future_frames)
        past = (lengths * ratio).long().clamp(max=self.context_frames)
        steps = ((lengths - past).clamp(max=self.future_frames) // self.stack) * (past >= self.min_context)
        # An encoder needs some frames even of a row that takes no part.
        past = torch.minimum(past.clamp(min=self.min_context), past.new_tensor(max(feats.shape[1], self.min_context)))
        spare = (lengths - past - steps * self.stack).clamp(min=0)
        place = torch.rand(len(lengths), device=feats.device) if self.training else feats.new_zeros(len(lengths))
        start = (place * (spare + 1)).long().clamp(max=feats.shape[1])
        window = min(self.context_frames, max(feats.shape[1], self.min_context))
        context = _take(feats, start, window)
        context = context * (torch.arange(window, device=feats.device) < past[:, None])[..., None]
        future = _take(feats, start + past, self.future_frames // self.stack * self.stack)
        return SSLBatch(context, past, future.unflatten(1, (-1, self.stack)).flatten(2), steps)

    def forward(self, h: Tensor, h_lengths: Tensor, batch: SSLBatch) -> tuple[Tensor, Tensor]:
        """InfoNCE of every row; see :class:`AbsSSL`."""
        rows, steps = batch.targets.shape[:2]
        last = h[torch.arange(rows, device=h.device), (h_lengths - 1).clamp(min=0)]
        predicted = self.predict(self.past(last)[:, None] + self.step.weight)
        wanted = self.future(batch.targets)
        valid = (torch.arange(steps, device=h.device) < batch.target_lengths[:, None]).flatten()
        left, right = (F.normalize(full_precision(side).flatten(0, 1), dim=-1) for side in (predicted, wanted))
        with torch.autocast(h.device.type, enabled=False):  # which would round the product to half precision again
            logits = (left @ right.T / self.temperature).masked_fill(~valid, float("-inf"))
        truth = torch.arange(rows * steps, device=h.device)
        # A row without valid steps has only -inf; its loss is dropped, so any finite logits will do.
        logits = torch.where(valid[:, None], logits, 0.0)
        losses = torch.where(valid, F.cross_entropy(logits, truth, reduction="none"), 0.0)
        return losses.view(rows, steps).sum(1), batch.target_lengths


def _take(feats: Tensor, start: Tensor, length: int) -> Tensor:
    """Frames ``start .. start + length`` of each row `(S, T, F)`, zeros behind its end; `(S, length, F)`."""
    index = start[:, None] + torch.arange(length, device=feats.device)
    inside = index < feats.shape[1]
    taken = feats.gather(1, index.clamp(max=feats.shape[1] - 1)[..., None].expand(-1, -1, feats.shape[2]))
    return taken * inside[..., None]
