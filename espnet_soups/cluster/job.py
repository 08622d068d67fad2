"""One job on the cluster that looks like a command run here: its output comes out, and its status is returned."""

import getpass
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from espnet_soups.errors import UserError

POLL_SECONDS = 0.5
QUEUE_SECONDS = 30.0
"""Between two questions to Slurm whether the job is still known; the first comes after as long."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# What local/path.sh sets; the rest of the environment is the site's business (sbatch --export).
_VARIABLES = ("PATH", "PYTHONPATH", "LC_ALL", "PYTHONUTF8")
# Since Slurm 22.05 srun does not take over from sbatch how many cores a task has: all processes would share one.
_CORES = '[ -z "${SLURM_CPUS_PER_TASK-}" ] || export SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK}'


def job_script(command: Sequence[str], directory: Path, status: Path) -> str:
    """Return the script of a job that runs ``command`` in ``directory`` with this process' paths.

    The exit status goes to the file ``status``, which appears when the job has ended.
    """
    exports = [f"export {name}={shlex.quote(os.environ[name])}" for name in _VARIABLES if name in os.environ]
    new, done = shlex.quote(f"{status}.new"), shlex.quote(str(status))
    run = [shlex.join(command), f"echo $? >{new}", f"mv {new} {done}"]
    return "\n".join(["#!/bin/bash", f"cd {shlex.quote(str(directory))} || exit 1", _CORES, *exports, *run]) + "\n"


def run_on_cluster(submission: Sequence[str], command: Sequence[str], output: Path) -> int:
    """Submit a job, copy what it writes to stdout as it comes, and return its exit status.

    If this process is told to end (SIGINT, SIGTERM), the job is cancelled.

    Args:
        submission: the beginning of the command that submits, such as ``["sbatch", "--gres=gpu:4"]``.
        command: what the job runs.
        output: file on a disk that both machines see; gets the job's output, and is removed at the end.

    Raises:
        UserError: if the job cannot be submitted, or disappears without a status.
    """
    status = output.with_suffix(".status")
    output.parent.mkdir(parents=True, exist_ok=True)
    status.unlink(missing_ok=True)
    output.write_bytes(b"")
    # A signal that comes while the job has no number yet is kept until it has one.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        job = _submit(submission, job_script(command, Path.cwd(), status), output)
        _cancel_at_the_end_of_this_process(job)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    with output.open("rb") as stream:
        try:
            _wait(job, status, stream)
        finally:
            _copy(stream)
    code = int(status.read_text())
    status.unlink()
    output.unlink()
    return code


def _submit(submission: Sequence[str], script: str, output: Path) -> str:
    options = ["--parsable", f"--job-name={output.stem}", f"--output={output}", "--open-mode=append"]
    try:
        result = subprocess.run([*submission, *options], input=script, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        output.unlink()
        raise UserError(
            f"There is no command {submission[0]}: submit jobs where Slurm is, or set cmd_backend=local in cmd.sh."
        ) from error
    if result.returncode:
        output.unlink()
        raise UserError(f"{submission[0]} refused the job: {' '.join(result.stderr.split())}")
    return result.stdout.strip().partition(";")[0]  # ID, or ID;CLUSTER


def _wait(job: str, status: Path, stream: BinaryIO) -> None:
    asked = time.monotonic()
    while not status.exists():
        _copy(stream)
        time.sleep(POLL_SECONDS)
        if time.monotonic() - asked >= QUEUE_SECONDS:
            known = _is_known(job)
            time.sleep(POLL_SECONDS)  # a job may have ended well between the last look and the question
            if not known and not status.exists():
                raise UserError(f"Slurm's job {job} was cancelled, killed or out of time: it left no exit status.")
            asked = time.monotonic()


def _is_known(job: str) -> bool:
    """Tell whether the job waits or runs; also if Slurm does not answer, which happens when it is busy."""
    command = ["squeue", "--noheader", "--format=%A", f"--user={getpass.getuser()}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.returncode != 0 or job in result.stdout.split()


def _cancel_at_the_end_of_this_process(job: str) -> None:
    def cancel(number: int, _: FrameType | None) -> None:
        subprocess.run(["scancel", job], check=False)
        sys.exit(128 + number)

    for number in _SIGNALS:
        signal.signal(number, cancel)


def _copy(stream: BinaryIO) -> None:
    sys.stdout.buffer.write(stream.read())
    sys.stdout.buffer.flush()
