"""Training of a recipe on a cluster: commands of the same names stand in for Slurm."""

import os
import re
from pathlib import Path

import pytest
import yaml

from tests.cluster.fakes import write_fakes
from tests.recipes.conftest import Recipe

# One recipe is shared, so one process runs its tests.
pytestmark = pytest.mark.xdist_group("asterisk_prompts")


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of what Slurm's stand-ins were told; they come first on PATH."""
    notes = write_fakes(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    return notes


def train(recipe: Recipe, tag: str, *options: str) -> tuple[str, str, int]:
    """Train one epoch on the cluster."""
    one = ["--skip_data_prep", "--stage", "11", "--stop_stage", "11", "--asr_st_args", "--max_epoch 1"]
    return recipe.try_run(*one, "--asr_st_tag", tag, "--cmd_backend", "slurm", *options)


def test_two_nodes_of_four_gpus(recipe: Recipe, notes: Path) -> None:
    (notes.parent / "bin/srun").write_text(f'#!/bin/sh\necho "$*" >>{notes}/srun\n')
    _, errors, status = train(recipe, "gpus", "--ngpu", "4", "--num_nodes", "2")
    assert (status, errors) == (1, "error: The stage ended, but exp/asr_st_gpus/config.yaml is missing; see its log.\n")
    submitted = (notes / "sbatch").read_text().split()
    assert {"--nodes=2", "--ntasks-per-node=1", "--gres=gpu:4", "--cpus-per-task=4"} <= set(submitted)
    started = (notes / "srun").read_text()
    assert re.match(r"--export=ALL \S*python\S* -m espnet_soups\.bin\.train ", started)
    assert " --ngpu 4 --multiprocessing_distributed true --dist_launcher slurm --dist_init_method " in started
    meeting = f"file://{recipe.path}/exp/asr_st_gpus/.meet."
    assert meeting in started


def test_four_gpus_of_one_node_need_no_srun(recipe: Recipe, notes: Path) -> None:
    (notes / "refuse").touch()
    _, errors, _ = train(recipe, "node", "--ngpu", "4")
    assert "sbatch refused the job: error: invalid partition" in errors
    (script,) = notes.glob("script.*")
    assert "srun" not in script.read_text()
    assert " --ngpu 4 --multiprocessing_distributed true --resume true " in script.read_text()


@pytest.mark.usefixtures("notes")
def test_two_nodes_train_together(recipe: Recipe) -> None:
    output, errors, status = train(recipe, "nodes", "--num_nodes", "2")
    assert status == 0, errors
    assert "epoch 1: loss" in output
    exp = recipe.path / "exp/asr_st_nodes"
    config = yaml.safe_load((exp / "config.yaml").read_text())
    assert (config["distributed"], config["dist_launcher"], config["dist_backend"]) == (True, "slurm", "gloo")
    assert re.search(r":0/2\] .*The training was finished", (exp / "train.log").read_text())
    assert not list(exp.glob(".meet.*"))
    assert (exp / "valid.loss.ave.pth").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--num_nodes", "2"], "--num_nodes 2 needs a cluster: give --cmd_backend slurm."),
        (["--num_nodes", "0"], "--num_nodes is 1 or more, not 0."),
        (["--cmd_backend", "pbs"], "cmd_backend is local or slurm, not 'pbs'."),
    ],
)
def test_impossible_options(fresh_recipe: Recipe, options: list[str], message: str) -> None:
    assert fresh_recipe.error(*options) == f"error: {message}\n"
