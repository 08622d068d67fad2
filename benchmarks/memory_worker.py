"""Measure one row's peak memory; started by :mod:`benchmarks.memory` with an allocator that hides nothing."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.memory import is_out_of_memory, limited_memory, peaks
from benchmarks.rows import find_row
from benchmarks.workload import Workload


def main() -> None:
    """Write ``{kind: peak}`` as JSON, or ``null`` if memory ran out."""
    name, workload, answer = sys.argv[1:]
    work = Workload(**json.loads(workload))
    try:
        with limited_memory():
            content = {kind: asdict(peak) for kind, peak in peaks(find_row(name).build(work), work.device).items()}
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        content = None
    Path(answer).write_text(json.dumps(content), "utf-8")


if __name__ == "__main__":
    main()
