"""Long recordings: nothing lost or doubled, bounded batches; a model that hears pure tones stands in."""

import numpy as np
import pytest
import torch
from inference.tiny_model import Trained, make_speech
from torch import Tensor

from espnet_soups.corpora.audio import RATE, Samples
from espnet_soups.errors import UserError
from espnet_soups.inference.detokenize import Detokenizer
from espnet_soups.inference.engine import Engine
from espnet_soups.inference.long_form import transcribe_long
from espnet_soups.inference.options import AsrOptions, DecodeOptions
from espnet_soups.inference.results import Token
from espnet_soups.inference.speech2text import Speech2Text
from espnet_soups.inference.stitching import cut_at_pauses, overlapping_windows, stitch

UNITS = ["<blank>", "<space>", *"abcdefgh"]
PITCHES = [300 + 250 * n for n in range(len(UNITS) - 1)]
SHIFT = RATE // 25
"""Samples per frame."""


class ToneModel:
    """Hears one unit per pitch; the head of the second language mistakes every unit, half sure."""

    asr_langs, st_pairs, blank_id, eos = ["xx", "yy"], list[str](), 0, 0

    def __init__(self) -> None:
        self.largest = 0

    def encode(self, speech: Tensor, speech_lengths: Tensor) -> tuple[Tensor, Tensor]:
        self.largest = max(self.largest, speech.numel())
        frames = speech.shape[1] // SHIFT
        blocks = speech[:, : frames * SHIFT].unflatten(1, (frames, SHIFT))
        time = torch.arange(SHIFT) / RATE
        waves = torch.exp(2j * torch.pi * torch.tensor(PITCHES)[:, None] * time)
        return (blocks.to(waves.dtype) @ waves.T).abs() / SHIFT, speech_lengths // SHIFT

    def ctc_log_probs(self, h: Tensor, lang: str) -> Tensor:
        heard = h if lang == "xx" else h.roll(1, dims=2) / 8
        return torch.cat([torch.full_like(h[:, :, :1], 0.05), heard], dim=2).mul(200).log_softmax(-1)

    def st_decoder(self, pair: str) -> torch.nn.Module:
        raise AssertionError(pair)


def engine_of(window: float, method: str = "greedy") -> tuple[Engine, ToneModel]:
    options = DecodeOptions(AsrOptions(method, beam=4), batch_seconds=2 * window, window_seconds=window)
    model = ToneModel()
    source = Detokenizer(UNITS, "char", None)
    return Engine(model, source, None, options, device=torch.device("cpu")), model


def sing(text: str, seed: int, pause: tuple[float, float]) -> Samples:
    """Tones of 60 to 160 ms with pauses in between."""
    generator = np.random.default_rng(seed)
    parts = []
    for letter in text:
        pitch = PITCHES[UNITS.index("<space>" if letter == " " else letter) - 1]
        time = np.arange(int(generator.uniform(0.06, 0.16) * RATE)) / RATE
        silence = np.zeros(int(generator.uniform(*pause) * RATE))
        parts += [0.5 * np.sin(2 * np.pi * pitch * time), silence]
    return np.concatenate(parts).astype(np.float32)


def random_text(seed: int, words: int) -> str:
    generator = np.random.default_rng(seed)
    return " ".join("".join(generator.choice(list("abcdefgh"), generator.integers(1, 6))) for _ in range(words))


@pytest.mark.parametrize("method", ["greedy", "prefix_beam"])
@pytest.mark.parametrize(("window", "pause"), [(5.0, (0.05, 0.3)), (7.3, (0.09, 0.1)), (30.0, (0.05, 1.5))])
def test_nothing_is_lost_or_doubled_at_the_joins(window: float, pause: tuple[float, float], method: str) -> None:
    text = random_text(3, 60)
    samples = sing(text, 4, pause)
    assert len(samples) / RATE > 1.2 * window
    engine, _ = engine_of(window, method)
    found = transcribe_long(engine, samples, "xx", None)
    assert found.text == text
    assert found.score == pytest.approx(sum(token.score for token in found.tokens))
    times = [token.time for token in found.tokens]
    assert times == sorted(times)


def test_a_token_at_every_place_of_the_overlap_is_found_once() -> None:
    engine, _ = engine_of(5.0)
    for shift in np.arange(3.8, 5.2, 0.01):
        lead = np.zeros(int(shift * RATE), dtype=np.float32)
        samples = np.concatenate([lead, sing("a", 0, (0, 0)), np.zeros(3 * RATE, dtype=np.float32)])
        assert transcribe_long(engine, samples, "xx", None).text == "a"


def test_batches_do_not_grow_with_the_recording() -> None:
    engine, model = engine_of(5.0)
    transcribe_long(engine, np.zeros(200 * RATE, dtype=np.float32), "xx", None)
    assert model.largest <= 10 * RATE


def test_segments_cover_the_recording_and_break_between_words() -> None:
    text = random_text(5, 50)
    samples = sing(text, 6, (0.05, 0.2))
    engine, _ = engine_of(8.0)
    found = transcribe_long(engine, samples, "xx", None)
    assert len(found.segments) > 5
    assert " ".join(segment.text for segment in found.segments) == text
    assert found.segments[0].start == 0
    assert found.segments[-1].end == pytest.approx(len(samples) / RATE)
    for one, following in zip(found.segments, found.segments[1:], strict=False):
        assert one.end == following.start
        assert one.end - one.start <= 4.0


def test_the_language_is_heard() -> None:
    engine, _ = engine_of(5.0)
    found = transcribe_long(engine, sing(random_text(1, 20), 2, (0.05, 0.2)), None, None)
    assert found.language == "xx"
    assert found.language_confidence is not None
    assert found.language_confidence > 0.9


def test_silence_has_no_text() -> None:
    engine, _ = engine_of(5.0)
    found = transcribe_long(engine, np.zeros(12 * RATE, dtype=np.float32), None, None)
    assert (found.text, found.tokens, found.language_confidence) == ("", (), 0.5)
    assert {segment.text for segment in found.segments} == {""}


def test_translations_are_those_of_the_segments(trained: Trained) -> None:
    model = Speech2Text(trained.config, trained.weights, options=DecodeOptions(window_seconds=5.0))
    samples = make_speech(11, 14.0)
    result = model(samples, lang="fr", translate_to="en")
    assert result.translation is not None
    assert len(result.segments) >= 5
    alone = [
        model(samples[round(s.start * RATE) : round(s.end * RATE)], lang="fr", translate_to="en").translation
        for s in result.segments
    ]
    assert [s.translation and s.translation.text for s in result.segments] == [one and one.text for one in alone]
    assert result.translation.text == " ".join(one.text for one in alone if one and one.text)
    assert model(samples, lang="fr").translation is None


def test_without_a_recognition_head_long_speech_is_refused() -> None:
    engine, _ = engine_of(5.0)
    with pytest.raises(UserError, match="zz"):
        transcribe_long(engine, np.zeros(6 * RATE, dtype=np.float32), "zz", None)


def test_windows_cover_everything() -> None:
    windows = overlapping_windows(21.0, 10.0, 2.0)
    assert windows == [(0.0, 10.0), (8.0, 18.0), (16.0, 21.0)]
    assert overlapping_windows(10.0, 10.0, 2.0) == [(0.0, 10.0)]


def test_a_join_takes_the_longest_pause_of_the_inner_overlap() -> None:
    # The overlap is 6 to 10 s, its inner half 7 to 9 s; both windows hear b, each also what it hears badly at
    # its edge.
    left = [Token("a", 6.5, -1), Token("b", 8.0, -1), Token("?", 9.9, -9)]
    right = [Token("?", 0.1, -9), Token("b", 2.05, -1), Token("c", 5.0, -1)]
    joined = stitch([(0.0, 10.0), (6.0, 16.0)], [left, right])
    assert [(token.text, token.time) for token in joined] == [("a", 6.5), ("b", 8.0), ("c", 11.0)]


def test_a_blank_that_each_window_has_beyond_the_join_is_kept() -> None:
    left = [Token("a", 7.0, -1), Token("<space>", 8.6, -1), Token("b", 8.8, -1)]
    right = [Token("a", 1.0, -1), Token("<space>", 1.2, -1), Token("b", 2.8, -1)]
    joined = stitch([(0.0, 10.0), (6.0, 16.0)], [left, right])
    assert [token.text for token in joined] == ["a", "<space>", "b"]


def test_cuts_are_made_in_the_middle_of_pauses_between_words() -> None:
    # A blank may be recognised anywhere in the pause.
    tokens = [Token("a", 1.0, -1), Token("<space>", 1.1, -1), Token("b", 3.0, -1), Token("c", 3.4, -1)]
    assert cut_at_pauses(tokens, 4.0, 3.0) == [(0.0, 2.0), (2.0, 4.0)]
    pieces = [Token("▁a", 1.0, -1), Token("b", 1.4, -1), Token("▁c", 1.7, -1)]
    assert cut_at_pauses(pieces, 3.0, 2.0) == [(0.0, pytest.approx(1.55)), (pytest.approx(1.55), 3.0)]


def test_cuts_without_any_token_are_even() -> None:
    assert cut_at_pauses([], 8.0, 2.0) == [(0.0, 2.0), (2.0, 4.0), (4.0, 6.0), (6.0, 8.0)]
