"""What all tests share. Nothing heavy is imported here: many tests need neither torch nor ESPnet."""

import os
from pathlib import Path

import pytest

# The tests' models are tiny: more threads than one only get in each other's way. Before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the clone's root."""
    return Path(__file__).resolve().parent.parent
