"""The command line of the stages' records."""

import subprocess
import sys
import time
from pathlib import Path


def stage(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "espnet_soups.bin.stage", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_begin_and_end(tmp_path):
    (tmp_path / "conf.yaml").write_text("frontend: default\nlr: 1\n")
    (tmp_path / "in").write_text("x")
    begin = ["begin", "r.json", "--needs", "1", "in", "--makes", "out", "--param", "a=1", "b=2"]
    begin += ["--yaml", "config=conf.yaml:frontend", "--arguments", "args=--max_epoch 3"]
    first = stage(tmp_path, *begin)
    assert (first.returncode, first.stdout) == (0, "not done yet\n")
    (tmp_path / "out").touch()
    assert stage(tmp_path, "end", "r.json").returncode == 0
    (tmp_path / "conf.yaml").write_text("frontend: default\nlr: 2\n")
    assert stage(tmp_path, *begin).returncode == 3
    begin[-1] = "args=--max_epoch 4"
    assert stage(tmp_path, *begin).stdout == "args.max_epoch was 3, now 4\n"


def test_a_stage_is_out_of_date_when_the_model_that_its_yaml_begins_with_has_changed(tmp_path):
    (tmp_path / "conf.yaml").write_text("init_param: ['a.pth:encoder']\n")
    (tmp_path / "a.pth").write_text("x")
    begin = ["begin", "r.json", "--yaml", "config=conf.yaml"]
    assert stage(tmp_path, *begin).returncode == 0
    assert stage(tmp_path, "end", "r.json").returncode == 0
    assert stage(tmp_path, *begin).returncode == 3
    (tmp_path / "a.pth").write_text("another")
    changed = stage(tmp_path, *begin)
    assert (changed.returncode, "a.pth" in changed.stdout) == (0, True)


def test_errors_are_one_line(tmp_path):
    result = stage(tmp_path, "begin", "r.json", "--needs", "4", "dump/raw/train")
    assert result.returncode == 1
    assert result.stderr.startswith("error: dump/raw/train is missing")
    assert result.stderr.count("\n") == 1


def test_a_check_is_quick(tmp_path):
    """A recipe checks nine stages, and a run with nothing to do should take no more than seconds."""
    (tmp_path / "conf.yaml").write_text("lr: 1\n")
    begin = ["begin", "r.json", "--yaml", "config=conf.yaml"]
    seconds = []
    for _ in range(3):
        start = time.monotonic()
        assert stage(tmp_path, *begin).returncode == 0
        seconds.append(time.monotonic() - start)
    assert min(seconds) < 1
