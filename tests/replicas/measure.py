"""Time and memory of a command of this project."""

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

# The memory is asked of the kernel at the very end; getrusage would count that of the process that started it too.
_WRAPPER = """
import atexit, pathlib, runpy, sys
atexit.register(lambda: print(pathlib.Path("/proc/self/status").read_text(), file=sys.stderr))
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a command took, and what it printed."""

    seconds: float
    peak_bytes: int
    output: str


def measure(module: str, arguments: Sequence[str]) -> Measurement:
    """Run ``python -m module arguments`` to its good end and measure it."""
    command = [sys.executable, "-c", _WRAPPER, module, *arguments]
    began = time.monotonic()
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    assert result.returncode == 0, result.stderr
    peak = re.findall(r"^VmHWM:\s+(\d+) kB$", result.stderr, re.MULTILINE)
    return Measurement(seconds, int(peak[-1]) * 1024, result.stdout)
