"""CTC decoding of whole batches: best path, and what both CTC searches return.

CTC: A. Graves et al., "Connectionist Temporal Classification", ICML 2006. A *path* names one label or blank
per frame; its text is what is left after merging repeated labels and removing blanks.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class CtcToken:
    """One recognised token."""

    id: int
    frame: int
    """Encoder frame where the token is most probable (the first one, if several are)."""
    score: float
    """Log-probability of the token at that frame."""


@dataclass(frozen=True, slots=True)
class CtcHypothesis:
    """The best token sequence of one utterance."""

    tokens: tuple[CtcToken, ...]
    score: float
    """Log-probability of the best path (greedy search) or of the whole sequence (prefix search)."""


def ctc_greedy(log_probs: Tensor, lengths: Tensor, blank: int = 0) -> list[CtcHypothesis]:
    """Decode every utterance along its most probable path.

    Args:
        log_probs: `(B, T, V)`, log-softmax of a CTC head.
        lengths: `(B,)`, frames of each utterance, each from 1 to T.
    """
    scores, labels = log_probs.max(dim=-1)
    valid = torch.arange(log_probs.size(1), device=log_probs.device) < lengths.to(log_probs.device)[:, None]
    totals = scores.masked_fill(~valid, 0.0).sum(dim=1).tolist()
    tokens = collapse_paths(labels.masked_fill(~valid, blank), scores, blank)
    return [CtcHypothesis(row, total) for row, total in zip(tokens, totals, strict=True)]


def collapse_paths(labels: Tensor, scores: Tensor, blank: int = 0) -> list[tuple[CtcToken, ...]]:
    """Turn paths into tokens, each placed at the peak of its run of equal labels.

    Args:
        labels: `(B, T)`, label of every frame; blank beyond the end of an utterance.
        scores: `(B, T)`, log-probability of those labels.
    """
    spoken = labels != blank
    previous = torch.nn.functional.pad(labels[:, :-1], (1, 0), value=blank)
    starts = spoken & (labels != previous)
    # Frames of the n-th token carry run number n (from 1); blanks go to run 0, which is dropped.
    run = torch.where(spoken, starts.long().cumsum(dim=1), 0)
    peaks = scores.new_full((scores.size(0), scores.size(1) + 1), -torch.inf).scatter_reduce(1, run, scores, "amax")
    frames = torch.arange(labels.size(1), device=labels.device).expand_as(labels)
    frames_at_peak = torch.where(scores == peaks.gather(1, run), frames, labels.size(1) - 1)
    first = torch.full_like(run, labels.size(1) - 1)
    first = torch.nn.functional.pad(first, (1, 0), value=0).scatter_reduce(1, run, frames_at_peak, "amin")[:, 1:]
    counts = starts.sum(dim=1).tolist()
    rows = zip(first.tolist(), labels.gather(1, first).tolist(), peaks[:, 1:].tolist(), counts, strict=True)
    return [
        tuple(CtcToken(*token) for token in zip(ids[:n], at[:n], score[:n], strict=True)) for at, ids, score, n in rows
    ]
