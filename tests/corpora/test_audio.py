from collections.abc import Callable
from pathlib import Path

import av
import kaldiio
import numpy as np
import pytest
import soundfile

from espnet_soups.corpora.audio import AudioError, read_audio, resample, to_int16, write_audio
from espnet_soups.errors import UserError

type WriteTone = Callable[..., Path]


def encode(path: Path, samples: np.ndarray, rate: int, codec: str, container: str) -> None:
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(to_int16(samples)[None], format="s16", layout="mono")
        frame.rate = rate
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate, frame_size=stream.frame_size)
        for block in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(block))
        output.mux(stream.encode(None))


def tone(seconds: float, rate: int, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def test_files_of_16_bits_survive_reading_and_writing_exactly(tmp_path: Path) -> None:
    integers = np.random.default_rng(0).integers(-32768, 32768, 4000).astype(np.int16)
    integers[:2] = -32768, 32767
    for audio_format in ("flac", "wav"):
        source, copy = tmp_path / f"a.{audio_format}", tmp_path / "sub" / f"b.{audio_format}"
        soundfile.write(source, integers, 16000, subtype="PCM_16")
        samples, rate = read_audio(source)
        assert (samples.dtype, samples.ndim, rate) == (np.float32, 1, 16000)
        write_audio(copy, samples, rate, audio_format)
        np.testing.assert_array_equal(soundfile.read(copy, dtype="int16")[0], integers)
        assert [file.name for file in copy.parent.glob(".*")] == []


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = np.full(100, 0.5), np.full(100, -0.25)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), 8000)
    samples, rate = read_audio(tmp_path / "a.wav")
    assert rate == 8000
    np.testing.assert_allclose(samples, 0.125, atol=1e-4)


def test_g722_is_decoded(tmp_path: Path) -> None:
    expected = tone(1.0, 16000)
    encode(tmp_path / "a.g722", expected, 16000, "g722", "g722")
    samples, rate = read_audio(tmp_path / "a.g722")
    assert rate == 16000
    assert abs(len(samples) - 16000) < 400
    spectrum = np.abs(np.fft.rfft(samples[:16000], 16000))
    assert spectrum.argmax() == 440
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)


def test_mp3_and_a_format_only_ffmpeg_knows(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.mp3", tone(1.0, 16000), 16000, format="MP3")
    encode(tmp_path / "a.m4a", tone(1.0, 16000), 16000, "aac", "ipod")
    for name in ("a.mp3", "a.m4a"):
        samples, rate = read_audio(tmp_path / name)
        assert rate == 16000
        assert len(samples) == pytest.approx(16000, abs=2500)
        assert np.abs(np.fft.rfft(samples[2000:10000], 8000)).argmax() == 220


def test_headerless_16_bit_files(tmp_path: Path) -> None:
    np.array([0, 16384, -32768], dtype="<i2").tofile(tmp_path / "a.sln16")
    samples, rate = read_audio(tmp_path / "a.sln16")
    assert rate == 16000
    np.testing.assert_array_equal(samples, np.array([0, 0.5, -1], np.float32))


def test_entries_of_archives_are_read(tmp_path: Path) -> None:
    integers = np.arange(-50, 50, dtype=np.int16)
    kaldiio.save_ark(
        str(tmp_path / "a.ark"),
        {"x": (8000, integers)},
        scp=str(tmp_path / "scp"),
        write_function="soundfile",
    )
    place = (tmp_path / "scp").read_text().split()[1]
    samples, rate = read_audio(Path(place))
    assert rate == 8000
    np.testing.assert_array_equal(to_int16(samples), integers)


def test_unusable_files_are_audio_errors(tmp_path: Path, write_tone: WriteTone) -> None:
    (tmp_path / "empty.g722").touch()
    (tmp_path / "noise.wav").write_bytes(b"no audio at all" * 100)
    (tmp_path / "noise.mp3").write_bytes(b"\0" * 500)
    soundfile.write(tmp_path / "header.wav", np.zeros(0), 16000)
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), 16000, subtype="FLOAT")
    cut = tmp_path / "cut.flac"
    cut.write_bytes(write_tone("a.flac", 2.0).read_bytes()[:3000])
    expected = {
        "absent.wav": "there is no such audio file",
        "empty.g722": "the file is empty",
        "noise.wav": "cannot be read",
        "noise.mp3": "cannot be read",
        "header.wav": "the file holds no audio",
        "nan.wav": "not finite",
        "cut.flac": "cannot be read",
        "absent.ark:12": "cannot be read",
    }
    for name, message in expected.items():
        with pytest.raises(AudioError, match=message) as caught:
            read_audio(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
        assert isinstance(caught.value, UserError)


def test_nothing_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="there is no audio to write"):
        write_audio(tmp_path / "a.wav", np.zeros(0, np.float32), 16000, "wav")


def test_resampling_keeps_pitch_and_duration() -> None:
    samples = resample(tone(1.0, 8000), 8000, 16000)
    assert samples.dtype == np.float32
    assert len(samples) == 16000
    assert np.abs(np.fft.rfft(samples)).argmax() == 440
    same = tone(0.1, 16000)
    assert resample(same, 16000, 16000) is same


def test_quantisation_clips() -> None:
    assert to_int16(np.array([2.0, -2.0, 1.0, 0.5], np.float32)).tolist() == [32767, -32768, 32767, 16384]
