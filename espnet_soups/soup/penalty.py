"""Penalties between levels: how strongly a lower level constrains the one above it."""

from dataclasses import dataclass

from espnet_soups.errors import UserError


@dataclass(frozen=True, slots=True)
class Penalty:
    """A penalty that grows linearly with training and is capped (BL-JUST, arXiv 2401.06980).

    Growth is continuous in the epoch, not in jumps at its end, so that long epochs behave like short ones.

    Attributes:
        init: Value at the start.
        increase_per_epoch: Growth in one epoch.
        max: Cap.
    """

    init: float = 0.0
    increase_per_epoch: float = 0.02
    max: float = 1.5

    def __post_init__(self) -> None:
        if min(self.init, self.increase_per_epoch, self.max) < 0 or self.init > self.max:
            raise UserError(
                f"penalty init {self.init}, increase_per_epoch {self.increase_per_epoch}, max {self.max}: "
                "all must be at least 0 and init at most max."
            )

    def at(self, epochs: float) -> float:
        """Value after ``epochs`` epochs of training, a fraction of an epoch included."""
        return min(self.max, self.init + self.increase_per_epoch * epochs)
