import pytest
import torch

from benchmarks.memory import is_out_of_memory, limited_memory, peaks_in_a_process
from benchmarks.rows import ROWS
from benchmarks.workload import Workload


def test_peak_holds_parameters_optimizer_and_step(workload: Workload) -> None:
    step = ROWS["joint"].build(workload)
    step.warm_up()
    (found,) = peaks_in_a_process("joint", workload, threads=1).values()
    assert found.resting == step.resting_bytes()
    parameters = sum(4 * parameter.numel() for parameter in step.model.parameters())
    assert 3 * parameters <= found.resting <= 3.2 * parameters
    # The batch's features alone are in the graph several times.
    assert found.step > 10 * workload.utterances * 100 * 20 * 4


def test_allocations_fail_before_the_machine_runs_out() -> None:
    with limited_memory(), pytest.raises(RuntimeError) as caught:
        torch.empty(2**45)
    assert is_out_of_memory(caught.value)
    assert torch.empty(2**20).numel() == 2**20


def test_other_errors_are_no_lack_of_memory() -> None:
    assert not is_out_of_memory(RuntimeError("size mismatch"))
