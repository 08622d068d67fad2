"""What a user writes under ``soup`` and ``soup_conf``, checked when training starts."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from espnet_soups.errors import UserError
from espnet_soups.objectives import match_objectives
from espnet_soups.soup.hierarchy import Hierarchy, build_hierarchy
from espnet_soups.soup.penalty import Penalty

SOUPS = ("joint", "static", "vs", "vc", "vm")
MEASURES = ("exact", "products", "directional")
NORMALIZATIONS = ("none", "gradient")
# Levels that a soup has unless the YAML gives its own: paper, section 3.
DEFAULT_LEVELS: dict[str, str | list[list[str]]] = {
    "joint": [["*"]],
    "static": [["*"]],
    "vs": [["*"]],
    "vc": [["asr/*", "st/*"], ["ssl"]],
    "vm": "usa",
}


@dataclass(frozen=True, slots=True)
class ModoConfig:
    """How lambda follows the gradients.

    Attributes:
        step_size: gamma of the lambda update.
        l2: rho, the pull towards uniform weights.
        measure: How ``G`` is obtained, see :mod:`espnet_soups.gradients`.
        every: Optimisation steps between two measurements.
        rows: Fraction of each weight matrix's rows that ``products`` uses, drawn anew each time.
        utterances: Fraction of each half's utterances that a measurement uses, drawn anew each time.
        normalize: ``gradient`` divides each objective by its running gradient norm before lambda is computed, which
            keeps the task with the smallest gradient from taking all the weight; ``none`` is the plain method.
        norm_decay: Decay of those running norms per measurement.
    """

    step_size: float = 0.1
    l2: float = 0.001
    measure: str = "products"
    every: int = 16
    rows: float = 0.125
    utterances: float = 1.0
    normalize: str = "gradient"
    norm_decay: float = 0.9

    def __post_init__(self) -> None:
        _one_of("modo.measure", self.measure, MEASURES)
        _one_of("modo.normalize", self.normalize, NORMALIZATIONS)
        _check("modo.step_size", self.step_size, self.step_size > 0, "above 0")
        _check("modo.l2", self.l2, self.l2 >= 0, "at least 0")
        _check("modo.every", self.every, self.every >= 1, "at least 1")
        _check("modo.rows", self.rows, 0 < self.rows <= 1, "above 0 and at most 1")
        _check("modo.utterances", self.utterances, 0 < self.utterances <= 1, "above 0 and at most 1")
        _check("modo.norm_decay", self.norm_decay, 0 <= self.norm_decay < 1, "at least 0 and below 1")


@dataclass(frozen=True, slots=True)
class ConflictConfig:
    """Which encoder blocks take part in computing the weights.

    Attributes:
        select: ``auto`` for the blocks found to conflict, ``all``, or a list of block numbers from 0.
        detect_every: Optimisation steps between two looks at all blocks.
        threshold: A block conflicts when its mean cosine similarity is below this.
    """

    select: str | tuple[int, ...] = "auto"
    detect_every: int = 500
    threshold: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.select, str):
            _one_of("conflict_layers.select", self.select, ("auto", "all"))
        elif not self.select or min(self.select) < 0:
            raise UserError("conflict_layers.select needs at least one block number, counted from 0.")
        _check("conflict_layers.detect_every", self.detect_every, self.detect_every >= 1, "at least 1")


@dataclass(frozen=True, slots=True)
class SoupConfig:
    """A soup over given objectives, ready to use."""

    soup: str
    hierarchy: Hierarchy
    penalties: tuple[Penalty, ...]
    static_weights: tuple[float, ...]
    modo: ModoConfig = field(default_factory=ModoConfig)
    conflict_layers: ConflictConfig = field(default_factory=ConflictConfig)

    @property
    def dynamic(self) -> bool:
        """Whether the weights follow the gradients."""
        return self.soup in ("vs", "vc", "vm")


def build_soup_config(soup: str, conf: Mapping[str, Any], names: Sequence[str]) -> SoupConfig:
    """Read ``soup`` and ``soup_conf`` for a model with the objectives ``names``.

    Raises:
        UserError: For an unknown key, a wrong value, or a combination that contradicts itself.
    """
    _one_of("soup", soup, SOUPS)
    known = ("levels", "penalty", "modo", "conflict_layers", "weights")
    _known_keys("soup_conf", conf, known)
    if soup in ("joint", "static"):
        useless = [key for key in conf if key != "weights"]
        if useless:
            raise UserError(f"soup '{soup}' has fixed weights: remove {', '.join(useless)} from soup_conf.")
    if "weights" in conf and soup != "static":
        raise UserError(f"soup_conf.weights belongs to soup 'static', not to '{soup}'.")
    hierarchy = build_hierarchy(conf.get("levels", DEFAULT_LEVELS[soup]), names)
    if soup == "vs" and len(hierarchy.levels) > 1:
        raise UserError("soup 'vs' has one level: use 'vc' or 'vm' for several.")
    if soup == "vc" and len(hierarchy.levels) != 2:
        raise UserError("soup 'vc' has two levels: use 'vs' for one, 'vm' for more.")
    return SoupConfig(
        soup=soup,
        hierarchy=hierarchy,
        penalties=_penalties(conf.get("penalty", {}), len(hierarchy.levels) - 1),
        static_weights=_static_weights(soup, conf.get("weights"), hierarchy),
        modo=_dataclass("modo", ModoConfig, conf.get("modo", {})),
        conflict_layers=_dataclass("conflict_layers", ConflictConfig, conf.get("conflict_layers", {})),
    )


def _penalties(conf: Mapping[str, Any] | Sequence[Mapping[str, Any]], count: int) -> tuple[Penalty, ...]:
    if isinstance(conf, Mapping):
        return (_dataclass("penalty", Penalty, conf),) * count
    if len(conf) != count:
        raise UserError(f"soup_conf.penalty lists {len(conf)} penalties but the levels need {count}.")
    return tuple(_dataclass("penalty", Penalty, one) for one in conf)


def _static_weights(soup: str, conf: Mapping[str, float] | None, hierarchy: Hierarchy) -> tuple[float, ...]:
    if soup != "static":
        return (1.0,) * len(hierarchy.names)
    if not conf:
        raise UserError("soup 'static' needs soup_conf.weights, such as {'asr/*': 1.0, 'st/*': 0.5, ssl: 0.1}.")
    # Each pattern becomes a level, so that overlaps and gaps are found by the same rules.
    used = {pattern: weight for pattern, weight in conf.items() if match_objectives(pattern, hierarchy.names)}
    by_pattern = build_hierarchy([[pattern] for pattern in used], hierarchy.names)
    result = [0.0] * len(hierarchy.names)
    for level, weight in zip(by_pattern.levels, used.values(), strict=True):
        _check("soup_conf.weights", weight, weight >= 0, "at least 0")
        for k in level:
            result[k] = float(weight)
    return tuple(result)


def _dataclass[T](section: str, cls: type[T], conf: Mapping[str, Any]) -> T:
    types = {f.name: f.type for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    _known_keys(f"soup_conf.{section}", conf, tuple(types))
    values: dict[str, Any] = {}
    for key, value in conf.items():
        wanted = types[key]
        if wanted in (float, int) and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise UserError(f"soup_conf.{section}.{key} must be a number, not '{value}'.")
        if wanted is int and value != int(value):
            raise UserError(f"soup_conf.{section}.{key} must be a whole number, not {value}.")
        if wanted in (float, int):
            value = wanted(value)
        values[key] = tuple(value) if isinstance(value, list) else value
    return cls(**values)


def _known_keys(section: str, conf: Mapping[str, Any], known: Sequence[str]) -> None:
    if not isinstance(conf, Mapping):
        raise UserError(f"{section} must be a mapping, not '{conf}'.")
    for key in conf:
        if key not in known:
            raise UserError(f"{section} has no option '{key}': it knows {', '.join(known)}.")


def _one_of(option: str, value: object, choices: Sequence[str]) -> None:
    if value not in choices:
        raise UserError(f"{option} is '{value}': use one of {', '.join(choices)}.")


def _check(option: str, value: float, valid: bool, rule: str) -> None:
    if not valid:
        raise UserError(f"{option} is {value}: it must be {rule}.")
