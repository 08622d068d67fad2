"""Two-stage training through the shell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from tests.recipes.conftest import COUNTS, OPTIONS, Recipe

# The recipe is shared with other tests, which one process runs.
pytestmark = pytest.mark.xdist_group("asterisk_prompts")


def two_stage(folder: Path, script: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run two_stage.sh in a folder."""
    return subprocess.run(
        [script, *options],
        cwd=folder,
        env=os.environ | {"SOUPS_PYTHON": sys.executable},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def script(root: Path) -> Path:
    """Return the script."""
    return root / "egs2/TEMPLATE/asr_st_soups/two_stage.sh"


def test_the_second_model_begins_where_the_first_ended(recipe: Recipe) -> None:
    given = OPTIONS | {"local_data_opts": f"--audio_dir {recipe.corpus} {COUNTS}"}
    options = [*(f"--{name}={value}" for name, value in given.items()), "--stop_stage", "11", "--asr-st-tag", "staged"]
    options += ["--asr_st_args", "--max_epoch 2 --num_iters_per_epoch 3", "--pretrain_args=--max_epoch 1 --seed 5"]
    result = two_stage(recipe.path, Path("../../TEMPLATE/asr_st_soups/two_stage.sh"), *options)
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    first, second = recipe.path / "exp/asr_st_staged_pretraining", recipe.path / "exp/asr_st_staged"
    confs = [yaml.safe_load((exp / "config.yaml").read_text()) for exp in (first, second)]
    assert [(conf["soup"], conf["ssl"], conf["ssl_only"], conf["max_epoch"]) for conf in confs] == [
        ("joint", "cpc", True, 1),
        ("joint", None, False, 2),
    ]
    weights = [torch.load(exp / "valid.loss.ave.pth", weights_only=True) for exp in (first, second)]
    parts = [{name.partition(".")[0] for name in weight} for weight in weights]
    assert {"encoder", "ssl"} <= parts[0]
    assert not parts[0] & {"ctc", "translation"}
    assert {"encoder", "ctc", "translation"} <= parts[1]
    assert "ssl" not in parts[1]
    assert f"Loading pretrained params from {first.relative_to(recipe.path)}" in (second / "train.log").read_text()
    # A few small steps lead not far from the first model; from the second seed's own start it would be twice the size.
    encoders = [{name: w for name, w in weight.items() if name.startswith("encoder.")} for weight in weights]
    moved = sum(float((encoders[0][name] - encoders[1][name]).square().sum()) for name in encoders[0])
    size = sum(float(w.square().sum()) for name, w in encoders[0].items() if name.endswith("w_1.weight"))
    assert moved < 0.5 * size
    # A second model that began with another first one is out of date, which must not go unseen.
    torch.save(weights[1], first / "valid.loss.ave.pth")
    result = two_stage(recipe.path, Path("../../TEMPLATE/asr_st_soups/two_stage.sh"), *options)
    assert result.returncode == 1
    assert "_pretraining/valid.loss.ave.pth has changed" in result.stderr


def runs(script: Path, folder: Path, *options: str) -> list[str]:
    """What run.sh is given by two_stage.sh with the options."""
    (folder / "run.sh").write_text('#!/bin/sh\necho run: "$@"\n')
    (folder / "run.sh").chmod(0o755)
    result = two_stage(folder, script, *options)
    assert result.returncode == 0, result.stderr
    return [line for line in result.stdout.splitlines() if line.startswith("run: ")]


def test_only_the_second_model_is_packed(script: Path, tmp_path: Path) -> None:
    first, second = runs(script, tmp_path, "--stop_stage", "14")
    assert first.rpartition("--stop_stage ")[2].startswith("13 ")
    assert second.rpartition("--stop_stage ")[2].startswith("14 ")
    (only,) = runs(script, tmp_path, "--stage=14", "--stop_stage=15")
    assert "--ssl none" in only
    assert "--stage 14 --stop_stage 15" in only


def test_speech_without_text_is_for_the_first_model(script: Path, tmp_path: Path) -> None:
    first, second = runs(script, tmp_path, "--unlabeled_set", "more", "--ngpu", "0")
    assert "--unlabeled_set more" in first
    assert "more" not in second
    assert "--ngpu 0" in first
    assert "--ngpu 0" in second


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--asr_st_exp", "exp/x"], "two_stage.sh makes two models: name them by --asr_st_tag"),
        (["--asr_st_tag"], "--asr_st_tag needs a value"),
        (["--ngpu", "1"], "has no run.sh: call two_stage.sh from a recipe's folder"),
    ],
)
def test_errors_are_one_sentence(script: Path, tmp_path: Path, options: list[str], message: str) -> None:
    result = two_stage(tmp_path, script, *options)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
