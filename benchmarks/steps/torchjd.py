"""TorchJD's ways to the same weights, each as cheap as its interface allows.

All of them do MoDo with double sampling, all run the heads once for each objective and half on a detached copy of the
encoder's output, which TorchJD's `mtl_backward` does too, and all leave the heads unweighted gradients. The quantities
are those of this project's `exact` measurement on the blocks that they are given.
"""

from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchjd.aggregation import MoDoWeighting
from torchjd.autogram import Engine
from torchjd.autojac import jac, mtl_backward

from benchmarks.models import build_soups
from benchmarks.steps.base import Step, mixed_precision
from benchmarks.steps.losses import (
    Batch,
    Encoded,
    draw_for_ssl,
    encode,
    objective_loss,
    set_gradients,
    split_halves,
    supervised_rows,
)
from benchmarks.workload import Workload, make_batch
from espnet_soups.gradients.blocks import find_blocks
from espnet_soups.objectives import TASKS


class TorchJDSteps(Step):
    """What TorchJD's ways have in common.

    Args:
        workload: The work.
        blocks: Numbers of the encoder blocks to compare gradients on; None for all shared parameters.
    """

    def __init__(self, workload: Workload, blocks: Sequence[int] | None = None) -> None:
        self.kinds = {"plain": 1.0}
        self.workload = workload
        self._model, self.optimizer = build_soups(workload)
        self.model = self._model
        self.shared = self._model.shared_parameters()
        every = find_blocks(self._model.encoder)
        self.chosen = list(every) if blocks is None else [every[block] for block in blocks]
        self.compared = self.shared if blocks is None else [p for block in self.chosen for p in block.parameters()]
        self.halves = split_halves(make_batch(workload))
        self.weighting = MoDoWeighting(gamma=0.1, rho=0.001)

    def run(self, kind: str) -> None:
        """Do one step; there is one kind only."""
        assert kind in self.kinds
        self.optimizer.zero_grad(set_to_none=True)
        self._backward()
        self.optimizer.step()

    @abstractmethod
    def _backward(self) -> None:
        """Leave all parameters their gradients."""

    def _encode(self, half: Batch) -> Encoded:
        """Encoder output of one half."""
        with mixed_precision(self.workload):
            return encode(self._model, half, for_ssl=draw_for_ssl(self._model, len(half["lang"])))

    def _losses(self, encoded: Encoded, half: Batch) -> list[Tensor]:
        """The K mean losses of one half."""
        rows = supervised_rows(self._model, half) | {"ssl": encoded.ssl_rows}
        with mixed_precision(self.workload):
            return [objective_loss(self._model, name, encoded, half, rows[name]) for name in self._model.objectives]


def _seeds(copy: Tensor, losses: list[Tensor]) -> Tensor:
    """Gradients of the losses with respect to the encoder's output `(K, R, T, D)`; the heads get theirs on the way."""
    seeds = []
    for loss in losses:
        loss.backward()
        assert copy.grad is not None
        seeds.append(copy.grad)
        copy.grad = None
    return torch.stack(seeds)


class MtlBackwardSteps(TorchJDSteps):
    """`mtl_backward`, which makes the Jacobian of all shared parameters.

    Args:
        workload: The work.
        chunk: Rows of the Jacobian to differentiate at once, by vmap; None for all.
    """

    def __init__(self, workload: Workload, chunk: int | None) -> None:
        super().__init__(workload)
        self.chunk = chunk

    def _backward(self) -> None:
        first, second = (self._jacobian(half) for half in self.halves)
        weights = self.weighting(first @ second.T)
        set_gradients(self.shared, 0.5 * (weights @ first + weights @ second))

    def _jacobian(self, half: Batch) -> Tensor:
        encoded = self._encode(half)
        losses = self._losses(encoded, half)
        mtl_backward(losses, features=encoded.h, shared_params=self.shared, parallel_chunk_size=self.chunk)
        jacobian = torch.cat([parameter.jac.flatten(1) for parameter in self.shared], dim=1)  # type: ignore[attr-defined]
        for parameter in self.shared:
            del parameter.jac  # type: ignore[attr-defined]
        return jacobian


class JacSteps(TorchJDSteps):
    """`autojac.jac` on selected blocks, then one weighted backward pass."""

    def __init__(self, workload: Workload, blocks: Sequence[int], chunk: int | None) -> None:
        super().__init__(workload, blocks)
        self.chunk = chunk

    def _backward(self) -> None:
        outputs, seeds, jacobians = [], [], []
        for half in self.halves:
            encoded = self._encode(half)
            copy = encoded.detached()
            seed = _seeds(copy.h, self._losses(copy, half))
            values = torch.einsum("rtd,krtd->k", encoded.h, seed)
            found = jac(values, inputs=self.compared, retain_graph=True, parallel_chunk_size=self.chunk)
            jacobians.append(torch.cat([one.flatten(1) for one in found], dim=1))
            outputs.append(encoded.h)
            seeds.append(seed)
        weights = self.weighting(jacobians[0] @ jacobians[1].T)
        mixed = [0.5 * torch.einsum("k,krtd->rtd", weights, seed) for seed in seeds]
        torch.autograd.backward(outputs, mixed)


class AutogramSteps(TorchJDSteps):
    """The autogram `Engine`, which makes the Gramian without the Jacobian, then one weighted backward pass.

    Args:
        workload: The work.
        blocks: Encoder blocks to compare gradients on; None for all.
    """

    def __init__(self, workload: Workload, blocks: Sequence[int] | None) -> None:
        super().__init__(workload, blocks)
        self.engine = Engine(*self.chosen, batch_dim=None)
        # Both halves in one graph: the Gramian has to cross them.
        self.batch = {n: torch.cat([half[n] for half in self.halves]) for n in self.halves[0]}

    def _backward(self) -> None:
        count = self.workload.objectives
        h, seeds = self.seeds()
        weights = self.weighting(self.gram(h, seeds)[:count, count:])
        h.backward(0.5 * torch.einsum("c,crtd->rtd", torch.cat([weights, weights]), seeds))

    def gram(self, h: Tensor, seeds: Tensor) -> Tensor:
        """Inner products `(2K, 2K)` of the gradients of all halves and objectives."""
        return self.engine.compute_gramian(torch.einsum("rtd,crtd->c", h, seeds))

    def seeds(self) -> tuple[Tensor, Tensor]:
        """Encoder output `(R, T, D)` and the gradients of the 2K mean losses there `(2K, R, T, D)`."""
        sizes = [len(half["lang"]) for half in self.halves]
        drawn = [draw_for_ssl(self._model, size) for size in sizes]
        with mixed_precision(self.workload):
            for_ssl = torch.cat([drawn[0], sizes[0] + drawn[1]])
            encoded = encode(self._model, self.batch, for_ssl=for_ssl)
            copy = encoded.detached()
            first = sizes[0], int(encoded.ssl_rows[0]) + len(drawn[0])
            rows = supervised_rows(self._model, self.batch) | {"ssl": encoded.ssl_rows}
            losses = []
            for half in (0, 1):
                for name in self._model.objectives:
                    border = first[name == "ssl"]
                    own = rows[name][(rows[name] >= border) == bool(half)]
                    losses.append(objective_loss(self._model, name, copy, self.batch, own))
        return encoded.h, _seeds(copy.h, losses)


class AutogramPerUtteranceSteps(AutogramSteps):
    """The `Engine` with a batch dimension: one Jacobian row for each utterance and task.

    It takes modules that treat utterances apart and have the utterance first in every argument. ESPnet's relative
    attention has not (its positions have a batch of one), so only the other matrices of the blocks are compared.
    """

    def __init__(self, workload: Workload, blocks: Sequence[int]) -> None:
        super().__init__(workload, blocks)
        self.engine = Engine(*self.matrices(), batch_dim=0)

    def matrices(self) -> list[nn.Module]:
        """The blocks' linear and convolution layers outside attention."""
        named = [(name, module) for block in self.chosen for name, module in block.named_modules()]
        return [m for name, m in named if isinstance(m, nn.Linear | nn.Conv1d) and not name.startswith("self_attn.")]

    def gram(self, h: Tensor, seeds: Tensor) -> Tensor:
        """Inner products `(2K, 2K)`, summed up from those of all utterances and tasks."""
        count = self.workload.objectives
        names = [name.partition("/")[0] for name in self._model.objectives]
        tasks = torch.tensor([TASKS.index(name) for name in names], device=h.device).repeat(2)
        # A task's objectives and halves are on different rows, so that their seeds can share one array.
        by_task = seeds.new_zeros(len(TASKS), *seeds.shape[1:]).index_add(0, tasks, seeds)
        gramian = self.engine.compute_gramian(torch.einsum("rtd,krtd->rk", h, by_task))
        member = h.new_zeros(2 * count, h.shape[0], len(TASKS))
        member[torch.arange(2 * count, device=h.device), :, tasks] = (seeds.abs().amax((2, 3)) > 0).to(member)
        mixing = member.flatten(1)
        return mixing @ gramian.to(mixing) @ mixing.T
