import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from espnet_soups.corpora.data_dir import NA, Utterance, read_data_dir, validate_data_dir, write_data_dir
from espnet_soups.errors import UserError


def make(identifier: str, **changes: object) -> Utterance:
    speaker, _, _ = identifier.rpartition("-")
    base = Utterance(identifier, Path(f"/audio/{identifier}.flac"), speaker, identifier.partition("-")[0])
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.fixture
def utterances() -> list[Utterance]:
    return [
        make("fr-a-2", text="bonjour", translation="hello", target_language="en", num_samples=16000),
        make("fr-a-1", text="le monde", num_samples=100),
        make("en-b-1", text="two words", num_samples=3),
        make("ru-c-1", num_samples=4),
    ]


def test_round_trip(tmp_path: Path, utterances: list[Utterance]) -> None:
    summary = write_data_dir(tmp_path / "train", utterances)
    assert read_data_dir(tmp_path / "train") == sorted(utterances, key=lambda u: u.id)
    assert summary.path == tmp_path / "train"
    assert summary.utterances == {"en": 1, "fr": 2, "ru": 1}
    assert summary.transcribed == {"en": 1, "fr": 2}
    assert summary.translated == {"fr-en": 1}
    assert summary.samples == {"en": 3, "fr": 16100, "ru": 4}
    assert summary.speakers == 3
    assert (tmp_path / "train/spk2utt").read_text() == "en-b en-b-1\nfr-a fr-a-1 fr-a-2\nru-c ru-c-1\n"
    assert str(summary) == f"{tmp_path / 'train'}: 4 utterances (en 1, fr 2, ru 1), 3 speakers"


def test_random_utterances_round_trip_complete_or_not(tmp_path: Path) -> None:
    rng = random.Random(1)
    for complete in (False, True) * 20:
        drawn = []
        for number in range(rng.randint(1, 30)):
            translated = rng.random() < 0.5
            drawn.append(
                make(
                    f"{rng.choice(['en', 'fr', 'zh'])}-{rng.choice('ab')}-{number}",
                    text=rng.choice([None, "x", "é è", "我 们"]),
                    translation="hi" if translated else None,
                    target_language="en" if translated else None,
                    num_samples=rng.randint(1, 10**6),
                )
            )
        write_data_dir(tmp_path / "d", drawn, complete=complete)
        assert read_data_dir(tmp_path / "d") == sorted(drawn, key=lambda u: u.id)
        validate_data_dir(tmp_path / "d", complete=complete)


def test_complete_directories_hold_na(tmp_path: Path, utterances: list[Utterance]) -> None:
    write_data_dir(tmp_path / "d", utterances, complete=True)
    assert (tmp_path / "d/text").read_text().splitlines() == [
        "en-b-1 two words",
        "fr-a-1 le monde",
        "fr-a-2 bonjour",
        f"ru-c-1 {NA}",
    ]
    assert (tmp_path / "d/text_translation").read_text().splitlines() == [
        f"en-b-1 {NA}",
        f"fr-a-1 {NA}",
        "fr-a-2 hello",
        f"ru-c-1 {NA}",
    ]
    assert (tmp_path / "d/utt2tgt").read_text() == "fr-a-2 en\n"
    summary = validate_data_dir(tmp_path / "d", complete=True)
    assert summary.transcribed == {"en": 1, "fr": 2}
    assert summary.translated == {"fr-en": 1}


def test_incomplete_directory_is_not_complete(tmp_path: Path, utterances: list[Utterance]) -> None:
    write_data_dir(tmp_path / "d", utterances)
    with pytest.raises(UserError, match=r"wav.scp:4: utterance 'ru-c-1' is not in .*text"):
        validate_data_dir(tmp_path / "d", complete=True)
    (tmp_path / "d/text").unlink()
    with pytest.raises(UserError, match=r"text is missing; format the audio \(stage 3\)"):
        validate_data_dir(tmp_path / "d", complete=True)


def test_files_without_lines_are_not_written(tmp_path: Path) -> None:
    write_data_dir(tmp_path / "d", [make("en-a-1")])
    assert sorted(file.name for file in (tmp_path / "d").iterdir()) == [
        "spk2utt",
        "utt2lang",
        "utt2spk",
        "wav.scp",
    ]
    assert read_data_dir(tmp_path / "d") == [make("en-a-1")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "fr a-1"}, "'fr a-1' is not an id"),
        ({"id": "es-a-1"}, "'es-a-1' does not start with its speaker id 'fr-a'"),
        ({"audio": Path("audio.flac")}, "its audio path 'audio.flac' is not absolute"),
        ({"text": ""}, "text: the value is empty"),
        ({"text": NA}, "its text is '<na>'; leave it out"),
        ({"text": "two\nlines"}, "control character"),
        ({"translation": "hello"}, "needs both a translation and a target language, or neither"),
        ({"target_language": "en"}, "needs both a translation and a target language, or neither"),
        ({"num_samples": 0}, "has 0 audio samples; drop it"),
    ],
)
def test_bad_utterances_are_named_and_nothing_is_lost(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    write_data_dir(tmp_path / "d", [make("fr-a-1", num_samples=1)])
    before = {file.name: file.read_bytes() for file in (tmp_path / "d").iterdir()}
    bad = make("fr-a-1", **{"num_samples": 1, **changes})
    with pytest.raises(UserError, match=re.escape(message)):
        write_data_dir(tmp_path / "d", [bad, make("fr-a-2", num_samples=1)])
    assert {file.name: file.read_bytes() for file in (tmp_path / "d").iterdir()} == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["d"]


def test_duplicates_mixtures_and_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="utterance 'fr-a-1' is duplicated"):
        write_data_dir(tmp_path / "d", [make("fr-a-1"), make("fr-a-1")])
    with pytest.raises(UserError, match="give it for all or none"):
        write_data_dir(tmp_path / "d", [make("fr-a-1"), make("fr-a-2", num_samples=1)])
    with pytest.raises(UserError, match="there is no utterance"):
        write_data_dir(tmp_path / "d", [])


def append(file: str, line: str) -> Callable[[Path], None]:
    return lambda path: (path / file).write_text((path / file).read_text() + line)  # type: ignore[return-value]


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda path: (path / file).write_text((path / file).read_text().replace(old, new))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("damage", "where", "message"),
    [
        (append("text", "zz x\n"), "text:4", "utterance 'zz' is not in wav.scp"),
        (append("utt2num_samples", "zz 5\n"), "utt2num_samples:5", "utterance 'zz' is not in wav.scp"),
        (append("wav.scp", "zz /x.wav\n"), "wav.scp:5", "utterance 'zz' is not in"),
        (edit("utt2lang", "fr-a-1 fr\n", ""), "wav.scp:2", "utterance 'fr-a-1' is not in"),
        (edit("utt2num_samples", "ru-c-1 4\n", ""), "wav.scp:4", "is not in"),
        (
            edit("utt2num_samples", " 4\n", " four\n"),
            "utt2num_samples:4",
            "'four' is not a positive whole number",
        ),
        (edit("utt2num_samples", " 4\n", " 0\n"), "utt2num_samples:4", "'0' is not a positive whole number"),
        (edit("wav.scp", " /audio/en", " audio/en"), "wav.scp:1", "is not an absolute path"),
        (
            edit("utt2spk", "fr-a-1 fr-a", "fr-a-1 fr-b"),
            "utt2spk:2",
            "does not start with its speaker id 'fr-b'",
        ),
        (edit("spk2utt", "fr-a-1 fr-a-2", "fr-a-2 fr-a-1"), "spk2utt:2", "does not agree with utt2spk"),
        (edit("spk2utt", "ru-c ru-c-1\n", ""), "utt2spk:4", "speaker 'ru-c' is not in"),
        (append("spk2utt", "zz en-b-1\n"), "spk2utt:4", "does not agree with utt2spk"),
        (append("utt2tgt", "ru-c-1 en\n"), "utt2tgt:2", "has no translation in text_translation"),
        (
            append("text_translation", "ru-c-1 hi\n"),
            "text_translation:2",
            "has no target language in utt2tgt",
        ),
        (append("text", "fr-a-1 twice\n"), "text:4", "id 'fr-a-1' is duplicated, it is on line 2 already"),
        (append("text", "en-a x\n"), "text:4", "id 'en-a' is out of order"),
        (append("text", "\n"), "text:4", "the line is empty"),
    ],
)
def test_validation_names_file_and_line(
    tmp_path: Path, utterances: list[Utterance], damage: Callable[[Path], None], where: str, message: str
) -> None:
    write_data_dir(tmp_path / "d", utterances)
    damage(tmp_path / "d")
    with pytest.raises(UserError, match=re.escape(f"{tmp_path / 'd'}/{where}: ") + ".*" + re.escape(message)):
        validate_data_dir(tmp_path / "d")
    with pytest.raises(UserError, match=re.escape(message)):
        read_data_dir(tmp_path / "d")


def test_any_lost_line_of_a_required_file_is_found(tmp_path: Path, utterances: list[Utterance]) -> None:
    write_data_dir(tmp_path / "d", utterances)
    for name in ("wav.scp", "utt2spk", "utt2lang", "spk2utt", "utt2num_samples"):
        whole = (tmp_path / "d" / name).read_text()
        lines = whole.splitlines(keepends=True)
        for lost in range(len(lines)):
            (tmp_path / "d" / name).write_text("".join(lines[:lost] + lines[lost + 1 :]))
            with pytest.raises(UserError, match=r":\d+: "):
                validate_data_dir(tmp_path / "d")
        (tmp_path / "d" / name).write_text(whole)
    validate_data_dir(tmp_path / "d")


def test_missing_directory_and_file(tmp_path: Path, utterances: list[Utterance]) -> None:
    with pytest.raises(UserError, match="is not a directory; run the stage that makes"):
        read_data_dir(tmp_path / "d")
    write_data_dir(tmp_path / "d", utterances)
    (tmp_path / "d/utt2spk").unlink()
    with pytest.raises(UserError, match="utt2spk: cannot be read"):
        read_data_dir(tmp_path / "d")


def test_writing_replaces_the_directory_and_recovers_from_a_stop(tmp_path: Path, utterances: list[Utterance]) -> None:
    write_data_dir(tmp_path / "d", utterances, extra={"dropped.tsv": "gone\n"})
    assert (tmp_path / "d/dropped.tsv").read_text() == "gone\n"
    (tmp_path / "d").rename(tmp_path / ".d.old")  # as if stopped between the two renames
    (tmp_path / ".d.tmp").mkdir()
    with pytest.raises(UserError):
        write_data_dir(tmp_path / "d", [])
    assert len(read_data_dir(tmp_path / "d")) == len(utterances)
    write_data_dir(tmp_path / "d", utterances[:1])
    assert read_data_dir(tmp_path / "d") == utterances[:1]
    assert [entry.name for entry in tmp_path.iterdir()] == ["d"]
    assert not (tmp_path / "d/dropped.tsv").exists()
