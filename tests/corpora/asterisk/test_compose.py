from pathlib import Path

import numpy as np
import pytest
import soundfile

from espnet_soups.corpora.asterisk.compose import Compose, Decode, compose, decode, trim_silence
from espnet_soups.corpora.audio import read_audio


def padded_tone(seconds: float, before: float, after: float, hertz: float = 440.0) -> np.ndarray:
    time = np.arange(round(seconds * 16000)) / 16000
    parts = [
        np.zeros(round(before * 16000)),
        0.5 * np.sin(2 * np.pi * hertz * time),
        np.zeros(round(after * 16000)),
    ]
    noise = np.random.default_rng(0).normal(0, 1e-4, sum(map(len, parts)))
    return (np.concatenate(parts) + noise).astype(np.float32)


@pytest.mark.parametrize(("before", "after"), [(0.3, 0.2), (0.0, 0.5), (0.01, 0.02), (0.0, 0.0)])
@pytest.mark.parametrize("keep", [0.0, 0.04])
def test_speech_stays_and_silence_is_shortened(before: float, after: float, keep: float) -> None:
    samples = padded_tone(0.5, before, after)
    trimmed = trim_silence(samples, 16000, keep)
    expected = 0.5 + min(before, keep) + min(after, keep)
    assert len(trimmed) / 16000 == pytest.approx(expected, abs=0.021)
    assert len(trimmed) >= 0.5 * 16000
    assert np.abs(trimmed).max() == np.abs(samples).max()


def test_digital_silence_becomes_a_gap() -> None:
    assert len(trim_silence(np.zeros(16000, np.float32), 16000, 0.04)) == 1280


def test_the_whole_is_the_sum_of_its_parts_within_the_gaps(tmp_path: Path) -> None:
    parts = []
    for number, (seconds, hertz) in enumerate([(0.3, 500), (0.4, 900), (0.2, 1700)]):
        part = tmp_path / f"{number}.flac"
        soundfile.write(part, padded_tone(seconds, 0.15, 0.25, hertz), 16000)
        parts.append(part)
    order = (parts[2], parts[0], parts[2], parts[1])
    output = tmp_path / "out/x.flac"
    num_samples = compose(Compose(order, output, 0.08))
    samples, rate = read_audio(output)
    assert (rate, len(samples)) == (16000, num_samples)
    speech = 0.2 + 0.3 + 0.2 + 0.4
    assert speech < len(samples) / 16000 <= speech + 4 * 0.08 + 4 * 0.02
    # the tones come in the order of the parts, with gaps between them
    position, starts = 0, []
    for hertz, seconds in ((1700, 0.2), (500, 0.3), (1700, 0.2), (900, 0.4)):
        middle = position + 0.04 + seconds / 2
        window = samples[round((middle - 0.05) * 16000) : round((middle + 0.05) * 16000)]
        assert np.abs(np.fft.rfft(window)).argmax() * 16000 / len(window) == pytest.approx(hertz, abs=15)
        starts.append(position)
        position += seconds + 0.08
    for start in starts[1:]:
        assert np.abs(samples[round((start - 0.02) * 16000) : round((start + 0.02) * 16000)]).max() < 0.01


def test_decoding_resamples_and_reports_what_is_unusable(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", padded_tone(0.5, 0, 0)[::2], 8000)
    assert decode(Decode(tmp_path / "a.wav", tmp_path / "out/a.flac")) == 8000
    assert read_audio(tmp_path / "out/a.flac")[1] == 16000
    (tmp_path / "b.g722").touch()
    assert decode(Decode(tmp_path / "b.g722", tmp_path / "out/b.flac")) == f"{tmp_path}/b.g722: the file is empty"
    assert not (tmp_path / "out/b.flac").exists()
