"""``soups transcribe`` on many files, with a tiny model with random weights."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from inference.tiny_model import Trained, make_speech

from espnet_soups.bin.soups import main as soups
from espnet_soups.corpora.audio import RATE
from espnet_soups.inference.speech2text import Speech2Text


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Speech in four formats and at three rates: by soundfile, and one that only FFmpeg reads."""
    folder = tmp_path_factory.mktemp("speech")
    found = [folder / name for name in ("a.wav", "b.flac", "c.ogg", "d.mka")]
    for number, (file, rate) in enumerate(zip(found[:3], (16000, 44100, 8000), strict=True)):
        soundfile.write(file, make_speech(number, 1.0 + number), rate)
    with av.open(str(found[3]), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(make_speech(3, 1.5)[None], format="fltp", layout="mono")
        frame.sample_rate = 48000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return found


def run(trained: Trained, *arguments: object) -> None:
    soups(["transcribe", str(trained.config.parent), *map(str, arguments)])


def test_text(
    trained: Trained, speech2text: Speech2Text, files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(trained, *files, "--lang", "fr", "--translate_to", "en")
    wanted = [speech2text(file, lang="fr", translate_to="en") for file in files]
    lines = [
        f"{f}:\n{one.text}\n{one.translation.text}\n" for f, one in zip(files, wanted, strict=True) if one.translation
    ]
    assert capsys.readouterr().out == "".join(lines)
    assert len({one.text for one in wanted}) == len(files)


def test_one_file_s_text_stands_alone(
    trained: Trained, speech2text: Speech2Text, files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(trained, files[0], "--lang", "fr")
    assert capsys.readouterr().out == f"{speech2text(files[0], lang='fr').text}\n"


def test_json_has_times_scores_and_language(
    trained: Trained, speech2text: Speech2Text, files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(trained, *files, "--format", "json")
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["file"] for row in rows] == [str(file) for file in files]
    assert [row["duration"] for row in rows[:3]] == pytest.approx([1.0, 2 * 16000 / 44100, 6.0], abs=2e-3)
    for row, file in zip(rows, files, strict=True):
        result = speech2text(file)
        assert (row["text"], row["language"]) == (result.text, result.language)
        assert row["language_confidence"] == pytest.approx(result.language_confidence, abs=1e-3)
        tokens = [{"text": t.text, "time": round(t.time, 4), "score": round(t.score, 4)} for t in result.tokens]
        assert [t["text"] for t in row["tokens"]] == [t["text"] for t in tokens]
        assert [t["time"] for t in row["tokens"]] == pytest.approx([t["time"] for t in tokens], abs=1e-3)
        assert [t["score"] for t in row["tokens"]] == pytest.approx([t["score"] for t in tokens], abs=1e-2)


@pytest.mark.parametrize(("form", "start"), [("srt", "1\n00:00:00,000 --> "), ("vtt", "WEBVTT\n\n00:00:00.000 --> ")])
def test_subtitles_in_a_folder(trained: Trained, files: list[Path], tmp_path: Path, form: str, start: str) -> None:
    run(trained, *files, "--lang", "fr", "--format", form, "--output_dir", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {f"{file.stem}.{form}" for file in files}
    assert all((tmp_path / "out" / f"{file.stem}.{form}").read_text().startswith(start) for file in files[:3])


def test_a_long_recording_in_bounded_pieces(trained: Trained, tmp_path: Path) -> None:
    options = tmp_path / "decode.yaml"
    options.write_text("window_seconds: 5\nbatch_seconds: 5\n")
    soundfile.write(tmp_path / "long.wav", np.concatenate([make_speech(seed, 3.0) for seed in range(5)]), RATE)
    arguments = ["--lang", "fr", "--translate_to", "en", "--format", "json", "--output_dir", tmp_path / "out"]
    run(trained, tmp_path / "long.wav", "--config", options, *arguments)
    row = json.loads((tmp_path / "out/long.json").read_text())
    assert row["duration"] == 15.0
    assert len(row["segments"]) > 3
    assert all(segment["translation"]["language"] == "en" for segment in row["segments"])


def test_a_bad_file_does_not_stop_the_others(
    trained: Trained, files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.wav").write_bytes(b"no audio")
    with pytest.raises(SystemExit, match="1"):
        run(trained, files[0], tmp_path / "bad.wav", files[1], "--lang", "fr", "--output_dir", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.txt", "b.txt"}
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert "bad.wav: the audio cannot be read" in errors[0]
    assert errors[1] == "error: 1 of 3 files could not be transcribed; the others were."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x.wav", "y.wav", "--format", "srt"], "Subtitles of 2 files cannot share one output; give --output_dir."),
        (["a/x.wav", "b/x.mp3", "--output_dir", "out"], "a/x.wav and b/x.mp3 would both become x.txt"),
        (["none.wav", "--lang", "de"], "1 of 1 files could not be transcribed"),
        (["none.wav", "--config", "none.yaml"], "The decoding configuration none.yaml cannot be read"),
    ],
)
def test_what_cannot_be_done(
    trained: Trained, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit, match="1"):
        run(trained, *arguments)
    assert message in capsys.readouterr().err


def test_an_unknown_language(trained: Trained, files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"):
        run(trained, files[0], "--lang", "de")
    assert "The model does not know the language 'de'; it knows en, fr." in capsys.readouterr().err
