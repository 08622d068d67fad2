"""Objectives: the ``(task, language)`` pairs that one model optimises, and patterns that name several of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from espnet_soups.errors import UserError

TASKS = ("asr", "st", "ssl")


@dataclass(frozen=True, slots=True)
class Objective:
    """One loss of the model.

    ``asr/<lang>`` is recognition by CTC, ``st/<src>-<tgt>`` translation by an attention decoder, ``ssl`` the
    self-supervised loss, which has no language.
    """

    task: str
    source: str | None = None
    target: str | None = None

    def __str__(self) -> str:
        if self.task == "ssl":
            return "ssl"
        return f"asr/{self.source}" if self.task == "asr" else f"st/{self.source}-{self.target}"


def parse_objective(name: str) -> Objective:
    """Read ``asr/fr``, ``st/fr-en`` or ``ssl``.

    Raises:
        UserError: If the name has another form.
    """
    task, _, rest = name.partition("/")
    if task == "ssl" and not rest:
        return Objective("ssl")
    if task == "asr" and rest and "/" not in rest:
        return Objective("asr", rest)
    if task == "st" and rest.count("-") == 1 and "/" not in rest:
        source, target = rest.split("-")
        if source and target:
            return Objective("st", source, target)
    raise UserError(f"'{name}' is not an objective: write asr/<language>, st/<source>-<target> or ssl.")


def list_objectives(asr_langs: Sequence[str], st_pairs: Sequence[str], ssl: bool) -> tuple[str, ...]:
    """Names of a model's objectives in their fixed order: recognition, translation, self-supervision.

    Raises:
        UserError: If a name is malformed or appears twice, if a source language has two targets, or if none is left.
    """
    names = [f"asr/{lang}" for lang in asr_langs] + [f"st/{pair}" for pair in st_pairs] + (["ssl"] if ssl else [])
    sources = [parse_objective(name).source or "" for name in names if name.startswith("st/")]
    for kind, items in (("Objective", names), ("The translation source", sources)):
        doubled = next((item for item in items if items.count(item) > 1), None)
        if doubled is not None:
            raise UserError(f"{kind} '{doubled}' is given twice: name each once in --asr_langs and --st_pairs.")
    for name in names:
        parse_objective(name)
    if not names:
        raise UserError("The model has no objective: give --asr_langs, --st_pairs or --ssl.")
    return tuple(names)


def match_objectives(pattern: str, names: Sequence[str]) -> tuple[str, ...]:
    """Objectives that a pattern such as ``asr/*``, ``*/fr`` or ``ssl`` names, in the order of ``names``.

    ``*/fr`` means the language that is spoken, so that it names ``asr/fr`` and ``st/fr-en``. A pattern with ``*`` may
    name nothing: a soup with ``st/*`` also serves a model that does not translate.

    Raises:
        UserError: If a name without ``*`` is no objective of the model.
    """
    task, _, language = pattern.partition("/")
    found = tuple(
        name
        for name in names
        if fnmatchcase(name, pattern)
        or (task == "*" and language != "" and fnmatchcase(parse_objective(name).source or "", language))
    )
    if not found and "*" not in pattern:
        raise UserError(f"'{pattern}' matches no objective of this model; it has {', '.join(names)}.")
    return found
