from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from espnet_soups.bin.speed_perturb import main
from espnet_soups.corpora.audio import read_audio
from espnet_soups.corpora.data_dir import Utterance, read_data_dir, write_data_dir
from espnet_soups.corpora.speed import speed_perturb
from espnet_soups.errors import UserError

type WriteTone = Callable[..., Path]


@pytest.fixture
def data_dir(tmp_path: Path, write_tone: WriteTone) -> Path:
    utterances = [
        Utterance("en-a-1", write_tone("1.wav", 1.0), "en-a", "en", "one", num_samples=16000),
        Utterance("fr-b-1", write_tone("2.flac", 0.5, 8000), "fr-b", "fr", "un", "one", "en", 4000),
    ]
    write_data_dir(tmp_path / "data/train", utterances)
    return tmp_path / "data/train"


def test_copies_have_their_own_speed_ids_and_speakers(tmp_path: Path, data_dir: Path) -> None:
    out = tmp_path / "data/train_sp"
    main(["--data_dir", str(data_dir), "--out_dir", str(out), "--nj", "1"])
    perturbed = {utterance.id: utterance for utterance in read_data_dir(out)}
    originals = read_data_dir(data_dir)
    assert sorted(perturbed) == sorted(f"{prefix}{u.id}" for prefix in ("", "sp0.9-", "sp1.1-") for u in originals)
    for original in originals:
        assert perturbed[original.id] == original
        for factor in (0.9, 1.1):
            copy = perturbed[f"sp{factor}-{original.id}"]
            assert copy.speaker == f"sp{factor}-{original.speaker}"
            assert (copy.text, copy.translation, copy.language) == (
                original.text,
                original.translation,
                original.language,
            )
            samples, rate = read_audio(copy.audio)
            assert rate == read_audio(original.audio)[1]
            assert copy.num_samples == len(samples) == pytest.approx((original.num_samples or 0) / factor, abs=2)
            peak = np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples)
            assert peak == pytest.approx(440 * factor, abs=2)
    assert copy.audio.is_relative_to(tmp_path / "data/local/audio_sp")


def test_without_factor_one_there_are_no_originals(tmp_path: Path, data_dir: Path) -> None:
    speed_perturb(data_dir, tmp_path / "out", tmp_path / "audio", ["1.10"])
    assert [utterance.id for utterance in read_data_dir(tmp_path / "out")] == [
        "sp1.10-en-a-1",
        "sp1.10-fr-b-1",
    ]


def test_audio_is_made_once(tmp_path: Path, data_dir: Path) -> None:
    def run() -> dict[str, int]:
        speed_perturb(data_dir, tmp_path / "out", tmp_path / "audio", ["0.9", "1"])
        return {str(file): file.stat().st_mtime_ns for file in (tmp_path / "audio").rglob("*.flac")}

    first = run()
    assert len(first) == 2
    assert run() == first


def test_unreadable_audio_is_dropped_and_listed(
    tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "source/2.flac"
    bad.write_bytes(b"")
    speed_perturb(data_dir, tmp_path / "out", tmp_path / "audio", ["0.9"])
    report = (tmp_path / "out/dropped.tsv").read_text().splitlines()
    assert report == [
        "utterance\treason\tdetail",
        f"sp0.9-fr-b-1\tunreadable, empty or cut off audio\t{bad}: the file is empty",
    ]
    assert capsys.readouterr().out == (
        f"{tmp_path / 'out'}: kept 1 of 2 utterances; dropped unreadable, empty or cut off audio: 1"
        f" (listed in {tmp_path / 'out/dropped.tsv'})\n"
    )


def test_audio_that_was_cut_off_is_dropped_and_listed(tmp_path: Path, data_dir: Path) -> None:
    cut = tmp_path / "source/cut.wav"
    soundfile.write(cut, np.zeros(16000), 16000)
    cut.write_bytes(cut.read_bytes()[:20044])
    utterance = Utterance("fr-c-1", cut, "fr-c", "fr", "un", num_samples=16000)
    write_data_dir(data_dir, [*read_data_dir(data_dir), utterance])
    speed_perturb(data_dir, tmp_path / "out", tmp_path / "audio", ["0.9"])
    assert (tmp_path / "out/dropped.tsv").read_text().splitlines()[1:] == [
        f"sp0.9-fr-c-1\tunreadable, empty or cut off audio\t{cut}: the audio is cut off (20044 of 32044 bytes)"
    ]


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        (["fast"], "speed factor 'fast' is not a number"),
        (["0.2"], "speed factor 0.2 is not between 0.5 and 2.0"),
        (["nan"], "is not between"),
        (["0.9", "0.90"], "speed factor 0.90 is given twice"),
        ([], "no speed factor is given"),
    ],
)
def test_impossible_factors_are_refused(tmp_path: Path, data_dir: Path, factors: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        speed_perturb(data_dir, tmp_path / "out", tmp_path / "audio", factors)
    assert not (tmp_path / "out").exists()
