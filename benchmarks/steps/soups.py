"""Steps of this project's soups, split into those that measure gradients and those that do not."""

import math
from typing import Any

from benchmarks.models import build_soups
from benchmarks.steps.base import ModelStep
from benchmarks.workload import Workload
from espnet_soups.soup.config import SoupConfig

NEVER = 10**9


class SoupSteps(ModelStep):
    """A soup's training in its steady state.

    A soup measures on every n-th step and looks for conflicting layers more rarely still. To time these kinds of step
    apart, the soup's clock is set before each step to where its schedule asks for that kind; that it did it is checked
    by the records that a measurement leaves.

    Args:
        workload: The work.
        soup: Name of the soup.
        conf: Its ``soup_conf``.
        conv_norm: Normalisation of the encoder's convolutions.
    """

    def __init__(
        self, workload: Workload, soup: str, conf: dict[str, Any] | None = None, conv_norm: str = "layer"
    ) -> None:
        model, optimizer = build_soups(workload, soup, conf, conv_norm)
        super().__init__(model, optimizer, workload)
        self.conf = conf or {}
        assert model.soup is not None
        self.soup = model.soup
        # An epoch without end: at its end no step measures, and every epoch's first step is like any other.
        self.soup.start_epoch(1, NEVER, 1)
        self.kinds = step_shares(self.soup.config)
        self._layers: list[int] | None = None

    def run(self, kind: str) -> None:
        """Do one step; see :meth:`ModelStep.run`."""
        state = self.soup.state
        state.step = 1 if kind == "plain" else 0
        state.next_detection = 0 if kind == "detecting" else NEVER
        if self._layers is not None:
            state.layers = list(self._layers)
        super().run(kind)
        # All detections choose from nearly the same parameters; the first one's layers stand for all.
        self._layers = self._layers or list(state.layers)
        self._check(kind)

    def start_own_order(self) -> int:
        """Go back to the soup's own schedule; number of steps until it has measured once."""
        self.soup.state.step, self.soup.state.next_detection = 1, NEVER
        return self.soup.config.modo.every

    def run_next(self) -> None:
        """Do the next step of the soup's own schedule."""
        super().run("plain")

    def warm_up(self) -> None:
        """Detect first, for nothing is measured before layers are chosen."""
        for kind in ("detecting", "measuring", "plain"):
            if kind in self.kinds:
                self.run(kind)

    def details(self) -> dict[str, Any]:
        """The soup's settings and the encoder blocks it measured on."""
        blocks = self._layers if self.soup.config.dynamic else None
        return {"soup": self.soup.config.soup, "soup_conf": self.conf, "blocks": blocks}

    def _check(self, kind: str) -> None:
        found = "plain"
        if self.soup.records:
            found = "detecting" if "conflict" in self.soup.records[-1] else "measuring"
        self.soup.records.clear()
        if found != kind:
            raise RuntimeError(f"the soup did a {found} step where a {kind} one was wanted")


def step_shares(config: SoupConfig) -> dict[str, float]:
    """Share of each kind of step in a long training, counted over one period of the schedule."""
    if not config.dynamic:
        return {"plain": 1.0}
    every, detect = config.modo.every, config.conflict_layers.detect_every
    period = math.lcm(every, detect)
    detecting = period // detect
    # Where both are due a detecting step takes the measuring one's place, which happens once in a period.
    measuring = period // every - 1
    counts = {"plain": period - detecting - measuring, "measuring": measuring, "detecting": detecting}
    return {kind: count / period for kind, count in counts.items() if count > 0}
