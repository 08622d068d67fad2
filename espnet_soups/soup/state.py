"""What a soup remembers from step to step, and how a measurement changes it."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from espnet_soups.soup.config import SoupConfig
from espnet_soups.soup.modo import directions, modo_update, shared_weights


@dataclass(frozen=True, slots=True)
class Measurement:
    """Inner products of the gradients of K objectives on the selected parameters.

    Attributes:
        products: ``G @ c_i`` for each level `(n, K)` where G estimates ``J1 J2^T`` and ``c_i`` are the directions
            that were asked for.
        present: Objectives that were measured, bool `(K,)`.
    """

    products: Tensor
    present: Tensor


class SoupState:
    """Lambda, running gradient norms, counters and conflict layers of one training run, all in float64 on the CPU."""

    def __init__(self, config: SoupConfig) -> None:
        count = len(config.hierarchy.names)
        self.config = config
        self.weights = config.hierarchy.uniform()
        self.norms = torch.zeros(count, dtype=torch.float64)
        self.step = 0
        self.epochs = 0.0
        self.rejected = 0
        self.layers: list[int] = []
        self.next_detection = 0

    def penalties(self) -> Tensor:
        """``p_i`` of every level now `(n,)`; the first is one."""
        return self._ratios()[0]

    def shared_weights(self) -> Tensor:
        """Weights of the objectives in the shared parameters' update now `(K,)`.

        With normalised gradients the weight of an objective is divided by its running gradient norm, and all are
        rescaled so that their sum is that of the plain method.
        """
        if not self.config.dynamic:
            return torch.tensor(self.config.static_weights, dtype=torch.float64)
        plain = shared_weights(self.weights, self.config.hierarchy, self._ratios())
        if self.config.modo.normalize == "none" or not bool((self.norms > 0).all()):
            return plain
        scaled = plain / self.norms
        return scaled * (plain.sum() / scaled.sum())

    def directions(self, present: Tensor) -> Tensor:
        """Combinations of gradients to multiply G with, one row for each level `(n, K)`."""
        rows = directions(self.weights, self.config.hierarchy, self._ratios(), present)
        return rows / self._scale(present)

    def update(self, measurement: Measurement) -> bool:
        """Take a measurement into lambda.

        Returns:
            False if it was not finite: then nothing changes but the count of rejected measurements.
        """
        present = measurement.present
        if not bool(measurement.products[:, present].isfinite().all()):
            self.rejected += 1
            return False
        modo = self.config.modo
        self.weights = modo_update(
            self.weights,
            measurement.products / self._scale(present),
            self.config.hierarchy,
            present,
            modo.step_size,
            modo.l2,
        )
        return True

    def observe_norms(self, norms: Tensor, present: Tensor) -> None:
        """Bring the running gradient norms `(K,)` up to date.

        They rise at once and fall slowly. An average that lags behind a growing gradient would make its normalised
        products huge, and one measurement would throw lambda onto a vertex of the simplex.
        """
        seen = present & norms.isfinite() & (norms > 0)
        decay = self.config.modo.norm_decay
        followed = torch.maximum(norms, decay * self.norms + (1 - decay) * norms)
        self.norms = torch.where(seen, followed, self.norms)

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resumed run needs, as tensors and plain numbers."""
        return {
            "names": list(self.config.hierarchy.names),
            "weights": self.weights.clone(),
            "norms": self.norms.clone(),
            "step": self.step,
            "epochs": self.epochs,
            "rejected": self.rejected,
            "layers": list(self.layers),
            "next_detection": self.next_detection,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a run.

        Raises:
            ValueError: If the state belongs to other objectives.
        """
        if list(state["names"]) != list(self.config.hierarchy.names):
            raise ValueError(
                f"The checkpoint's objectives {state['names']} are not this model's {list(self.config.hierarchy.names)}"
            )
        self.weights = state["weights"].to("cpu", torch.float64)
        self.norms = state["norms"].to("cpu", torch.float64)
        self.step = int(state["step"])
        self.epochs = float(state["epochs"])
        self.rejected = int(state["rejected"])
        self.layers = [int(layer) for layer in state["layers"]]
        self.next_detection = int(state["next_detection"])

    def _ratios(self) -> Tensor:
        etas = [penalty.at(self.epochs) for penalty in self.config.penalties]
        return self.config.hierarchy.relative_penalties(etas)

    def _scale(self, present: Tensor) -> Tensor:
        if self.config.modo.normalize == "none":
            return torch.ones_like(self.norms)
        return torch.where(present & (self.norms > 0), self.norms, 1.0)
