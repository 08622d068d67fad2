"""Making utterances as an IVR system does: by playing prompts one after the other."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from espnet_soups.corpora.audio import RATE, AudioError, Samples, read_audio, resample, write_audio

DIGIT_GAP_SECONDS = 0.08
PHRASE_GAP_SECONDS = 0.3

_FRAME_SECONDS = 0.01
_SILENCE_DB = -40.0
"""Frames this far below the loudest frame are silence."""


@dataclass(frozen=True, slots=True)
class Decode:
    """The task of converting one recording to 16 kHz flac."""

    source: Path
    output: Path


@dataclass(frozen=True, slots=True)
class Compose:
    """The task of joining 16 kHz recordings into one."""

    parts: tuple[Path, ...]
    output: Path
    max_gap_seconds: float


def decode(task: Decode) -> int | str:
    """Write the recording as 16 kHz mono flac; return its number of samples, or why it cannot be used."""
    try:
        samples, rate = read_audio(task.source)
    except AudioError as error:
        return str(error)
    samples = resample(samples, rate, RATE)
    write_audio(task.output, samples, RATE, "flac")
    return len(samples)


def compose(task: Compose) -> int:
    """Join the recordings and return the number of samples.

    The silence of the recordings themselves separates them, shortened to at most ``max_gap_seconds`` between
    two and half of it at either end.
    """
    parts = [trim_silence(read_audio(part)[0], RATE, task.max_gap_seconds / 2) for part in task.parts]
    samples = np.concatenate(parts)
    write_audio(task.output, samples, RATE, "flac")
    return len(samples)


def trim_silence(samples: Samples, rate: int, keep_seconds: float) -> Samples:
    """Shorten the silence at both ends of ``samples (N,)`` to at most ``keep_seconds``; speech stays."""
    frame = round(_FRAME_SECONDS * rate)
    power = _frame_power(samples, frame)
    loud = np.flatnonzero(power > power.max() * 10 ** (_SILENCE_DB / 10))
    if loud.size == 0:  # digital silence
        return samples[: round(2 * keep_seconds * rate)]
    keep = round(keep_seconds * rate)
    start = max(0, int(loud[0]) * frame - keep)
    end = min(len(samples), (int(loud[-1]) + 1) * frame + keep)
    return samples[start:end]


def _frame_power(samples: Samples, frame: int) -> np.ndarray:
    padded = np.pad(samples, (0, -len(samples) % frame)).reshape(-1, frame)
    return np.square(padded, dtype=np.float64).mean(axis=1)
