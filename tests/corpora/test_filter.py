from pathlib import Path

import pytest

from espnet_soups.bin.filter_utterances import main
from espnet_soups.corpora.data_dir import Utterance, read_data_dir, validate_data_dir, write_data_dir
from espnet_soups.corpora.filter import Limits, filter_utterances, is_too_dense_for_ctc
from espnet_soups.errors import UserError


def utterance(name: str, seconds: float, text: str | None = "a", translation: str | None = None) -> Utterance:
    target = None if translation is None else "en"
    audio = Path(f"/audio/{name}.flac")
    return Utterance(f"fr-a-{name}", audio, "fr-a", "fr", text, translation, target, round(seconds * 16000))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    utterances = [
        utterance("border_low", 0.5),
        utterance("border_high", 2.0),
        utterance("short", 0.4999),
        utterance("long", 2.001),
        utterance("silent", 1.0, None),
        utterance("only_translated", 1.0, None, "hello"),
        utterance("dense", 0.5, "thirteen char"),
    ]
    write_data_dir(tmp_path / "org", utterances, complete=True)
    return tmp_path / "org"


def test_limits_are_inclusive_and_drops_are_reported(
    tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "train"
    main(["--data_dir", str(data_dir), "--out_dir", str(out), "--min_seconds", "0.5", "--max_seconds", "2"])
    kept = [u.id for u in read_data_dir(out)]
    assert kept == ["fr-a-border_high", "fr-a-border_low", "fr-a-dense", "fr-a-only_translated"]
    validate_data_dir(out, complete=True)
    assert (out / "dropped.tsv").read_text().splitlines() == [
        "utterance\treason\tdetail",
        "fr-a-long\tlonger than 2 s\t2.001 s",
        "fr-a-short\tshorter than 0.5 s\t0.500 s",
        "fr-a-silent\tno text\tneither a transcript nor a translation",
    ]
    screen = capsys.readouterr().out.splitlines()
    assert screen[0] == (
        f"{out}: kept 4 of 7 utterances; dropped longer than 2 s: 1, no text: 1, shorter than 0.5 s: 1"
        f" (listed in {out / 'dropped.tsv'})"
    )
    assert screen[1].startswith("warning: 1 transcripts, such as that of fr-a-dense, have more characters")


@pytest.mark.parametrize(
    ("seconds", "text", "dense"), [(0.16, "abcd", False), (0.16, "abcde", True), (0.16, "abbc", True)]
)
def test_ctc_needs_a_frame_per_character_and_one_between_equal_ones(seconds: float, text: str, dense: bool) -> None:
    assert is_too_dense_for_ctc(utterance("x", seconds, text)) is dense


def test_impossible_requests_are_refused(tmp_path: Path, data_dir: Path) -> None:
    with pytest.raises(UserError, match="--min_seconds 3 and --max_seconds 2 leave nothing"):
        Limits(3, 2)
    with pytest.raises(UserError, match=r"all of its 7 utterances are dropped, first: 2.000 s"):
        filter_utterances(data_dir, tmp_path / "out", Limits(10, 20))
    assert not (tmp_path / "out").exists()


def test_incomplete_directories_are_refused(tmp_path: Path) -> None:
    write_data_dir(tmp_path / "raw", [utterance("a", 1.0)])
    with pytest.raises(UserError, match="text_translation is missing; format the audio"):
        filter_utterances(tmp_path / "raw", tmp_path / "out", Limits())


def test_unlabeled_speech_loses_texts_and_language(tmp_path: Path, data_dir: Path) -> None:
    limits = ["--min_seconds", "0.5", "--max_seconds", "2"]
    main(["--data_dir", str(data_dir), "--out_dir", str(tmp_path / "out"), "--unlabeled", *limits])
    kept = read_data_dir(tmp_path / "out")
    assert [u.id.removeprefix("fr-a-") for u in kept] == [
        "border_high",
        "border_low",
        "dense",
        "only_translated",
        "silent",
    ]
    assert {(u.language, u.text, u.translation, u.target_language) for u in kept} == {("und", None, None, None)}
    validate_data_dir(tmp_path / "out", complete=True)
