"""How much the evidence for a language is worth: one number, fitted on validation data.

Temperature scaling: C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, Section 4.2. The
targets are those of J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999, so that a validation
set without any error does not make the model certain.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]
from torch import Tensor
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from espnet_soups.corpora.audio import RATE, read_audio, resample
from espnet_soups.corpora.data_dir import Utterance
from espnet_soups.errors import UserError
from espnet_soups.inference.batching import length_batches
from espnet_soups.inference.engine import Engine
from espnet_soups.inference.language import language_evidence

_RANGE = (1e-2, 1e4)
"""Temperatures that are looked at."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well languages are told apart on the data that the temperature was fitted on."""

    temperature: float
    utterances: int
    accuracy: float
    """Part of the utterances whose language was found."""
    confidence: float
    """Mean confidence with the fitted temperature."""


def calibrate_language(
    engine: Engine, utterances: Sequence[Utterance], per_language: int = 100, seed: int = 0
) -> Calibration:
    """Fit the temperature of the language choice on validation data.

    Args:
        engine: recognises at least two languages.
        utterances: of those languages; others are left out.
        per_language: most utterances of a language, drawn at random.

    Raises:
        UserError: if no utterance is in a language of the model, or one has no length.
    """
    languages = engine.model.asr_langs
    chosen: list[Utterance] = []
    for language in languages:
        spoken = [one for one in utterances if one.language == language]
        chosen += random.Random(seed).sample(spoken, min(per_language, len(spoken)))
    if not chosen:
        raise UserError(f"The validation data has no utterance in {', '.join(languages)}.")
    if any(one.num_samples is None for one in chosen):
        raise UserError("The validation data has no utt2num_samples; give a directory that stage 3 has formatted.")
    seconds = [(one.num_samples or 0) / RATE for one in chosen]
    rows: dict[int, Tensor] = {}
    for group in tqdm(length_batches(seconds, engine.options.search_seconds), desc="language", unit="batch"):
        speech = [resample(*read_audio(chosen[i].audio), RATE) for i in group]
        rows.update(zip(group, language_evidence(engine, engine.encode(speech)), strict=True))
    evidence = torch.stack([rows[i] for i in range(len(chosen))])
    spoken_rows = torch.tensor([languages.index(one.language) for one in chosen])
    temperature = fit_temperature(evidence, spoken_rows)
    shares = (evidence / temperature).softmax(dim=1).max(dim=1)
    right = (shares.indices == spoken_rows).float().mean()
    return Calibration(temperature, len(chosen), float(right), float(shares.values.mean()))


def fit_temperature(evidence: Tensor, spoken: Tensor) -> float:
    """Temperature of the least cross-entropy between the softmax of `evidence` `(N, L)` and `spoken` `(N,)`."""
    evidence = evidence.double()
    smoothing = 1 / (len(spoken) + 2)
    # PyTorch gives each of the L languages, the right one too, smoothing / L.
    smoothing *= evidence.size(1) / (evidence.size(1) - 1)

    def loss(log_temperature: float) -> float:
        scaled = evidence / math.exp(log_temperature)
        return float(cross_entropy(scaled, spoken, label_smoothing=smoothing))

    bounds = tuple(map(math.log, _RANGE))
    return math.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-4}).x)
