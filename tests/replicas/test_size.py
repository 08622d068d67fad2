"""The preparation of large corpora: a sample always, the full size when SOUPS_FULL_SIZE is set in the environment.

The full size takes some minutes and 2 GiB of disk:
SOUPS_FULL_SIZE=1 python -m pytest tests/replicas/test_size.py -s
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.replicas import covost2, librispeech
from tests.replicas.measure import Measurement, measure

SECONDS, BYTES = 120, 1 << 30

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
full_size = pytest.mark.skipif("SOUPS_FULL_SIZE" not in os.environ, reason="SOUPS_FULL_SIZE is not set")


def prepare_covost2(root: Path, share: float) -> Measurement:
    """Measure the preparation of French, with ``share`` of its rows."""
    rows = [max(1, int(share * size)) for size in covost2.FULL_SIZE["fr"]]
    covost2.make_covost2(root, {"fr": rows}, few_clips=True)
    places = ["--audio_dir", f"{root}/common_voice", "--translations_dir", f"{root}/covost"]
    places += ["--download_dir", f"{root}/downloads", "--data_dir", f"{root}/data"]
    return measure("espnet_soups.bin.prepare_covost2", [*places, "--languages", "fr", "--nj", "2"])


def prepare_librispeech(root: Path, share: float) -> Measurement:
    """Measure the preparation of all parts, with ``share`` of their utterances."""
    sizes = {part: max(1, int(share * size)) for part, size in librispeech.FULL_SIZE.items()}
    librispeech.make_librispeech(root, sizes, few_clips=True)
    places = ["--audio_dir", str(root), "--download_dir", f"{root}/downloads", "--data_dir", f"{root}/data"]
    return measure("espnet_soups.bin.prepare_librispeech", [*places, "--nj", "2"])


CORPORA = [prepare_covost2, prepare_librispeech]


@pytest.mark.parametrize("prepare", CORPORA)
def test_memory_and_time_of_a_sample_allow_for_the_full_size(
    prepare: Callable[[Path, float], Measurement], tmp_path: Path
) -> None:
    small, large = 0.005, 0.045
    first, second = prepare(tmp_path / "small", small), prepare(tmp_path / "large", large)
    growth = (second.peak_bytes - first.peak_bytes) / (large - small)
    assert first.peak_bytes + growth < BYTES
    assert second.seconds < SECONDS / 2


@full_size
@pytest.mark.parametrize("prepare", CORPORA)
def test_full_size(prepare: Callable[[Path, float], Measurement], tmp_path: Path) -> None:
    measured = prepare(tmp_path, 1.0)
    shutil.rmtree(tmp_path)  # pytest would keep it for some runs
    peak = measured.peak_bytes / (1 << 20)
    print(f"\n{prepare.__name__}: {measured.seconds:.1f} s, {peak:.0f} MiB\n{measured.output}")
    assert "The corpus is complete" in measured.output
    assert measured.seconds < SECONDS
    assert measured.peak_bytes < BYTES
