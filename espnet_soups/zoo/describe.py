"""``soups info``: a model in a few lines."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from espnet_soups.errors import UserError
from espnet_soups.zoo.bundle import RESULTS, is_bundle, open_bundle
from espnet_soups.zoo.locate import default_cache, locate
from espnet_soups.zoo.shape import fits

_SCORES = (("asr", ("wer", "cer")), ("st", ("bleu", "chrf")))


def describe(source: str, cache: Path | None = None) -> dict[str, Any]:
    """What is known of a model: ``soups.json`` and, under ``scores``, ``RESULTS.json`` (None without it).

    Raises:
        UserError: if there is no such model, or it was not packed.
    """
    folder = locate(source, default_cache() if cache is None else cache)
    if not is_bundle(folder):
        raise UserError(f"{source} is not a packed model; pack it first (soups pack).")
    bundle = open_bundle(folder)
    return {**bundle.facts(), "scores": _scores(bundle.folder / RESULTS)}


def _scores(path: Path) -> dict[str, dict[str, dict[str, Any]]] | None:
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read ({error}); get the model again.") from error
    if not fits(content, {"*": {"*": dict}}):
        raise UserError(f"{path} is not what stage 13 writes; get the model again.")
    return dict(content)


def as_text(facts: Mapping[str, Any]) -> str:
    """The description for people."""
    return "\n".join(_lines(facts))


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    yield f"name        {facts['name']}"
    yield f"objectives  {' '.join(facts['objectives'])}"
    yield f"soup        {facts['soup']['soup']} {facts['soup']['soup_conf'] or ''}".rstrip()
    sizes = [f"{part} {count:,}" for part, count in facts["parameters"].items() if part != "total"]
    yield f"parameters  {facts['parameters']['total']:,} ({', '.join(sizes)})"
    yield f"licence     {facts['licence'] or 'not given'}"
    for corpus in facts["corpora"]:
        yield f"data        {corpus['name']}, {corpus['licence']}"
    for split, languages in facts["data"].items():
        hours = ", ".join(f"{lang} {row['hours']:.2f} h" for lang, row in languages.items())
        yield f"            {split}: {hours}"
    if facts["scores"] is None:
        yield "scores      none"
        return
    for name, objectives in facts["scores"].items():
        yield f"scores      {name}"
        for task, metrics in _SCORES:
            for objective, row in sorted(objectives.items()):
                found = [
                    f"{metric.upper()} {row[metric]:.2f}" for metric in metrics if isinstance(row.get(metric), float)
                ]
                if objective.startswith(f"{task}/") and found:
                    yield f"            {objective:<9} {'  '.join(found)}"
