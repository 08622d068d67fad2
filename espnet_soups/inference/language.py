"""Which language is spoken, by what the recognition heads make of the speech."""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from espnet_soups.corpora.audio import Samples
from espnet_soups.inference.ctc import ctc_greedy
from espnet_soups.inference.engine import Encoded, Engine

_WINDOWS = 4
"""Windows of a long recording that are listened to."""


def identify_language(engine: Engine, encoded: Encoded) -> list[tuple[str, float]]:
    """Tell the language of every utterance of a batch, and how sure that is.

    Each head reads the speech, and the *evidence* for its language is the sum of the probabilities of its
    tokens at their peaks, squared: the head of another language finds fewer tokens or doubts them. The
    language with the most evidence is spoken. The confidence is its share of the evidence for all languages,
    from 1 / (number of languages) to 1; it is not a probability that was checked on data. Without any token
    in any head it is 0.
    """
    rows = torch.stack([_evidence(engine, encoded, lang) for lang in engine.model.asr_langs])
    return [_choose(engine.model.asr_langs, row) for row in rows.T]


def identify_long(engine: Engine, windows: Iterable[Samples]) -> tuple[str, float]:
    """As :func:`identify_language`, by the evidence in the first windows of a recording."""
    total = torch.zeros(len(engine.model.asr_langs))
    for _, window in zip(range(_WINDOWS), windows, strict=False):
        encoded = engine.encode([window])
        total += torch.cat([_evidence(engine, encoded, lang) for lang in engine.model.asr_langs])
    return _choose(engine.model.asr_langs, total)


def _evidence(engine: Engine, encoded: Encoded, lang: str) -> Tensor:
    """Evidence for one language in every utterance, `(B,)`."""
    found = ctc_greedy(engine.log_probs(encoded, lang), encoded.lengths, engine.model.blank_id)
    return torch.tensor([sum(math.exp(2 * token.score) for token in one.tokens) for one in found])


def _choose(languages: Sequence[str], evidence: Tensor) -> tuple[str, float]:
    best = int(evidence.argmax())
    total = float(evidence.sum())
    return languages[best], float(evidence[best]) / total if total else 0.0
