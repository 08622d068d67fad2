"""Data-parallel training on two CPU processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from training.corpus import write_corpus

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("case", ["balanced", "missing_languages"])
def test_two_ranks_agree(tmp_path: Path, case: str) -> None:
    arguments = write_corpus(tmp_path / "corpus")
    more = ["--max_epoch", "2", "--batch_size", "12"]
    if case == "missing_languages":
        # Plain batches in order of the ids: each lacks a language, whose head has no gradient then.
        more += ["--balanced_batches", "false"]
    environment = {**os.environ, "RESULT": str(tmp_path / "result.json"), "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = f"{ROOT}{os.pathsep}{ROOT / 'tests'}"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command += [
        str(Path(__file__).parent / "ddp_worker.py"),
        *arguments,
        "--ngpu",
        "0",
        "--dist_backend",
        "gloo",
    ]
    done = subprocess.run(
        [*command, "--output_dir", str(tmp_path / "exp"), *more],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["ranks"] == 2
    assert result["equal"], result
    assert result["step"] > 0
    # Lambda moved, so that equality says something.
    assert len({round(w, 9) for w in result["weights"][:3]}) > 1
