"""The soup's records of a training run: a line of JSON for every measurement, for the log, TensorBoard and reports."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from espnet_soups.corpora.kaldi_table import replace_text

RECORDS = "soup.jsonl"
PEAK_MEMORY = "soup_peak_memory_gib"
"""Name in TensorBoard of the most memory that the training process has held so far."""
Record = dict[str, Any]


def append_records(path: Path, records: Sequence[Record]) -> None:
    """Add records to the end of a file."""
    with path.open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(record) + "\n" for record in records)


def read_records(path: Path) -> list[Record]:
    """All records of a run, in order; none if there is no file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def drop_records_from(path: Path, step: int) -> None:
    """Drop what an interrupted run recorded after the checkpoint that training goes on from."""
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    # A line without an end was being written when the run ended, before the checkpoint of its epoch.
    kept = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] < step]
    if len(kept) < len(lines):
        replace_text(path, "".join(kept))


def epoch_summary(records: Sequence[Record]) -> str:
    """A table of the epoch's last figures: lambda, effective weight and gradient norm of every objective."""
    last = records[-1]["figures"]
    names = [key.partition("/")[2] for key in last if key.startswith("lambda/")]
    penalties = ", ".join(f"{value:.3f}" for key, value in last.items() if key.startswith("penalty/"))
    lines = [f"Soup after step {records[-1]['step']}: penalties of the levels {penalties}"]
    width = max(len(name) for name in names)
    lines.append(f"  {'objective':<{width}}  lambda  weight  gradient norm")
    for name in names:
        figures = (last[f"lambda/{name}"], last[f"weight/{name}"], last[f"gradient_norm/{name}"])
        lines.append(f"  {name:<{width}}  {figures[0]:.4f}  {figures[1]:.4f}  {figures[2]:.4g}")
    for record in records:
        if "conflict" in record:
            cosines = " ".join(f"{value:+.3f}" for value in record["conflict"])
            lines.append(f"  step {record['step']}: mean cosine by block {cosines}; weights from {record['blocks']}")
    if last["rejected_measurements"]:
        lines.append(f"  {last['rejected_measurements']:.0f} measurements were not finite and changed nothing")
    return "\n".join(lines)


def tensorboard_scalars(records: Sequence[Record]) -> Iterator[tuple[int, str, float]]:
    """Step, name and value of everything to plot."""
    for record in records:
        step = record["step"]
        for name, value in record["figures"].items():
            yield step, f"soup_{name}", value
        for block, value in enumerate(record.get("conflict", [])):
            yield step, f"soup_conflict/block{block}", value
        tasks = record.get("tasks", [])
        for block, matrix in enumerate(record.get("task_similarity", [])):
            for i in range(len(tasks)):
                for j in range(i + 1, len(tasks)):
                    yield step, f"soup_similarity_{tasks[i]}_{tasks[j]}/block{block}", matrix[i][j]
