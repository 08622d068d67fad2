from collections.abc import Callable
from pathlib import Path
from typing import Literal

import kaldiio
import numpy as np
import pytest
import soundfile

from espnet_soups.bin.format_audio import main
from espnet_soups.corpora.audio import read_audio
from espnet_soups.corpora.data_dir import Utterance, read_data_dir, validate_data_dir, write_data_dir
from espnet_soups.corpora.format import format_audio
from espnet_soups.errors import UserError

type WriteTone = Callable[..., Path]
type Formats = Literal["flac", "wav", "ark"]


@pytest.fixture
def data_dir(tmp_path: Path, write_tone: WriteTone) -> Path:
    empty = tmp_path / "source/empty.wav"
    sources = {
        "en-a-1": write_tone("1.wav", 1.0),
        "en-a-2": write_tone("2.flac", 1.0, hertz=300),
        "en-a-3": write_tone("3.wav", 0.5, rate=8000),
        "en-a-4": write_tone("4.wav", 0.5, channels=2),
        "en-a-5": empty,
        "en-a-6": tmp_path / "absent.wav",
    }
    empty.touch()
    utterances = [Utterance(i, audio, "en-a", "en", f"text {i}") for i, audio in sources.items()]
    write_data_dir(tmp_path / "data/train", utterances)
    return tmp_path / "data/train"


def digest(out: Path) -> dict[str, bytes]:
    return {utterance.id: read_audio(utterance.audio)[0].tobytes() for utterance in read_data_dir(out)}


@pytest.mark.parametrize("audio_format", ["flac", "wav", "ark"])
def test_everything_is_16_khz_mono_and_complete(
    tmp_path: Path, data_dir: Path, audio_format: Formats, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "dump/raw/org/train"
    main(["--data_dir", str(data_dir), "--out_dir", str(out), "--audio_format", audio_format])
    summary = validate_data_dir(out, complete=True)
    assert summary.utterances == {"en": 4}
    formatted = read_data_dir(out)
    assert [utterance.num_samples for utterance in formatted] == [16000, 16000, 8000, 8000]
    for utterance in formatted:
        assert utterance.audio.is_relative_to(tmp_path / "dump/raw/org/audio/train")
        samples, rate = read_audio(utterance.audio)
        assert (rate, len(samples)) == (16000, utterance.num_samples)
    assert "".join((out / "text_translation").read_text().split()) == "".join(f"en-a-{i}<na>" for i in (1, 2, 3, 4))
    dropped = (out / "dropped.tsv").read_text().splitlines()
    assert dropped[1] == f"en-a-5\tunreadable, empty or cut off audio\t{tmp_path}/source/empty.wav: the file is empty"
    assert (
        dropped[2] == f"en-a-6\tunreadable, empty or cut off audio\t{tmp_path}/absent.wav: there is no such audio file"
    )
    assert "kept 4 of 6 utterances; dropped unreadable, empty or cut off audio: 2 (listed in" in capsys.readouterr().out


@pytest.mark.parametrize("audio_format", ["flac", "ark"])
@pytest.mark.parametrize("suffix", ["mp3", "wav"])
def test_audio_that_was_cut_off_is_dropped_and_listed(tmp_path: Path, suffix: str, audio_format: Formats) -> None:
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    soundfile.write(whole, 0.1 * np.sin(np.arange(48000) / 10), 48000)
    content = whole.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    assert 0 < len(read_audio(cut)[0]) < 40000  # the decoder says nothing
    write_data_dir(tmp_path / "data", [Utterance(f"en-a-{path.stem}", path, "en-a", "en") for path in (whole, cut)])
    format_audio(tmp_path / "data", tmp_path / "out", tmp_path / "audio", audio_format)
    assert [utterance.id for utterance in read_data_dir(tmp_path / "out")] == ["en-a-whole"]
    assert (tmp_path / "out/dropped.tsv").read_text().splitlines()[1:] == [
        f"en-a-cut\tunreadable, empty or cut off audio\t{cut}: the audio is cut off"
        f" ({len(content) // 2} of {len(content)} bytes)"
    ]


def test_the_formats_hold_the_same_audio(tmp_path: Path, data_dir: Path) -> None:
    formats: tuple[Formats, ...] = ("flac", "wav", "ark")
    for audio_format in formats:
        format_audio(data_dir, tmp_path / audio_format, tmp_path / "audio" / audio_format, audio_format)
    flac = digest(tmp_path / "flac")
    assert len(flac) == 4
    assert digest(tmp_path / "wav") == flac
    assert digest(tmp_path / "ark") == flac


def test_formatted_files_are_linked_others_converted(tmp_path: Path, data_dir: Path) -> None:
    format_audio(data_dir, tmp_path / "out", tmp_path / "audio", "flac")
    audio = {utterance.id: utterance.audio for utterance in read_data_dir(tmp_path / "out")}
    assert audio["en-a-2"].samefile(tmp_path / "source/2.flac")
    for identifier in ("en-a-1", "en-a-3", "en-a-4"):
        assert audio[identifier].stat().st_nlink == 1
    format_audio(data_dir, tmp_path / "out", tmp_path / "audio", "wav")
    audio = {utterance.id: utterance.audio for utterance in read_data_dir(tmp_path / "out")}
    assert audio["en-a-1"].samefile(tmp_path / "source/1.wav")
    assert not audio["en-a-4"].samefile(tmp_path / "source/4.wav")
    assert list((tmp_path / "audio").rglob("*.flac")) == []


def test_another_file_system_gets_copies(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    format_audio(data_dir, tmp_path / "out", tmp_path / "audio", "flac")
    copy = next(u.audio for u in read_data_dir(tmp_path / "out") if u.id == "en-a-2")
    assert copy.stat().st_nlink == 1
    assert copy.read_bytes() == (tmp_path / "source/2.flac").read_bytes()


def test_archives_are_what_espnet_reads(tmp_path: Path, data_dir: Path) -> None:
    format_audio(data_dir, tmp_path / "out", tmp_path / "audio", "ark")
    loader = kaldiio.load_scp(str(tmp_path / "out/wav.scp"))
    assert sorted(loader) == ["en-a-1", "en-a-2", "en-a-3", "en-a-4"]
    for utterance in read_data_dir(tmp_path / "out"):
        rate, samples = loader[utterance.id]
        assert rate == 16000
        np.testing.assert_array_equal(samples.astype(np.float32), read_audio(utterance.audio)[0])


def test_long_lists_make_several_archives(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    format_audio(data_dir, tmp_path / "one", tmp_path / "audio1", "ark")
    monkeypatch.setattr("espnet_soups.corpora.format._ARK_UTTERANCES", 2)
    format_audio(data_dir, tmp_path / "many", tmp_path / "audio2", "ark")
    assert sorted(file.name for file in (tmp_path / "audio2").glob("*.ark")) == [
        "audio.0.ark",
        "audio.1.ark",
        "audio.2.ark",
    ]
    assert digest(tmp_path / "many") == digest(tmp_path / "one")


@pytest.mark.parametrize("audio_format", ["flac", "ark"])
def test_results_do_not_depend_on_nj_and_are_not_made_twice(
    tmp_path: Path, data_dir: Path, audio_format: Formats
) -> None:
    def run(nj: int) -> tuple[dict[str, bytes], dict[str, int]]:
        format_audio(data_dir, tmp_path / "out", tmp_path / "audio", audio_format, nj)
        files = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
        return files, {str(f): f.stat().st_mtime_ns for f in (tmp_path / "audio").rglob("*.*") if f.suffix != ".jsonl"}

    first = run(2)
    assert run(1) == first


def test_changed_audio_is_formatted_again(tmp_path: Path, data_dir: Path) -> None:
    format_audio(data_dir, tmp_path / "out", tmp_path / "audio", "flac")
    soundfile.write(tmp_path / "source/1.wav", np.zeros(123), 16000)
    format_audio(data_dir, tmp_path / "out", tmp_path / "audio", "flac")
    assert read_data_dir(tmp_path / "out")[0].num_samples == 123


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    write_data_dir(tmp_path / "data", [Utterance("en-a-1", tmp_path / "absent.wav", "en-a", "en")])
    with pytest.raises(UserError, match=r"none of its 1 audio files can be used, first: .*there is no such audio file"):
        format_audio(tmp_path / "data", tmp_path / "out", tmp_path / "audio")
    assert not (tmp_path / "out").exists()
