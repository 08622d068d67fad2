"""Running jobs with a log."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest


@pytest.fixture
def job(root: Path, tmp_path: Path):
    """Return a function that runs a job in a temporary folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(root / "local/run_job.sh"), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_output_goes_to_the_log(job, tmp_path):
    result = job("--gpu", "1", "logs/a.log", "bash", "-c", "echo out; echo err >&2")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    log = (tmp_path / "logs/a.log").read_text()
    assert "out\n" in log
    assert "err\n" in log
    assert log.startswith("# started ")
    assert "# ended with status 0" in log


def test_a_log_is_continued(job, tmp_path):
    job("a.log", "echo", "one")
    job("a.log", "echo", "two")
    assert (tmp_path / "a.log").read_text().count("# started") == 2


def test_of_an_epoch_the_losses_are_shown(job):
    report = "[vm] 2026-11-22 (trainer:357) INFO: {}epoch results: [train] time=1, loss_ssl=8, loss=3.21, time=2, "
    report += "[valid] loss_ssl=9, loss=2.22, time=1 minute and 2 seconds"
    lines = ["noise", report.format(7), "more noise", report.format(8)]
    result = job("--show", "epochs.sed", "a.log", "printf", "%s\n", *lines)
    assert result.stdout == "".join(f"epoch {epoch}: loss 3.21 in training, 2.22 in validation\n" for epoch in (7, 8))


def test_progress_is_shown_and_logged(job, tmp_path):
    script = "echo report; printf '50 %%\t' >&2; echo 'error: no such file.' >&2; exit 7"
    result = job("--progress", "a.log", "bash", "-c", script)
    assert (result.returncode, result.stdout, result.stderr) == (7, "", "50 %\terror: no such file.\n")
    log = (tmp_path / "a.log").read_text()
    assert "report\n" in log
    assert "error: no such file.\n" in log


def test_a_failure_shows_the_end_of_the_log(job):
    result = job("a.log", "bash", "-c", "seq 100; exit 3")
    assert result.returncode == 3
    assert "\n100\n" in result.stderr
    assert "\n50\n" not in result.stderr


def test_a_users_error_is_all_that_is_shown(job):
    job("a.log", "bash", "-c", "echo 'error: an old one.'; exit 1")
    result = job("a.log", "bash", "-c", "echo noise; echo 'error: no such file.'; echo noise; exit 1")
    assert (result.returncode, result.stderr) == (1, "error: no such file.\n")


def test_an_error_of_an_earlier_run_is_not_shown_again(job):
    job("a.log", "bash", "-c", "echo 'error: an old one.'; exit 1")
    assert "an old one" not in job("a.log", "bash", "-c", "echo new; exit 4").stderr.partition("are:")[0]


def test_copies(job, tmp_path):
    assert job("JOB=1:3", "a.JOB.log", "bash", "-c", "echo copy JOB").returncode == 0
    assert [f"copy {n}\n" in (tmp_path / f"a.{n}.log").read_text() for n in (1, 2, 3)] == [True] * 3


def test_one_failed_copy_fails_all(job):
    assert job("JOB=1:3", "a.JOB.log", "bash", "-c", "[ JOB != 2 ] || exit 5").returncode == 5


def test_copies_end_with_the_script(root, tmp_path):
    command = [str(root / "local/run_job.sh"), "JOB=1:2", "a.JOB.log", "sleep", "600"]
    script = subprocess.Popen(command, cwd=tmp_path, start_new_session=True)
    while len(list(tmp_path.glob("a.*.log"))) < 2:
        time.sleep(0.05)
    script.send_signal(signal.SIGTERM)
    assert script.wait(timeout=10) == 130
    deadline = time.monotonic() + 10
    while _alive(script.pid):
        assert time.monotonic() < deadline, "a copy is still running"
        time.sleep(0.05)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
