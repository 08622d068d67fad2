"""A job on a cluster that is not there: commands of the same names stand in for Slurm."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cluster.fakes import write_fakes

ROOT = Path(__file__).parents[2]


class Cluster:
    """A folder from which jobs are submitted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = write_fakes(folder)
        self.environment = {
            **os.environ,
            "PATH": f"{folder}/bin{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "python": sys.executable,
        }

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start ``run_job.sh --slurm``."""
        return subprocess.Popen(
            [ROOT / "local/run_job.sh", "--slurm", *options],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *options: str) -> tuple[int, str]:
        """Run a job; return its status and what goes to stderr."""
        process = self.start(*options)
        _, errors = process.communicate(timeout=60)
        return process.returncode, errors


def wait_for(path: Path) -> None:
    """Wait until the file has content."""
    deadline = time.monotonic() + 30
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_the_output_goes_to_the_log(cluster: Cluster) -> None:
    options = ["--gpu", "4", "--num_nodes", "2", "--num_threads", "8"]
    status, _ = cluster.run(*options, "logs/train.log", "bash", "-c", 'echo "in $PWD, $1"; echo err >&2', "x", "a  b")
    assert status == 0
    log = (cluster.folder / "logs/train.log").read_text()
    assert f"in {cluster.folder}, a  b\nerr\n" in log
    (submitted,) = (cluster.notes / "sbatch").read_text().splitlines()
    for option in ("--gres=gpu:4", "--nodes=2", "--ntasks-per-node=1", "--cpus-per-task=8", "--job-name=train"):
        assert option in submitted.split()
    assert [path.name for path in (cluster.folder / "logs").iterdir()] == ["train.log"]


@pytest.mark.parametrize(("cores", "told"), [("8", "8"), ("", "none")])
def test_srun_is_told_the_cores_of_a_task(cluster: Cluster, cores: str, told: str) -> None:
    cluster.environment["SLURM_CPUS_PER_TASK"] = cores
    cluster.environment.pop("SRUN_CPUS_PER_TASK", None)
    assert cluster.run("a.log", "bash", "-c", 'echo "cores ${SRUN_CPUS_PER_TASK-none}"')[0] == 0
    assert f"\ncores {told}\n" in (cluster.folder / "a.log").read_text()


def test_the_sites_own_configuration_comes_first(cluster: Cluster) -> None:
    (cluster.folder / "conf").mkdir()
    (cluster.folder / "conf/slurm.conf").write_text("command sbatch --account=us\noption gpu=* --gpus=$0\n")
    assert cluster.run("--gpu", "2", "a.log", "true")[0] == 0
    assert (cluster.notes / "sbatch").read_text().startswith("--account=us --gpus=2 --parsable")


def test_a_failing_job_fails_with_its_error(cluster: Cluster) -> None:
    status, errors = cluster.run("a.log", "bash", "-c", "echo 'error: no such file.'; exit 7")
    assert (status, errors) == (7, "error: no such file.\n")


def test_several_jobs(cluster: Cluster) -> None:
    assert cluster.run("JOB=1:2", "a.JOB.log", "echo", "job JOB")[0] == 0
    assert "\njob 1\n" in (cluster.folder / "a.1.log").read_text()
    assert "\njob 2\n" in (cluster.folder / "a.2.log").read_text()
    assert len((cluster.notes / "sbatch").read_text().splitlines()) == 2


def test_a_job_that_is_refused(cluster: Cluster) -> None:
    (cluster.notes / "refuse").touch()
    status, errors = cluster.run("a.log", "true")
    assert (status, errors) == (1, "error: sbatch refused the job: error: invalid partition\n")


def test_a_machine_without_slurm(cluster: Cluster) -> None:
    (cluster.folder / "bin/sbatch").unlink()
    status, errors = cluster.run("a.log", "true")
    assert (status, errors) == (
        1,
        "error: There is no command sbatch: submit jobs where Slurm is, or set cmd_backend=local in cmd.sh.\n",
    )


def test_the_end_of_the_run_is_the_end_of_the_job(cluster: Cluster) -> None:
    process = cluster.start("a.log", "sleep", "5")
    wait_for(cluster.notes / "sbatch")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    wait_for(cluster.notes / "scancel")
    assert (cluster.notes / "scancel").read_text() == "17\n"


def test_a_job_that_disappears(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from espnet_soups.bin.slurm_job import main
    from espnet_soups.cluster import job

    monkeypatch.setattr(job, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(job, "QUEUE_SECONDS", 0.05)
    monkeypatch.setattr(job, "_cancel_at_the_end_of_this_process", lambda _: None)
    monkeypatch.setenv("PATH", cluster.environment["PATH"])
    monkeypatch.chdir(cluster.folder)
    (cluster.notes / "lose").touch()
    with pytest.raises(SystemExit) as stopped:
        main(["a.log", "true"])
    assert stopped.value.code == 1
    assert capsys.readouterr().err == (
        "error: Slurm's job 17 was cancelled, killed or out of time: it left no exit status.\n"
    )
