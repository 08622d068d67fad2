"""The comparison of two runs' lambda."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.trajectories import main
from espnet_soups.training.records import RECORDS, append_records


def run(folder: Path, lambdas: dict[int, tuple[float, float]]) -> Path:
    folder.mkdir()
    append_records(
        folder / RECORDS,
        [
            {"step": step, "figures": {"lambda/asr/en": a, "lambda/asr/fr": b, "penalty/level1": 1.0}}
            for step, (a, b) in lambdas.items()
        ],
    )
    return folder


def test_differences_at_common_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = run(tmp_path / "one", {0: (0.5, 0.5), 16: (0.6, 0.4), 32: (0.9, 0.1), 48: (0.7, 0.3)})
    other = run(tmp_path / "other", {0: (0.5, 0.5), 16: (0.5, 0.5), 32: (0.6, 0.4), 64: (0.1, 0.9)})
    main([str(one), str(other), "--json", str(tmp_path / "out.json")])
    assert "3 measurements in common, steps 0 to 32" in capsys.readouterr().out
    found = json.loads((tmp_path / "out.json").read_text())["objectives"]["asr/en"]
    assert found["largest"] == pytest.approx(0.3)
    assert found["final"] == pytest.approx(0.3)
    assert found["mean"] == pytest.approx(0.4 / 3)
    assert found["last"] == pytest.approx([0.9, 0.6])


def test_runs_that_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = run(tmp_path / "one", {0: (0.5, 0.5)}), run(tmp_path / "other", {1: (0.5, 0.5)})
    (tmp_path / "empty").mkdir()
    for folder, message in ((other, "no common step"), (tmp_path / "empty", "has no records")):
        with pytest.raises(SystemExit):
            main([str(one), str(folder)])
        assert message in capsys.readouterr().err


def test_it_is_a_command(tmp_path: Path) -> None:
    one = run(tmp_path / "one", {0: (0.5, 0.5)})
    command = [sys.executable, "-m", "benchmarks.trajectories", str(one), str(one)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "over all objectives: largest 0.0000, largest final 0.0000" in done.stdout
