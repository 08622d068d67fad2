"""The rows of the table: what is compared, with what, and how it is built."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from benchmarks.steps.base import Step
from benchmarks.steps.espnet import ESPnetSteps
from benchmarks.steps.per_objective import PerObjectiveSteps
from benchmarks.steps.soups import SoupSteps
from benchmarks.steps.torchjd import (
    AutogramPerUtteranceSteps,
    AutogramSteps,
    JacSteps,
    MtlBackwardSteps,
)
from benchmarks.workload import Workload
from espnet_soups.errors import UserError
from espnet_soups.soup.config import MEASURES, ModoConfig

JOINT, ESPNET = "joint", "espnet-st/espnet"
FIRST_TWO = [0, 1]


@dataclass(frozen=True, slots=True)
class Row:
    """One way of training.

    Attributes:
        name: Its name in the table.
        about: What it is, in one line.
        build: Makes it for a workload.
        reference: Name of the row that it is compared with.
        heavy: Whether a step takes many times the reference's, so that it is timed less often.
    """

    name: str
    about: str
    build: Callable[[Workload], Step]
    reference: str = JOINT
    heavy: bool = False


def _soup(name: str, about: str, soup: str, conf: dict[str, Any] | None = None, heavy: bool = False) -> Row:
    return Row(name, about, lambda work: SoupSteps(work, soup, conf), heavy=heavy)


def _without_ssl(work: Workload) -> Workload:
    return dataclasses.replace(work, ssl=False)


def _measures() -> list[Row]:
    """Every measurement but the default one, however many there are."""
    return [
        _soup(f"vm/{m}", f"vm, modo.measure: {m}", "vm", {"modo": {"measure": m}}, heavy=m == "exact")
        for m in MEASURES
        if m != ModoConfig().measure
    ]


_ROWS = [
    _soup(JOINT, "plain sum of all objectives, the reference", "joint"),
    _soup("vs", "default settings", "vs"),
    _soup("vc", "default settings", "vc"),
    _soup("vm", "default settings", "vm"),
    _soup(
        "vm/first-two",
        "blocks 0 and 1 selected, where conflict is said to be and measuring is dearest",
        "vm",
        {"conflict_layers": {"select": FIRST_TWO}},
    ),
    _soup("vm/all-layers", "conflict layers switched off", "vm", {"conflict_layers": {"select": "all"}}),
    _soup("vm/products-all-rows", "modo.measure: products with modo.rows: 1", "vm", {"modo": {"rows": 1.0}}),
    *_measures(),
    Row(
        ESPNET,
        "ESPnet's STTask (recognition by CTC), the reference of the next rows",
        lambda work: ESPnetSteps(_without_ssl(work)),
        ESPNET,
    ),
    Row(
        "espnet-st/ours",
        "joint without ssl: the work of ESPnet's STTask",
        lambda work: SoupSteps(_without_ssl(work), "joint"),
        ESPNET,
    ),
    Row(
        "espnet-st/ours-batch-norm",
        "the same with ESPnet's batch normalisation",
        lambda work: SoupSteps(_without_ssl(work), "joint", conv_norm="batch"),
        ESPNET,
    ),
    Row(
        "torchjd/mtl-parallel",
        "mtl_backward on all shared parameters, all rows at once",
        lambda work: MtlBackwardSteps(work, None),
        heavy=True,
    ),
    Row(
        "torchjd/mtl-sequential",
        "mtl_backward on all shared parameters, row by row",
        lambda work: MtlBackwardSteps(work, 1),
        heavy=True,
    ),
    Row(
        "torchjd/jac-first-two",
        "autojac.jac on blocks 0 and 1, row by row",
        lambda work: JacSteps(work, FIRST_TWO, 1),
        heavy=True,
    ),
    Row(
        "torchjd/autogram-all",
        "autogram on all blocks",
        lambda work: AutogramSteps(work, None),
        heavy=True,
    ),
    Row(
        "torchjd/autogram-first-two",
        "autogram on blocks 0 and 1",
        lambda work: AutogramSteps(work, FIRST_TWO),
        heavy=True,
    ),
    Row(
        "torchjd/autogram-per-utterance",
        "autogram with a batch dimension on blocks 0 and 1, attention left out (it does not work there)",
        lambda work: AutogramPerUtteranceSteps(work, FIRST_TWO),
        heavy=True,
    ),
    Row("authors", "one forward and backward pass for each objective and half", PerObjectiveSteps, heavy=True),
]
ROWS = {row.name: row for row in _ROWS}


def find_row(name: str) -> Row:
    """A row of the table, or one made for a name such as ``vm{"modo": {"every": 8}}``.

    Raises:
        UserError: If there is no such row.
    """
    if name in ROWS:
        return ROWS[name]
    soup, brace, rest = name.partition("{")
    if not brace:
        raise UserError(f"--only {name}: there is no such row; --list shows all.")
    try:
        conf = json.loads(brace + rest)
    except json.JSONDecodeError as error:
        raise UserError(f"--only {name}: the settings are not JSON ({error}).") from error
    return _soup(name, "settings of your own", soup, conf)


def choose_rows(patterns: Sequence[str]) -> list[Row]:
    """Rows that a pattern names, after the references that they need, in the table's order.

    Raises:
        UserError: If a pattern names none.
    """
    chosen: dict[str, Row] = {}
    for pattern in patterns:
        names = [name for name in ROWS if fnmatchcase(name, pattern)]
        chosen |= {name: find_row(name) for name in names or [pattern]}
    chosen |= {row.reference: ROWS[row.reference] for row in chosen.values()}
    order = list(ROWS)
    return sorted(chosen.values(), key=lambda row: order.index(row.name) if row.name in ROWS else len(order))
