"""Synthetic audio for the tests of data preparation."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

type WriteTone = Callable[..., Path]


@pytest.fixture
def write_tone(tmp_path: Path) -> WriteTone:
    """Return a function that writes a tone as 16-bit audio and returns the file's path."""

    def write(name: str, seconds: float = 0.5, rate: int = 16000, channels: int = 1, hertz: float = 440.0) -> Path:
        time = np.arange(round(seconds * rate)) / rate
        samples = 0.5 * np.sin(2 * np.pi * hertz * time)
        file = tmp_path / "source" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, np.stack([samples] * channels, axis=1), rate, subtype="PCM_16")
        return file

    return write
