import pytest

from benchmarks.workload import Workload


@pytest.fixture(scope="session")
def workload() -> Workload:
    """The least work that has everything in it: recognition, translation and self-supervision, in both halves."""
    return Workload(objectives=5, size="tiny", utterances=8, seconds=1.0)
