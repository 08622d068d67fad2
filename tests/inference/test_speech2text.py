"""The user's way in, on a tiny model with random weights."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from inference.tiny_model import Trained, make_speech, write_model

from espnet_soups.corpora.audio import RATE
from espnet_soups.errors import UserError
from espnet_soups.inference.options import AsrOptions, DecodeOptions
from espnet_soups.inference.results import Transcript
from espnet_soups.inference.speech2text import Speech2Text

SECONDS = [1.3, 0.4, 2.1, 0.05, 1.0, 3.7, 0.9]


@pytest.fixture(scope="module")
def waves() -> list[np.ndarray]:
    return [make_speech(seed, seconds) for seed, seconds in enumerate(SECONDS)]


def same(one: Transcript, other: Transcript) -> bool:
    return (
        (one.text, one.language) == (other.text, other.language)
        and [t.text for t in one.tokens] == [t.text for t in other.tokens]
        and (one.translation and one.translation.text) == (other.translation and other.translation.text)
        and math.isclose(one.score or 0, other.score or 0, abs_tol=1e-3)
    )


@pytest.mark.parametrize("method", ["greedy", "prefix_beam"])
def test_a_batch_equals_one_by_one(trained: Trained, waves: list[np.ndarray], method: str) -> None:
    options = DecodeOptions(asr=AsrOptions(method, beam=4), batch_seconds=8)
    model = Speech2Text(trained.config, trained.weights, options=options)
    langs = ["fr", "en", "fr", None, "fr", "en", "fr"]
    targets = ["en", None, None, None, "en", None, "en"]
    together = model.batch(waves, lang=langs, translate_to=targets)
    alone = [model(w, lang=lang, translate_to=to) for w, lang, to in zip(waves, langs, targets, strict=True)]
    assert all(same(a, b) for a, b in zip(together, alone, strict=True))
    assert len({result.text for result in together}) > 4
    assert [result.translation is not None for result in together] == [target is not None for target in targets]


def test_times_follow_the_speech(speech2text: Speech2Text, waves: list[np.ndarray]) -> None:
    result = speech2text(waves[5], lang="fr")
    times = [token.time for token in result.tokens]
    assert len(times) > 3
    assert times == sorted(times)
    assert 0 < times[0] < times[-1] < SECONDS[5]
    assert all(token.score <= 0 for token in result.tokens)


def test_the_text_is_that_of_the_tokens_without_symbols(speech2text: Speech2Text, waves: list[np.ndarray]) -> None:
    result = speech2text(waves[5], lang="fr", translate_to="en")
    assert result.translation is not None
    for text, tokens in (
        (result.text, [t.text for t in result.tokens]),
        (result.translation.text, result.translation.tokens),
    ):
        assert text is not None
        assert " ".join("".join(" " if t == "<space>" else t for t in tokens).split()) == text
        assert "<" not in text


def test_files_arrays_tensors_and_channels_agree(
    speech2text: Speech2Text, waves: list[np.ndarray], tmp_path: Path
) -> None:
    wave = np.round(waves[0] * 32768) / 32768
    stereo = np.stack([wave, wave], axis=1)
    soundfile.write(tmp_path / "a.wav", stereo, RATE, subtype="PCM_16")
    forms = [
        str(tmp_path / "a.wav"),
        tmp_path / "a.wav",
        wave,
        stereo,
        stereo.T,
        torch.from_numpy(stereo),
        (wave * 32768).astype(np.int16),
    ]
    results = speech2text.batch(forms, lang="en")
    assert all(same(result, results[0]) for result in results)


def test_another_rate_is_resampled(speech2text: Speech2Text) -> None:
    seconds = np.arange(3 * 44100) / 44100
    tone = (0.3 * np.sin(2 * np.pi * (300 + 200 * seconds) * seconds)).astype(np.float32)
    result = speech2text(tone, rate=44100, lang="en")
    assert max((token.time for token in result.tokens), default=0) < 3
    assert same(result, speech2text(tone[::1], rate=44100, lang="en"))
    assert not same(result, speech2text(tone, rate=RATE, lang="en"))


def test_the_language_is_picked_with_a_confidence(speech2text: Speech2Text, waves: list[np.ndarray]) -> None:
    results = speech2text.batch(waves)
    for result in results:
        assert result.language in ("en", "fr")
        assert result.language_confidence is not None
        assert 0.5 <= result.language_confidence <= 1
    named = speech2text(waves[0], lang=results[0].language)
    assert same(named, results[0])
    assert named.language_confidence is None


def test_a_guessed_language_is_translated_only_where_there_is_a_pair(
    speech2text: Speech2Text, waves: list[np.ndarray]
) -> None:
    results = speech2text.batch(waves, translate_to="en")
    assert {result.language for result in results} == {"en", "fr"}
    for result in results:
        assert (result.translation is not None) == (result.language == "fr")


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"lang": "ru"}, "'ru'"),
        ({"lang": "en", "translate_to": "fr"}, "fr-en"),
        ({"lang": ["en", "fr"]}, "2 entries for 1"),
    ],
)
def test_wrong_requests_are_refused(speech2text: Speech2Text, request_: dict[str, object], named: str) -> None:
    with pytest.raises(UserError, match=named):
        speech2text.batch([make_speech(0, 1.0)], **request_)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "speech", [np.zeros(0, np.float32), np.full(8000, np.nan, np.float32), np.zeros((2, 2, 2), np.float32)]
)
def test_impossible_samples_are_refused(speech2text: Speech2Text, speech: np.ndarray) -> None:
    with pytest.raises(UserError, match="finite samples"):
        speech2text(speech, lang="en")


def test_other_numbers_are_refused(speech2text: Speech2Text) -> None:
    with pytest.raises(UserError, match="uint8"):
        speech2text(np.full(8000, 128, np.uint8), lang="en")


def test_half_precision_gives_nearly_the_same(trained: Trained, waves: list[np.ndarray]) -> None:
    half = Speech2Text(trained.config, trained.weights, dtype="bfloat16")
    full = Speech2Text(trained.config, trained.weights)
    for wave in waves[:3]:
        a, b = (model(wave, lang="fr", translate_to="en") for model in (half, full))
        assert a.score == pytest.approx(b.score, rel=0.1, abs=1.0)
    with pytest.raises(UserError, match="float8"):
        Speech2Text(trained.config, trained.weights, dtype="float8")


def test_double_precision_runs(trained: Trained, waves: list[np.ndarray]) -> None:
    exact = Speech2Text(trained.config, trained.weights, dtype="float64")
    full = Speech2Text(trained.config, trained.weights)
    assert same(exact(waves[0], lang="fr", translate_to="en"), full(waves[0], lang="fr", translate_to="en"))


def test_a_model_that_only_translates(tmp_path: Path, waves: list[np.ndarray]) -> None:
    files = write_model(tmp_path, asr_langs=[])
    model = Speech2Text(files.config, files.weights)
    result = model(waves[0], lang="fr", translate_to="en")
    assert result.text is None
    assert result.translation is not None
    for request in ({}, {"lang": "fr"}):
        with pytest.raises(UserError, match=r"give (lang|translate_to)"):
            model(waves[0], **request)


def test_a_model_that_only_recognises(tmp_path: Path, waves: list[np.ndarray]) -> None:
    files = write_model(tmp_path, st_pairs=[])
    model = Speech2Text(files.config, files.weights)
    assert model(waves[0], lang="fr").text is not None
    with pytest.raises(UserError, match="does not translate"):
        model(waves[0], lang="fr", translate_to="en")


def test_training_s_volume_is_applied(tmp_path: Path, waves: list[np.ndarray]) -> None:
    files = write_model(tmp_path, normalize=None, speech_volume_normalize=0.5)
    model = Speech2Text(files.config, files.weights)
    assert same(model(waves[0], lang="fr"), model(0.1 * waves[0], lang="fr"))


def test_weights_must_be_exactly_those_of_the_model(trained: Trained, tmp_path: Path) -> None:
    weights = torch.load(trained.weights)
    name = "ctc.heads.fr.weight"
    cases = {
        f"lacks {name}": {k: v for k, v in weights.items() if k != name},
        "surplus ctc.heads.de.bias": {**weights, "ctc.heads.de.bias": torch.zeros(3)},
        f"another shape of {name}": {**weights, name: torch.zeros(2, 2)},
        "checkpoint.pth": {"model": weights, "epoch": 3},
    }
    for problem, content in cases.items():
        torch.save(content, tmp_path / "model.pth")
        with pytest.raises(UserError, match=problem):
            Speech2Text(trained.config, tmp_path / "model.pth")


def test_damaged_and_missing_files_are_named(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "cut.pth").write_bytes(trained.weights.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"cut\.pth"):
        Speech2Text(trained.config, tmp_path / "cut.pth")
    with pytest.raises(UserError, match=r"none\.pth"):
        Speech2Text(trained.config, tmp_path / "none.pth")
    with pytest.raises(UserError, match=r"none\.yaml"):
        Speech2Text(tmp_path / "none.yaml", trained.weights)
