"""Peak memory of a step.

On a GPU this is what PyTorch's allocator says. On the CPU PyTorch keeps no such account, so the kernel's is used: the
step runs in a process of its own, whose allocator returns every block of 64 KiB and more to the kernel as soon as it
is freed (``MALLOC_MMAP_THRESHOLD_``), and the kernel remembers the most resident memory since it was last asked to
forget (``/proc/self/clear_refs`` and ``VmHWM``). That counts everything: activations, gradients, the scratch memory of
convolutions and matrix products, whoever allocates it. It repeats to 0.1 % (three processes, 20 M parameters). The one
thing that disturbs it is the kernel's taking back or reading in pages of program files, so a step during which these
have changed is done again. Linux only.
"""

import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from benchmarks.steps.base import Step
from benchmarks.workload import Workload

# Part of the free memory that a measured process may take before its allocations fail.
SHARE_OF_FREE = 0.85
# Change of the resident program files, in bytes, that does not spoil a measurement, and how often to try.
FILES_TOLERANCE = 128 * 1024
TRIES = 10


@dataclass(frozen=True, slots=True)
class Peak:
    """Memory of a step, in bytes.

    Attributes:
        resting: Parameters, buffers and the optimiser's state, which are there between steps.
        step: What the step needs on top of that at its most: activations, gradients, scratch.
    """

    resting: int
    step: int

    @property
    def total(self) -> int:
        """Most memory in use at once."""
        return self.resting + self.step


class OutOfMemoryError(Exception):
    """The step needs more memory than there is."""


def peaks(step: Step, device: str) -> dict[str, Peak]:
    """Peak of every kind of step, after all have run once.

    On the CPU call this in a process made by :func:`peaks_in_a_process` only: elsewhere freed memory stays resident.
    """
    step.warm_up()
    found = {}
    for kind in step.kinds:
        gc.collect()
        needed = _bytes_on_gpu(step, kind) if device == "cuda" else _bytes_on_cpu(step, kind)
        found[kind] = Peak(step.resting_bytes(), needed)
    return found


def peaks_in_a_process(row: str, workload: Workload, threads: int) -> dict[str, Peak]:
    """Run :func:`peaks` for a row of the table, by name, in a process of its own.

    Raises:
        OutOfMemoryError: If the machine has not enough memory.
    """
    environment = os.environ | {
        "MALLOC_MMAP_THRESHOLD_": "65536",
        "MALLOC_TRIM_THRESHOLD_": "65536",
        "MALLOC_ARENA_MAX": "1",
        "OMP_NUM_THREADS": str(threads),
    }
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "peaks.json"
        command = [sys.executable, "-m", "benchmarks.memory_worker", row, json.dumps(asdict(workload)), str(answer)]
        done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"measuring the memory of '{row}' failed:\n{done.stderr}")
        content = json.loads(answer.read_text("utf-8"))
    if content is None:
        raise OutOfMemoryError
    return {kind: Peak(**peak) for kind, peak in content.items()}


@contextmanager
def limited_memory() -> Iterator[None]:
    """Let allocations of this process fail before the machine runs out of memory."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_status("VmSize") + int(SHARE_OF_FREE * _available()), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of PyTorch or Python means that memory ran out."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def _bytes_on_gpu(step: Step, kind: str) -> int:
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    step.run(kind)
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def _bytes_on_cpu(step: Step, kind: str) -> int:
    for _ in range(TRIES):
        Path("/proc/self/clear_refs").write_text("5", "ascii")
        before, files = _status("VmRSS"), _status("RssFile")
        step.run(kind)
        needed = _status("VmHWM") - before
        if abs(_status("RssFile") - files) <= max(FILES_TOLERANCE, needed // 1000):
            return needed
    raise RuntimeError(
        f"pages of program files came and went during {TRIES} steps: measure memory on a quieter machine"
    )


def _status(name: str) -> int:
    return _kibibytes(Path("/proc/self/status"), name)


def _available() -> int:
    return _kibibytes(Path("/proc/meminfo"), "MemAvailable")


def _kibibytes(path: Path, name: str) -> int:
    for line in path.read_text("ascii").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024
    raise RuntimeError(f"{path} has no line '{name}'")
