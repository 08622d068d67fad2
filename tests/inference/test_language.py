"""Evidence for a language, and how much it is worth; the tests of Speech2Text pick languages by it."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from inference.tiny_model import make_speech

from espnet_soups.corpora.audio import RATE, write_audio
from espnet_soups.corpora.data_dir import Utterance
from espnet_soups.errors import UserError
from espnet_soups.inference.calibration import calibrate_language, fit_temperature
from espnet_soups.inference.ctc import CtcHypothesis, CtcToken
from espnet_soups.inference.language import choose, language_evidence, sum_of_log_odds
from espnet_soups.inference.options import DecodeOptions
from espnet_soups.inference.speech2text import Speech2Text


def hypothesis(*probabilities: float) -> CtcHypothesis:
    return CtcHypothesis(tuple(CtcToken(1, i, math.log(p)) for i, p in enumerate(probabilities)), 0.0)


def engine_with(temperature: float) -> Any:
    options = DecodeOptions(language_temperature=temperature)
    return SimpleNamespace(options=options, model=SimpleNamespace(asr_langs=["en", "fr"]))


def test_log_odds_by_hand() -> None:
    # 0.75 is 3 to 1, 0.9 is 9 to 1; a token less probable than all else is no evidence, for or against.
    assert sum_of_log_odds(hypothesis(0.75, 0.9, 0.4)) == pytest.approx(math.log(3) + math.log(9))


def test_no_token_is_no_evidence() -> None:
    assert sum_of_log_odds(hypothesis()) == 0


def test_a_certain_token_is_finite_evidence() -> None:
    assert sum_of_log_odds(hypothesis(1.0)) == pytest.approx(math.log(2**23), rel=1e-6)


def test_the_temperature_divides_the_evidence() -> None:
    evidence = torch.tensor([math.log(9), 0.0])
    assert choose(engine_with(1.0), evidence) == ("en", pytest.approx(0.9))
    assert choose(engine_with(2.0), evidence) == ("en", pytest.approx(0.75))
    assert choose(engine_with(1.0), torch.zeros(2))[1] == 0.5


def test_the_fitted_temperature_gives_the_true_confidence() -> None:
    # Three of four are right with the same evidence: 3 to 1, as far as that many can tell.
    evidence = torch.tensor([[5.0, 0.0]]).repeat(4000, 1)
    spoken = (torch.arange(4000) % 4 == 0).long()
    assert fit_temperature(evidence, spoken) == pytest.approx(5 / math.log(3), rel=2e-3)


def test_a_few_utterances_without_an_error_are_no_certainty() -> None:
    # Platt's target for 8 right ones is 9 / 10, so the odds of all of them are 9 to 1.
    evidence = torch.tensor([[5.0, 0.0], [0.0, 5.0]]).repeat(4, 1)
    assert fit_temperature(evidence, torch.tensor([0, 1] * 4)) == pytest.approx(5 / math.log(9), rel=1e-3)


def test_calibration_takes_the_same_utterances_again(speech2text: Speech2Text, tmp_path: Any) -> None:
    utterances = []
    for number in range(6):
        audio = tmp_path / f"{number}.wav"
        write_audio(audio, make_speech(number, 1.0), RATE, "wav")
        utterances.append(Utterance(f"{number}", audio, "s", ("en", "fr", "de")[number % 3], num_samples=RATE))
    found = calibrate_language(speech2text.engine, utterances, per_language=1)
    assert found == calibrate_language(speech2text.engine, utterances, per_language=1)
    assert found.utterances == 2
    everything = calibrate_language(speech2text.engine, utterances)
    assert everything.utterances == 4
    known = [one for one in utterances if one.language != "de"]
    rows = [
        language_evidence(speech2text.engine, speech2text.engine.encode([make_speech(int(one.id), 1.0)]))
        for one in known
    ]
    right = sum(("en", "fr")[int(row[0].argmax())] == one.language for row, one in zip(rows, known, strict=True))
    assert everything.accuracy == pytest.approx(right / 4)
    with pytest.raises(UserError, match="no utterance in en, fr"):
        calibrate_language(speech2text.engine, [one for one in utterances if one.language == "de"])
