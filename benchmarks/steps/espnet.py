"""The step of ESPnet's own translation task."""

from benchmarks.models import build_espnet_st
from benchmarks.steps.base import ModelStep
from benchmarks.workload import Workload


class ESPnetSteps(ModelStep):
    """ESPnet's STTask: translation by attention and recognition by CTC, one head for all languages each."""

    def __init__(self, workload: Workload) -> None:
        super().__init__(*build_espnet_st(workload), workload)
