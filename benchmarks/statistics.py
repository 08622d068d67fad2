"""Medians, spreads and ratios of timed steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

BOOTSTRAP = 2000


@dataclass(frozen=True, slots=True)
class Spread:
    """Readings of one kind of step: median and quartiles."""

    median: float
    lower: float
    upper: float

    @property
    def relative(self) -> float:
        """Distance of the quartiles over the median."""
        return (self.upper - self.lower) / self.median


@dataclass(frozen=True, slots=True)
class Ratio:
    """A cost over the reference's, with the interval that holds it at 95 % confidence."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Costs:
    """Readings of all kinds of step of one way of training.

    Attributes:
        values: Readings of each kind.
        shares: Share of each kind in a long training; they sum to one.
    """

    values: Mapping[str, Sequence[float]]
    shares: Mapping[str, float]

    def amortised(self) -> float:
        """Cost of the average step of a long training: the kinds' medians, each with its share."""
        return float(sum(share * np.median(self.values[kind]) for kind, share in self.shares.items()))


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles."""
    lower, median, upper = np.quantile(values, [0.25, 0.5, 0.75])
    return Spread(float(median), float(lower), float(upper))


def ratio(costs: Costs, reference: Costs, seed: int = 0) -> Ratio:
    """Ratio of the amortised costs; the interval is a bootstrap over the readings of every kind of step.

    Args:
        costs: Of the way of training.
        reference: Of what it is compared with.
        seed: Seed of the bootstrap.
    """
    random = np.random.default_rng(seed)
    drawn = _draw(costs, random) / _draw(reference, random)
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    return Ratio(costs.amortised() / reference.amortised(), float(lower), float(upper))


def _draw(costs: Costs, random: np.random.Generator) -> np.ndarray:
    """Amortised costs from readings drawn with replacement `(BOOTSTRAP,)`."""
    total = np.zeros(BOOTSTRAP)
    for kind, share in costs.shares.items():
        values = np.asarray(costs.values[kind])
        total += share * np.median(random.choice(values, (BOOTSTRAP, len(values))), axis=1)
    return total
