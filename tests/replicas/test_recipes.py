"""Stage 1 of the three recipes, through the shell, on replicas."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from espnet_soups.corpora.data_dir import read_data_dir
from tests.replicas.aishell import make_aishell
from tests.replicas.covost2 import make_covost2
from tests.replicas.librispeech import make_librispeech

SETS = ("train", "valid", "test")
PARTS = {"train-clean-100": 3, "dev-clean": 2, "test-clean": 2, "test-other": 2}


def run(root: Path, recipe: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run stage 1 of a recipe."""
    script = root / "egs2" / recipe / "asr_st_soups" / "run.sh"
    config = root / "egs2" / "asterisk_prompts" / "asr_st_soups" / "conf" / "train_asr_st_conformer.yaml"
    return subprocess.run(
        [script, "--stop_stage", "1", "--asr_st_config", config, *options],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"SOUPS_PYTHON": sys.executable},
    )


def languages(data: Path) -> dict[str, set[str]]:
    """Return the languages of every data directory."""
    return {path.parent.name: {u.language for u in read_data_dir(path.parent)} for path in data.glob("*/wav.scp")}


def test_covost2(root: Path, tmp_path: Path) -> None:
    make_covost2(tmp_path, {"fr": (3, 1, 1), "en": (3, 1, 1)}, few_clips=True)
    opts = f"--audio_dir {tmp_path}/common_voice --translations_dir {tmp_path}/covost"
    options = ["--asr_langs", "en fr", "--st_pairs", "fr-en", "--datadir", f"{tmp_path}/data"]
    for expected in ("not done yet", "up to date"):
        result = run(root, "covost2", *options, "--local_data_opts", opts)
        assert result.returncode == 0, result.stderr
        assert expected in result.stdout
    assert languages(tmp_path / "data") == {name: {"en", "fr"} for name in SETS}


def test_covost2_without_recordings_says_what_to_get(root: Path, tmp_path: Path) -> None:
    result = run(root, "covost2", "--datadir", f"{tmp_path}/data")
    assert result.returncode != 0
    assert "get 'Common Voice Corpus 4' (cv-corpus-4-2019-12-10, no other release; licence CC0-1.0)" in result.stderr
    assert "name COMMON_VOICE in db.sh" in result.stderr


@pytest.mark.parametrize("written", ["--with_aishell {}", "--with-aishell={}"])
def test_librispeech_with_aishell(root: Path, tmp_path: Path, written: str) -> None:
    make_aishell(tmp_path / "zh", (1, 1, 1), 3, few_clips=True)
    sibling = ["--datadir", f"{tmp_path}/aishell", "--local_data_opts", f"--audio_dir {tmp_path}/zh"]
    alone = run(root, "aishell", *sibling)
    assert alone.returncode == 0, alone.stderr
    assert languages(tmp_path / "aishell") == {name: {"zh"} for name in SETS}
    make_librispeech(tmp_path / "en", PARTS, few_clips=True)
    opts = f"--audio_dir {tmp_path}/en --parts {' '.join(PARTS)}"
    joint = written.format(tmp_path / "aishell").split(" ")
    result = run(root, "librispeech", "--local_data_opts", opts, *joint, "--datadir", f"{tmp_path}/joint")
    assert result.returncode == 0, result.stderr
    found = languages(tmp_path / "joint")
    assert found["train"] == found["valid"] == {"en", "zh"}
    assert (found["test_clean"], found["test_other"], found["test_aishell"]) == ({"en"}, {"en"}, {"zh"})


def test_aishell_with_librispeech(root: Path, tmp_path: Path) -> None:
    make_librispeech(tmp_path / "en", PARTS, few_clips=True)
    opts = f"--audio_dir {tmp_path}/en --parts {' '.join(PARTS)}"
    alone = run(root, "librispeech", "--datadir", f"{tmp_path}/librispeech", "--local_data_opts", opts)
    assert alone.returncode == 0, alone.stderr
    make_aishell(tmp_path / "zh", (1, 1, 1), 3, few_clips=True)
    joint = ["--with_librispeech", f"{tmp_path}/librispeech", "--datadir", f"{tmp_path}/joint"]
    result = run(root, "aishell", *joint, "--local_data_opts", f"--audio_dir {tmp_path}/zh")
    assert result.returncode == 0, result.stderr
    assert languages(tmp_path / "joint") == {
        "train": {"en", "zh"},
        "valid": {"en", "zh"},
        "test": {"zh"},
        "test_clean": {"en"},
        "test_other": {"en"},
    }


def test_the_joint_experiment_has_folders_of_its_own(root: Path) -> None:
    script = f'. {root}/local/with_sibling.sh; take_sibling aishell "$@"; printf \'%s\\n\' "${{options[@]}}"'

    def take(*options: str) -> list[str]:
        command = ["bash", "-euo", "pipefail", "-c", script, "bash", *options]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert take() == ["--local_data_opts", ""]
    assert take("--nj", "4", "--local-data-opts", "--check_audio") == [
        *("--nj", "4", "--local_data_opts", "--check_audio")
    ]
    folders = [f"{kind}/with_aishell" for kind in ("data", "dump", "exp")]
    expected = ["--datadir", folders[0], "--dumpdir", folders[1], "--expdir", folders[2], "--asr_langs", "en zh"]
    expected += ["--corpus_info", "local/corpus.yaml ../../aishell/asr_st_soups/local/corpus.yaml"]
    assert take("--with_aishell", "a=b", "--nj", "4") == [
        *expected,
        *("--nj", "4", "--local_data_opts", "--with_aishell a=b "),
    ]
