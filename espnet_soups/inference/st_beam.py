"""Attention beam search over many utterances at once, with the rules of ESPnet's BeamSearch.

A hypothesis scores the sum of its tokens' log-probabilities plus ``length_bonus`` per token, `<eos>`
included. Without a limit on the length the search of an utterance ends when three lengths in a row brought
only ended hypotheses far worse than the best (Eq. (50) of S. Watanabe et al., "Hybrid CTC/Attention
Architecture for End-to-End Speech Recognition", 2017).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from espnet_soups.inference.cached_decoder import CachedDecoder, DecoderState
from espnet_soups.inference.options import BeamOptions

_HOPELESS = -10.0
"""An ended hypothesis this much below the best (natural logarithm) counts towards the end of the search."""
_HOPELESS_LENGTHS = 3


@dataclass(frozen=True, slots=True)
class BeamHypothesis:
    """The best output of one utterance."""

    tokens: tuple[int, ...]
    """Without start and `<eos>`."""
    score: float
    """Total with the length bonus; minus infinity if no hypothesis could end within the limits."""


@torch.inference_mode()
def beam_search(
    decoder: CachedDecoder,
    encoded: Tensor,
    lengths: Tensor,
    start: int,
    eos: int,
    options: BeamOptions,
    forbidden: Sequence[int] = (),
) -> list[BeamHypothesis]:
    """Decode every utterance of a batch.

    Args:
        encoded: `(B, T, D)`, encoder output.
        lengths: `(B,)`, frames of each utterance, each from 1 to T.
        start: first input token of the decoder.
        forbidden: output tokens that no hypothesis may hold.
    """
    frames = lengths.tolist()
    search = _Search(decoder, encoded, lengths, [options.length_limits(n) for n in frames], start, eos, options)
    search.penalty[list(forbidden)] = -torch.inf
    found = search.run()
    failed = [row for row, hypothesis in enumerate(found) if hypothesis.score == -torch.inf]
    if failed and options.min_length_ratio >= 0.1:
        relaxed = replace(options, min_length_ratio=max(0.0, options.min_length_ratio - 0.1))
        rows = torch.tensor(failed, device=encoded.device)
        again = beam_search(decoder, encoded[rows], lengths.to(rows.device)[rows], start, eos, relaxed, forbidden)
        for row, hypothesis in zip(failed, again, strict=True):
            found[row] = hypothesis
    return found


class _Search:
    """One search: B utterances still running, K hypotheses each, best first, all on the device."""

    def __init__(
        self,
        decoder: CachedDecoder,
        encoded: Tensor,
        lengths: Tensor,
        limits: Sequence[tuple[int, int]],
        start: int,
        eos: int,
        options: BeamOptions,
    ) -> None:
        device, batch = encoded.device, len(limits)
        score_type = torch.float64 if encoded.dtype == torch.float64 else torch.float32
        self.decoder, self.eos, self.start = decoder, eos, start
        self.beam = min(options.beam, decoder.vocabulary)
        self.detect_end = options.max_length_ratio == 0
        self.state: DecoderState = decoder.start(encoded, lengths, self.beam)
        self.penalty = torch.full((decoder.vocabulary,), options.length_bonus, dtype=score_type, device=device)
        self.longest, self.shortest = torch.tensor(limits, device=device).unbind(dim=1)
        self.rows = list(range(batch))
        """`(B,)`, which utterance of the call each running one is; kept on the host."""
        self.tokens = torch.zeros(batch, self.beam, 0, dtype=torch.long, device=device)
        self.scores = torch.full((batch, self.beam), -torch.inf, dtype=score_type, device=device)
        self.scores[:, 0] = 0.0
        self.best_score = torch.full_like(self.scores[:, 0], -torch.inf)
        self.best_tokens = self.tokens[:, 0]
        self.ended_at: list[Tensor] = []
        """For the last steps, the best score of the hypotheses that ended there, `(B,)`."""
        self.results: list[BeamHypothesis | None] = [None] * batch

    def run(self) -> list[BeamHypothesis]:
        step = 0
        while len(self.rows):
            self._extend()
            done = self._end(step)
            self._drop(done.cpu())  # the one wait for the device in a step
            step += 1
        return [result for result in self.results if result is not None]

    def _extend(self) -> None:
        """Give every utterance its K best continuations."""
        last = self.tokens[:, :, -1] if self.tokens.size(2) else torch.full_like(self.scores, self.start).long()
        log_probs = self.decoder.step(last, self.state) + self.penalty
        total = self.scores[:, :, None] + log_probs
        self.scores, chosen = total.flatten(1).topk(self.beam, dim=1)
        parents = chosen.div(total.size(2), rounding_mode="floor")
        self.state.reorder(parents)
        history = self.tokens.gather(1, parents[:, :, None].expand(-1, -1, self.tokens.size(2)))
        self.tokens = torch.cat([history, (chosen % total.size(2))[:, :, None]], dim=2)

    def _end(self, step: int) -> Tensor:
        """Take ended hypotheses out of the beams; return which utterances are done, `(B,)`."""
        alive = self.scores > -torch.inf
        at_limit = self.longest == step + 1
        ended = alive & ((self.tokens[:, :, -1] == self.eos) | at_limit[:, None])
        counted = ended & (self.shortest <= step)[:, None]
        score, slot = self.scores.masked_fill(~counted, -torch.inf).max(dim=1)
        tokens = self.tokens.gather(1, slot[:, None, None].expand(-1, 1, step + 1))[:, 0]
        better = score > self.best_score
        padded = torch.nn.functional.pad(self.best_tokens, (0, 1), value=self.eos)
        self.best_tokens = torch.where(better[:, None], tokens, padded)
        self.best_score = torch.where(better, score, self.best_score)
        self.ended_at = [*self.ended_at, score][-_HOPELESS_LENGTHS - 2 :]
        self.scores = self.scores.masked_fill(ended, -torch.inf)
        return at_limit | ~(alive & ~ended).any(dim=1) | self._hopeless()

    def _hopeless(self) -> Tensor:
        """Whether the recent lengths brought only ended hypotheses far below the best, `(B,)`."""
        # A length of n in ESPnet's rule counts start and <eos>: it looks at what ended 2, 3 and 4 steps ago.
        if not self.detect_end or len(self.ended_at) < _HOPELESS_LENGTHS + 2:
            return torch.zeros_like(self.best_score, dtype=torch.bool)
        recent = torch.stack(self.ended_at[:_HOPELESS_LENGTHS])
        return ((recent > -torch.inf) & (recent - self.best_score < _HOPELESS)).all(dim=0)

    def _drop(self, done: Tensor) -> None:
        """Store what is newly done; once a quarter of the batch is done, go on without that."""
        new = [row for row in done.nonzero()[:, 0].tolist() if self.results[self.rows[row]] is None]
        if not new:
            return
        tokens, scores = self.best_tokens.tolist(), self.best_score.tolist()
        for row in new:
            self.results[self.rows[row]] = BeamHypothesis(self._clean(tokens[row]), scores[row])
        if 4 * int(done.sum()) >= len(done):
            self._keep((~done).nonzero()[:, 0])
        else:  # without live hypotheses they stay done, until enough are
            self.scores[done.to(self.scores.device)] = -torch.inf

    def _keep(self, running: Tensor) -> None:
        self.rows = [self.rows[row] for row in running.tolist()]
        running = running.to(self.scores.device)
        self.state = self.state.select(running)
        self.tokens, self.scores = self.tokens[running], self.scores[running]
        self.best_tokens, self.best_score = self.best_tokens[running], self.best_score[running]
        self.longest, self.shortest = self.longest[running], self.shortest[running]
        self.ended_at = [score[running] for score in self.ended_at]

    def _clean(self, tokens: list[int]) -> tuple[int, ...]:
        return tuple(tokens[: tokens.index(self.eos)]) if self.eos in tokens else tuple(tokens)
