"""LibriSpeech and AISHELL-1 as one corpus, by reference."""

from pathlib import Path

import pytest

from espnet_soups.bin import combine_data, prepare_aishell, prepare_librispeech
from espnet_soups.corpora.data_dir import Utterance, read_data_dir, write_data_dir
from tests.replicas.aishell import make_aishell
from tests.replicas.librispeech import make_librispeech

PARTS = {"train-clean-100": 4, "dev-clean": 2, "test-clean": 2, "test-other": 2}


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the options that prepare a replica of LibriSpeech."""
    root = make_librispeech(tmp_path_factory.mktemp("english"), PARTS, few_clips=True)
    return ["--audio_dir", str(root), "--parts", *PARTS]


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the options that prepare a replica of AISHELL-1."""
    root = make_aishell(tmp_path_factory.mktemp("chinese"), utterances=3, few_clips=True)
    return ["--audio_dir", str(root)]


def sizes(data: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for path in sorted(data.glob("*/wav.scp")):
        counts = found.setdefault(path.parent.name, {})
        for utterance in read_data_dir(path.parent):
            counts[utterance.language] = counts.get(utterance.language, 0) + 1
    return found


def test_librispeech_with_aishell(english: list[str], chinese: list[str], tmp_path: Path) -> None:
    sibling, joint = tmp_path / "aishell" / "data", tmp_path / "joint"
    prepare_aishell.main([*chinese, "--data_dir", str(sibling)])
    options = ["--with_aishell", str(tmp_path / "aishell"), "--languages", "en", "zh"]
    prepare_librispeech.main([*english, "--data_dir", str(joint), *options])
    assert sizes(joint) == {
        "train": {"en": 4, "zh": 5},
        "valid": {"en": 2, "zh": 3},
        "dev_clean": {"en": 2},
        "test_aishell": {"zh": 3},
        "test_clean": {"en": 2},
        "test_other": {"en": 2},
    }
    audio = {u.id: u.audio for u in read_data_dir(joint / "train")}
    assert audio.items() >= {u.id: u.audio for u in read_data_dir(sibling / "train")}.items()


def test_aishell_with_librispeech(english: list[str], chinese: list[str], tmp_path: Path) -> None:
    sibling, joint = tmp_path / "data", tmp_path / "joint"
    prepare_librispeech.main([*english, "--data_dir", str(sibling), "--check_audio"])
    options = ["--with_librispeech", str(sibling), "--languages", "en", "zh"]
    prepare_aishell.main([*chinese, "--data_dir", str(joint), *options])
    assert sizes(joint) == {
        "train": {"en": 4, "zh": 5},
        "valid": {"en": 2, "zh": 3},
        "test": {"zh": 3},
        "test_clean": {"en": 2},
        "test_other": {"en": 2},
    }
    # Only one of the corpora knows its lengths, so that the stage that formats audio has to find them all.
    assert all(u.num_samples is None for u in read_data_dir(joint / "train"))


def test_a_sibling_that_is_not_prepared(english: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        prepare_librispeech.main([*english, "--data_dir", str(tmp_path / "data"), "--with_aishell", str(tmp_path)])
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: --with_aishell {tmp_path}: there is no prepared train and valid in it; run stage 1 of the recipe"
        " aishell first"
    )
    assert not (tmp_path / "data" / "train").exists()


def utterance(name: str, num_samples: int | None = None) -> Utterance:
    return Utterance(f"en-{name}", Path(f"/audio/{name}.wav"), "en", "en", name, num_samples=num_samples)


def combine(out: Path, *sources: Path) -> None:
    combine_data.main(["--data_dirs", *map(str, sources), "--out_dir", str(out)])


def test_lengths_that_all_have_are_kept(tmp_path: Path) -> None:
    write_data_dir(tmp_path / "a", [utterance("a", 5)])
    write_data_dir(tmp_path / "b", [utterance("b", 6)])
    combine(tmp_path / "c", tmp_path / "b", tmp_path / "a")
    assert read_data_dir(tmp_path / "c") == [utterance("a", 5), utterance("b", 6)]


def test_the_same_utterance_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_data_dir(tmp_path / "a", [utterance("a")])
    write_data_dir(tmp_path / "b", [utterance("a")])
    with pytest.raises(SystemExit):
        combine(tmp_path / "c", tmp_path / "a", tmp_path / "b")
    a, b = tmp_path / "a", tmp_path / "b"
    assert capsys.readouterr().err == f"error: utterance 'en-a' is in {a} and in {b}; use either\n"


def test_a_directory_into_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_data_dir(tmp_path / "a", [utterance("a")])
    with pytest.raises(SystemExit):
        combine(tmp_path / "a", tmp_path / "a")
    assert "would be combined into itself" in capsys.readouterr().err
    assert read_data_dir(tmp_path / "a") == [utterance("a")]
