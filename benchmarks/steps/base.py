"""What a step is to the clock, and what all steps have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from espnet2.train.reporter import SubReporter
from torch import Tensor, nn

from benchmarks.workload import Workload, make_batch


class Step(ABC):
    """A way of training. One :meth:`run` is one optimisation step: forward, backward, AdamW.

    Attributes:
        kinds: The kinds of step that it has, such as those that measure and those that do not, and the share of all
            steps of a long training that each has. The shares sum to one.
        model: What is trained.
        optimizer: Its optimiser.
    """

    kinds: Mapping[str, float]
    model: nn.Module
    optimizer: torch.optim.Optimizer

    @abstractmethod
    def run(self, kind: str) -> None:
        """Do one step of this kind."""

    def warm_up(self) -> None:
        """Do every kind of step once, so that buffers exist and lazy work is done."""
        for kind in self.kinds:
            self.run(kind)

    def details(self) -> dict[str, Any]:
        """What a reader of the figures should know of this way of training."""
        return {}

    def resting_bytes(self) -> int:
        """Bytes of parameters, buffers and the optimiser's state, which stay between steps."""
        tensors = [*self.model.parameters(), *self.model.buffers()]
        tensors += [v for state in self.optimizer.state.values() for v in state.values() if isinstance(v, Tensor)]
        return sum({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}.values())


class ModelStep(Step):
    """The step of ESPnet's trainer around a model whose forward pass returns its loss.

    The figures go to ESPnet's reporter as in training, for this is where a model that returns tensors waits for its
    device.
    """

    kinds: Mapping[str, float] = {"plain": 1.0}

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, workload: Workload) -> None:
        self.model, self.optimizer, self.workload = model, optimizer, workload
        self.batch = make_batch(workload)
        self._reporter = SubReporter("train", 1, 0)

    def run(self, kind: str) -> None:
        """Do one step; a plain model knows one kind only."""
        assert kind in self.kinds
        self.optimizer.zero_grad(set_to_none=True)
        with mixed_precision(self.workload):
            loss, stats, weight = self.model(**self.batch)
        self._reporter.register(stats, weight)
        self._reporter.next()
        loss.backward()
        self.optimizer.step()


def mixed_precision(workload: Workload) -> torch.autocast:
    """Automatic mixed precision, if the workload asks for it."""
    return torch.autocast(workload.device, dtype=torch.bfloat16, enabled=workload.dtype == "bfloat16")
