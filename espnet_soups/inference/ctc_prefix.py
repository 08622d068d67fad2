"""CTC prefix beam search over a batch, without a Python loop over utterances, hypotheses or tokens.

A. Hannun et al., "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent
DNNs", 2014, Algorithm 1, without a language model. Of every prefix the search keeps two probabilities: of all
paths so far that end in a blank, and of all that end in the prefix's last token. With a beam that holds every
prefix, the result is the sequence of the highest total probability, exactly.
"""

from dataclasses import dataclass

import torch
import torchaudio  # type: ignore[import-untyped]
from torch import Tensor

from espnet_soups.inference.ctc import CtcHypothesis, CtcToken, collapse_paths

# Prefixes are compared by a 64-bit polynomial hash (odd multiplier, wrapping): two different prefixes of one
# beam of 10 meet by chance about once in 10^17 frames.
_HASH_FACTOR = 0x5851F42D4C957F2D
_NONE = -1


@dataclass(frozen=True, slots=True)
class _Beam:
    """The prefixes of every utterance; all fields `(B, K)`."""

    blank_end: Tensor
    token_end: Tensor
    last: Tensor
    key: Tensor
    parent_key: Tensor

    def total(self) -> Tensor:
        return torch.logaddexp(self.blank_end, self.token_end)

    def where(self, condition: Tensor, other: "_Beam") -> "_Beam":
        names = self.__dataclass_fields__
        return _Beam(*(torch.where(condition, getattr(self, name), getattr(other, name)) for name in names))


def ctc_prefix_beam(log_probs: Tensor, lengths: Tensor, beam: int, blank: int = 0) -> list[CtcHypothesis]:
    """Find the token sequence of the highest total probability over its paths, within a beam of prefixes.

    Token times and scores are those of the sequence's best path.

    Args:
        log_probs: `(B, T, V)`, log-softmax of a CTC head.
        lengths: `(B,)`, frames of each utterance, each from 1 to T.
        beam: number K of prefixes kept per utterance.
    """
    batch, frames, _ = log_probs.shape
    lengths = lengths.to(log_probs.device)
    state = _empty_prefix(batch, beam, log_probs)
    slots = torch.arange(beam, device=log_probs.device).expand(batch, beam)
    sources, tokens = [], []
    for frame in range(frames):
        moved, source, token = _advance(state, log_probs[:, frame], blank)
        running = (frame < lengths)[:, None]
        state = moved.where(running, state)
        sources.append(torch.where(running, source, slots))
        tokens.append(torch.where(running, token, _NONE))
    totals = state.total()[:, 0].tolist()
    sequences = _trace_back(torch.stack(sources).cpu(), torch.stack(tokens).cpu())
    return [
        CtcHypothesis(_align(log_probs[row, :length], sequence, blank), total)
        for row, (length, sequence, total) in enumerate(zip(lengths.tolist(), sequences, totals, strict=True))
    ]


def _empty_prefix(batch: int, beam: int, like: Tensor) -> _Beam:
    """Slot 0 holds the empty prefix with probability 1, the others nothing."""
    blank_end = like.new_full((batch, beam), -torch.inf)
    blank_end[:, 0] = 0.0
    last = torch.full((batch, beam), _NONE, device=like.device)
    return _Beam(blank_end, torch.full_like(blank_end, -torch.inf), last, torch.zeros_like(last), last)


def _advance(state: _Beam, frame: Tensor, blank: int) -> tuple[_Beam, Tensor, Tensor]:
    """Read one frame `(B, V)`: every prefix stays or grows by one token, and the best K are kept.

    Returns:
        The new beam, best first; the slot that each prefix came from `(B, K)`; the token it gained `(B, K)`
        or -1.
    """
    (batch, beam), vocabulary = state.last.shape, frame.size(1)
    total, last = state.total(), state.last.clamp(min=0)
    stay_blank = total + frame[:, blank, None]
    stay_token = state.token_end + frame.gather(1, last)

    grown = total[:, :, None] + frame[:, None, :]
    # A token can follow itself only across a blank.
    repeated = state.blank_end + frame.gather(1, last)
    grown = grown.scatter(2, last[:, :, None], repeated[:, :, None])
    grown[:, :, blank] = -torch.inf

    # Prefix i grown by the last token of prefix j can be prefix j: then its paths belong to j.
    same = (state.key[:, :, None] == state.parent_key[:, None, :]) & (total > -torch.inf)[:, None, :]
    into = last[:, None, :].expand(batch, beam, beam)
    joining = torch.where(same, grown.gather(2, into), -torch.inf).amax(dim=1)
    stay_token = torch.logaddexp(stay_token, joining)
    grown = grown.scatter_reduce(2, into, torch.where(same, -torch.inf, torch.inf).to(grown), "amin")

    candidates = torch.cat([torch.logaddexp(stay_blank, stay_token), grown.flatten(1)], dim=1)
    score, chosen = candidates.topk(beam, dim=1)
    stays = chosen < beam
    source = torch.where(stays, chosen, (chosen - beam).div(vocabulary, rounding_mode="floor"))
    token = torch.where(stays, _NONE, (chosen - beam) % vocabulary)
    key = state.key.gather(1, source)
    kept = _Beam(
        stay_blank.gather(1, source),
        stay_token.gather(1, source),
        state.last.gather(1, source),
        key,
        state.parent_key.gather(1, source),
    )
    new = _Beam(torch.full_like(score, -torch.inf), score, token, key * _HASH_FACTOR + token + 1, key)
    return kept.where(stays, new), source, token


def _trace_back(sources: Tensor, tokens: Tensor) -> list[list[int]]:
    """Tokens of slot 0 of every utterance, from the histories `(T, B, K)`."""
    slot = torch.zeros(sources.size(1), 1, dtype=torch.long)
    reversed_tokens = []
    for source, token in zip(reversed(sources), reversed(tokens), strict=True):
        reversed_tokens.append(token.gather(1, slot))
        slot = source.gather(1, slot)
    history = torch.cat(reversed_tokens[::-1], dim=1).tolist()
    return [[token for token in row if token != _NONE] for row in history]


def _align(log_probs: Tensor, tokens: list[int], blank: int) -> tuple[CtcToken, ...]:
    """Place ``tokens`` on the frames of `log_probs` `(T, V)` along their best path."""
    if not tokens:
        return ()
    targets = torch.tensor([tokens], device=log_probs.device)
    labels, scores = torchaudio.functional.forced_align(log_probs[None], targets, blank=blank)
    return collapse_paths(labels, scores, blank)[0]
