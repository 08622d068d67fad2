"""The files that a training configuration names and a model cannot be built without."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_TOP = ("bpemodel", "src_bpemodel")
_PARTS = ("frontend", "specaug", "normalize", "preencoder", "encoder", "postencoder", "decoder", "ssl")
_ALWAYS_FILES = frozenset({"stats_file"})


def replace_references(config: Mapping[str, Any], replace: Callable[[str, bool], str]) -> dict[str, Any]:
    """Return ``config`` with every value that may name a file as ``replace`` says.

    Args:
        config: what ``config.yaml`` holds.
        replace: gets a string, and whether it is the name of a file for sure (a sentencepiece model or
            statistics) or may be anything (a string among a part's settings); returns what to put there.
    """
    changed = dict(config)
    for key in _TOP:
        if isinstance(value := config.get(key), str):
            changed[key] = replace(value, True)
    for part in _PARTS:
        key = f"{part}_conf"
        if key in config:
            changed[key] = _walk(config[key], replace, sure=False)
    return changed


def _walk(value: Any, replace: Callable[[str, bool], str], sure: bool) -> Any:
    if isinstance(value, dict):
        return {key: _walk(item, replace, key in _ALWAYS_FILES) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, replace, sure=False) for item in value]
    return replace(value, sure) if isinstance(value, str) else value


def is_file_name(value: str) -> bool:
    """Whether a string names an existing file, rather than a choice such as ``conv2d`` or ``swish``.

    A bare word is a choice even if a file in the working directory is called the same. A folder is none of the
    model's files: a pretrained encoder's weights are among the model's own, and its configuration in config.yaml.
    """
    return "/" in value and Path(value).is_file()
