"""The objectives of a run by level of its soup, in words."""

from espnet_soups.corpora.tables import format_table
from espnet_soups.soup.config import SoupConfig
from espnet_soups.soup.penalty import Penalty


def describe_objectives(config: SoupConfig) -> str:
    """Return a table of the levels, upper first, with their objectives and penalties or fixed weights."""
    hierarchy = config.hierarchy
    if not config.dynamic:
        weights = [f"{weight:g}" for weight in config.static_weights]
        return format_table(("objective", "weight"), list(zip(hierarchy.names, weights, strict=True)))
    penalties = ["none: the upper level", *(_words(penalty) for penalty in config.penalties)]
    levels = [" ".join(hierarchy.names[k] for k in level) for level in hierarchy.levels]
    rows = [
        (f"level {number}", names, penalty)
        for number, (names, penalty) in enumerate(zip(levels, penalties, strict=True), start=1)
    ]
    return format_table(("level", "objectives", "penalty"), rows)


def _words(penalty: Penalty) -> str:
    return (
        f"from {penalty.init:g}, {penalty.increase_per_epoch:+g} an epoch, to {penalty.max:g}, towards the level above"
    )
