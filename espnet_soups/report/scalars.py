"""What training wrote for TensorBoard, read back as numbers."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Series:
    """A figure over time."""

    steps: tuple[int, ...]
    """Optimisation steps since the start of training, growing."""
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scalars:
    """All figures of a run by name, such as ``loss/asr/fr``; empty where nothing was recorded."""

    train: Mapping[str, Series]
    valid: Mapping[str, Series]


def read_scalars(experiment: Path, accum_grad: int = 1) -> Scalars:
    """Read ``tensorboard/train`` and ``tensorboard/valid``.

    ESPnet counts forward passes; they are turned into optimisation steps, which the soup's own figures (``soup_...``)
    count already. What a resumed run has done again counts once.
    """
    found = {split: _read(experiment / "tensorboard" / split, accum_grad) for split in ("train", "valid")}
    return Scalars(found["train"], found["valid"])


def training_seconds(train: Mapping[str, Series]) -> float | None:
    """Time spent in optimisation steps, without validation and saving; None if it was not recorded."""
    series = train.get("train_time")
    if series is None or not series.steps:
        return None
    starts = (0, *series.steps[:-1])
    return sum(seconds * (end - start) for start, end, seconds in zip(starts, series.steps, series.values, strict=True))


def _read(folder: Path, accum_grad: int) -> dict[str, Series]:
    if not folder.is_dir():
        return {}
    # Late: it takes a moment, and says at every import that TensorFlow is not installed.
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    series = {}
    for tag in accumulator.Tags()["scalars"]:
        divisor = 1 if tag.startswith("soup_") else accum_grad
        series[tag] = _in_order((event.step // divisor, event.value) for event in accumulator.Scalars(tag))
    return series


def _in_order(events: Iterable[tuple[int, float]]) -> Series:
    """Drop what a resumed run repeats, and the means of whole epochs, which have the step of the last interval."""
    steps: list[int] = []
    values: list[float] = []
    for step, value in events:
        while steps and steps[-1] > step:
            steps.pop()
            values.pop()
        if not steps or steps[-1] < step:
            steps.append(step)
            values.append(value)
    return Series(tuple(steps), tuple(values))
