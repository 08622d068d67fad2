"""Which language is spoken, by what the recognition heads make of the speech."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from espnet_soups.corpora.audio import Samples
from espnet_soups.inference.ctc import CtcHypothesis, ctc_greedy
from espnet_soups.inference.engine import Encoded, Engine

_WINDOWS = 4
"""Windows of a long recording that are listened to."""
_SUREST = 1 - torch.finfo(torch.float32).eps
"""Probabilities above it cannot be told from 1."""


def identify_language(engine: Engine, encoded: Encoded) -> list[tuple[str, float]]:
    """Tell the language of every utterance of a batch, and how sure that is.

    Each head reads the speech. The evidence for its language is the sum, over its tokens that are more
    probable than all else at their peak, of their log-odds `log p / (1 - p)` there: the head of another
    language finds fewer tokens or doubts them. The language with the most evidence is spoken; the confidence
    is its share in the softmax of the evidence over a temperature (``language_temperature`` of the options).
    Without any evidence that is 1 / (number of languages).
    """
    return [choose(engine, row) for row in language_evidence(engine, encoded)]


def identify_long(engine: Engine, windows: Iterable[Samples]) -> tuple[str, float]:
    """As :func:`identify_language`, by the evidence in the first windows of a recording."""
    rows = [
        language_evidence(engine, engine.encode([window])) for _, window in zip(range(_WINDOWS), windows, strict=False)
    ]
    return choose(engine, torch.cat(rows).sum(dim=0))


def language_evidence(engine: Engine, encoded: Encoded) -> Tensor:
    """Evidence for each language that the model recognises, `(B, languages)`."""
    columns = []
    for lang in engine.model.asr_langs:
        found = ctc_greedy(engine.log_probs(encoded, lang), encoded.lengths, engine.model.blank_id)
        columns.append(torch.tensor([sum_of_log_odds(one) for one in found]))
    return torch.stack(columns, dim=1)


def sum_of_log_odds(hypothesis: CtcHypothesis) -> float:
    """Sum of the positive log-odds of a hypothesis' tokens."""
    probabilities = [min(math.exp(token.score), _SUREST) for token in hypothesis.tokens]
    return sum(math.log(p / (1 - p)) for p in probabilities if p > 0.5)


def choose(engine: Engine, evidence: Tensor) -> tuple[str, float]:
    """The language with the most evidence `(languages,)`, and its probability."""
    best = int(evidence.argmax())
    shares = (evidence / engine.options.language_temperature).softmax(dim=0)
    return engine.model.asr_langs[best], float(shares[best])
