"""Decoding of a data directory with a tiny model: files, restarts, processes, bad input."""

import json
from collections.abc import Callable
from pathlib import Path

import kaldiio
import pytest
import torch
from inference.tiny_model import Trained, make_speech, write_model

from espnet_soups.bin.decode import main
from espnet_soups.corpora.audio import RATE, read_audio, to_int16, write_audio
from espnet_soups.corpora.data_dir import Utterance, read_data_dir, write_data_dir
from espnet_soups.errors import UserError
from espnet_soups.inference import decoding
from espnet_soups.inference.decode_worker import Batch, ModelFiles, decode_batch
from espnet_soups.inference.decoding import decode_data_dir
from espnet_soups.inference.options import DecodeOptions
from espnet_soups.inference.speech2text import Speech2Text

LENGTHS = {"fr-a-1": 1.0, "fr-a-2": 0.4, "en-b-1": 2.0, "en-b-2": 0.7, "fr-a-3": 1.6, "de-c-1": 1.0}
OPTIONS = DecodeOptions(batch_seconds=0.25)  # jobs of 2 s: a search takes eight of the encoder's batches


def write_data(directory: Path, ids: list[str]) -> Path:
    utterances = []
    for number, identifier in enumerate(ids):
        audio = directory / "audio" / f"{identifier}.wav"
        write_audio(audio, make_speech(number, LENGTHS[identifier]), RATE, "wav")
        count = int(LENGTHS[identifier] * RATE)
        speaker, lang = identifier[:4], identifier[:2]
        utterances.append(Utterance(identifier, audio, speaker, lang, "one", num_samples=count))
    write_data_dir(directory / "test", utterances, complete=True)
    return directory / "test"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path, [i for i in LENGTHS if not i.startswith("de")])


def read(path: Path) -> dict[str, str]:
    rows = [line.partition(" ") for line in path.read_text(encoding="utf-8").splitlines()]
    return {identifier: content for identifier, _, content in rows}


def test_every_utterance_gets_its_lines(trained: Trained, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    summary = decode_data_dir(data, out, ModelFiles(trained.config, trained.weights), OPTIONS, 1, "the command")
    assert summary.utterances == {"asr/en": 2, "asr/fr": 3, "st/fr-en": 3}
    assert {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()} == {
        *(f"{objective}/{name}" for objective in summary.utterances for name in ("text", "token", "score")),
        "decode.json",
    }
    alone = Speech2Text(trained.config, trained.weights)
    texts, translations, tokens = (read(out / name) for name in ("asr/fr/text", "st/fr-en/text", "asr/fr/token"))
    for identifier in ("fr-a-1", "fr-a-2", "fr-a-3"):
        expected = alone(tmp_path / "audio" / f"{identifier}.wav", lang="fr", translate_to="en")
        assert texts[identifier] == expected.text
        assert expected.translation is not None
        assert translations[identifier] == expected.translation.text
        assert tokens[identifier].split() == [token.text for token in expected.tokens]
        assert float(read(out / "asr/fr/score")[identifier]) == pytest.approx(expected.score, abs=1e-3)
    assert list(texts) == sorted(texts)
    description = json.loads((out / "decode.json").read_text(encoding="utf-8"))
    assert description["command"] == "the command"
    assert description["model_file"] == str(trained.weights)


def test_audio_in_kaldi_archives(trained: Trained, data: Path, tmp_path: Path) -> None:
    model = ModelFiles(trained.config, trained.weights)
    decode_data_dir(data, tmp_path / "files", model, OPTIONS, 1, "")
    audio = {one.id: (RATE, to_int16(read_audio(one.audio)[0])) for one in read_data_dir(data)}
    kaldiio.save_ark(str(tmp_path / "a.ark"), audio, scp=str(data / "wav.scp"))
    decode_data_dir(data, tmp_path / "archive", model, OPTIONS, 1, "")
    for name in ("asr/en/text", "asr/fr/token", "st/fr-en/text"):
        assert read(tmp_path / "archive" / name) == read(tmp_path / "files" / name)


def test_an_empty_result_is_a_bare_id(tmp_path: Path, data: Path) -> None:
    files = write_model(tmp_path)
    weights = torch.load(files.weights)
    for name in ("en", "fr"):
        weights[f"ctc.heads.{name}.bias"][0] = 1e4
    torch.save(weights, files.weights)
    decode_data_dir(data, tmp_path / "out", ModelFiles(files.config, files.weights), OPTIONS, 1, "")
    assert (tmp_path / "out/asr/en/text").read_text(encoding="utf-8") == "en-b-1\nen-b-2\n"


def test_processes_change_nothing(trained: Trained, data: Path, tmp_path: Path) -> None:
    arguments = [
        "--train_config",
        str(trained.config),
        "--model_file",
        str(trained.weights),
        "--data_dir",
        str(data),
    ]
    for nj in ("1", "2"):
        main([*arguments, "--output_dir", str(tmp_path / nj), "--nj", nj])
    one, two = ({p.relative_to(tmp_path / nj): p.read_text() for p in (tmp_path / nj).rglob("text")} for nj in "12")
    assert len(one) == 3
    assert one == two


def test_an_interrupted_run_goes_on(
    trained: Trained, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ModelFiles(trained.config, trained.weights)
    seen: list[str] = []

    def stop_after(count: int) -> Callable[[Batch], int]:
        def work(batch: Batch) -> int:
            if len(seen) == count:
                raise KeyboardInterrupt
            seen.append(batch.output.name)
            return decode_batch(batch)

        return work

    monkeypatch.setattr(decoding, "decode_batch", stop_after(2))
    with pytest.raises(KeyboardInterrupt):
        decode_data_dir(data, tmp_path / "out", model, OPTIONS, 1, "")
    assert not (tmp_path / "out/asr").exists()
    monkeypatch.setattr(decoding, "decode_batch", stop_after(99))
    decode_data_dir(data, tmp_path / "out", model, OPTIONS, 1, "")
    assert len(seen) == len(set(seen)) >= 3
    decode_data_dir(data, tmp_path / "fresh", model, OPTIONS, 1, "")
    for name in ("asr/en/text", "asr/fr/token", "st/fr-en/text"):
        assert (tmp_path / "out" / name).read_text() == (tmp_path / "fresh" / name).read_text()
    count = len(seen)
    decode_data_dir(data, tmp_path / "out", model, OPTIONS, 1, "")
    assert len(seen) > count, "a finished decoding is done again when it is asked for"


def test_batches_of_other_options_are_not_taken(
    trained: Trained, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ModelFiles(trained.config, trained.weights)
    monkeypatch.setattr(decoding.shutil, "rmtree", lambda _: None)
    decode_data_dir(data, tmp_path / "out", model, OPTIONS, 1, "")
    monkeypatch.undo()
    seen: list[Path] = []
    monkeypatch.setattr(decoding, "decode_batch", lambda batch: seen.append(batch.output) or decode_batch(batch))
    decode_data_dir(data, tmp_path / "out", model, DecodeOptions(batch_seconds=0.25, window_seconds=29), 1, "")
    assert len(seen) >= 3


def test_earlier_results_stay_until_the_new_ones_are_complete(
    trained: Trained, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    (out / "asr/old").mkdir(parents=True)
    (out / "asr/old/text").write_text("x-1 kept\n")
    model = ModelFiles(trained.config, trained.weights)

    def fail(batch: Batch) -> int:
        raise UserError(f"no {batch.lang}")

    monkeypatch.setattr(decoding, "decode_batch", fail)
    with pytest.raises(UserError, match="no "):
        decode_data_dir(data, out, model, OPTIONS, 1, "")
    assert (out / "asr/old/text").read_text() == "x-1 kept\n"
    monkeypatch.undo()
    decode_data_dir(data, out, model, OPTIONS, 1, "")
    assert not (out / "asr/old").exists()
    assert sorted(p.name for p in out.iterdir()) == ["asr", "decode.json", "st"]


def test_an_unknown_language_is_counted(trained: Trained, tmp_path: Path) -> None:
    data = write_data(tmp_path, ["de-c-1", "en-b-2"])
    summary = decode_data_dir(data, tmp_path / "out", ModelFiles(trained.config, trained.weights), OPTIONS, 1, "")
    assert (summary.utterances, summary.skipped) == ({"asr/en": 1}, {"de": 1})
    assert "de 1" in str(summary)
    only = write_data(tmp_path / "only", ["de-c-1"])
    with pytest.raises(UserError, match="de, but the model knows only en, fr"):
        decode_data_dir(only, tmp_path / "out", ModelFiles(trained.config, trained.weights), OPTIONS, 1, "")


def test_a_lost_utterance_is_an_error(
    trained: Trained, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(batch: Batch) -> int:
        decode_batch(batch)
        lines = batch.output.read_text().splitlines(keepends=True)
        batch.output.write_text("".join(lines[1:]))
        return len(lines)

    monkeypatch.setattr(decoding, "decode_batch", lose)
    with pytest.raises(UserError, match="was lost"):
        decode_data_dir(data, tmp_path / "out", ModelFiles(trained.config, trained.weights), OPTIONS, 1, "")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"--data_dir": "nowhere"}, "nowhere"),
        ({"--model_file": "nowhere.pth"}, "nowhere.pth"),
        ({"--train_config": "nowhere.yaml"}, "nowhere.yaml"),
        ({"--config": "nowhere.yaml"}, "nowhere.yaml"),
        ({"--nj": "0"}, "--nj"),
    ],
)
def test_bad_input_is_one_line(
    trained: Trained,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, str],
    named: str,
) -> None:
    options = {
        "--train_config": str(trained.config),
        "--model_file": str(trained.weights),
        "--data_dir": str(data),
        "--output_dir": str(tmp_path / "out"),
        **changed,
    }
    with pytest.raises(SystemExit) as stop:
        main([word for pair in options.items() for word in pair])
    assert stop.value.code == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert named in error


def test_data_without_lengths_is_refused(trained: Trained, data: Path, tmp_path: Path) -> None:
    (data / "utt2num_samples").unlink()
    with pytest.raises(UserError, match="utt2num_samples"):
        decode_data_dir(data, tmp_path / "out", ModelFiles(trained.config, trained.weights), OPTIONS, 1, "")


def test_a_killed_process_is_told(
    trained: Trained, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise decoding.BrokenProcessPool

    monkeypatch.setattr(decoding, "run_jobs", killed)
    with pytest.raises(UserError, match="lower --nj"):
        decode_data_dir(data, tmp_path / "out", ModelFiles(trained.config, trained.weights), OPTIONS, 2, "")
