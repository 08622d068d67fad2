"""A packed model, unpacked: which of its files is what."""

import json
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any

from espnet_soups.errors import UserError
from espnet_soups.zoo.members import is_safe_name
from espnet_soups.zoo.references import replace_references
from espnet_soups.zoo.safe_yaml import read_mapping
from espnet_soups.zoo.shape import fits

META, DECODE, FACTS, CARD, RESULTS, SOUP = (
    "meta.yaml",
    "decode.yaml",
    "soups.json",
    "README.md",
    "RESULTS.json",
    "soup.yaml",
)
"""Members that every pack has (``RESULTS.json`` only if it was scored)."""
CONFIG, FOLDER = "config.yaml", "files"
"""The configuration, and the folder of the files that it names."""
_FACTS = {
    "name": str,
    "versions": dict,
    "asr_langs": [str],
    "st_pairs": [str],
    "objectives": [str],
    "soup": {"soup": str, "soup_conf": dict},
    "parameters": {"total": int},
    "licence": (str, NoneType),
    "corpora": [{"name": str, "licence": str}],
    "data": {"*": {"*": {"hours": (int, float)}}},
}
"""What ``soups.json`` always has; see :func:`espnet_soups.zoo.shape.fits`."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The folder of an unpacked model. ``meta.yaml`` is in ESPnet's format, ``soups.json`` is this project's."""

    folder: Path
    train_config: Path
    model_file: Path

    @property
    def decode_config(self) -> Path:
        """The searches with which the model was scored."""
        return self.folder / DECODE

    def facts(self) -> dict[str, Any]:
        """What ``soups.json`` says; see :func:`espnet_soups.zoo.facts.collect_facts`.

        Raises:
            UserError: if the file is damaged.
        """
        try:
            content = json.loads((self.folder / FACTS).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise UserError(f"{self.folder / FACTS} cannot be read ({error}); get the model again.") from error
        if not fits(content, _FACTS):
            raise UserError(f"{self.folder / FACTS} is not what 'soups pack' writes; get the model again.")
        return dict(content)

    def config(self) -> dict[str, Any]:
        """The training configuration, in which the names of files are where these files lie now.

        Raises:
            UserError: if it is damaged, or a file that it names is missing.
        """
        return located_config(self.train_config, self.folder)


def is_bundle(folder: Path) -> bool:
    """Whether a folder holds an unpacked model, of whichever program."""
    return (folder / META).is_file()


def open_bundle(folder: Path) -> Bundle:
    """Find the files of an unpacked model.

    Raises:
        UserError: if members are missing or the model is not of this project.
    """
    meta = read_mapping(folder / META)
    named = {key: meta.get(key) for key in ("files", "yaml_files")}
    config, weights = (
        value.get(name) if isinstance(value, dict) else None
        for value, name in ((named["yaml_files"], "train_config"), (named["files"], "model_file"))
    )
    for what, name in (("train_config", config), ("model_file", weights)):
        if not isinstance(name, str):
            raise UserError(f"{folder / META} names no {what}: this is not a model that 'soups pack' has made.")
        if not is_safe_name(name):
            raise UserError(f"{folder / META} names the {what} {name!r}, which lies outside the model; do not use it.")
    for member in (config, weights, DECODE, FACTS):
        if not (folder / str(member)).is_file():
            raise UserError(f"The model in {folder} is not whole: it has no {member}; get it again.")
    return Bundle(folder, folder / str(config), folder / str(weights))


def located_config(train_config: Path, folder: Path) -> dict[str, Any]:
    """Read a training configuration whose files lie in ``folder`` and nowhere else.

    Raises:
        UserError: if it is damaged, or a file that it names is missing.
    """

    def locate(name: str, sure: bool) -> str:
        inside = is_safe_name(name) and (folder / name).is_file()
        if sure and not inside:
            raise UserError(f"{train_config} names the file {name}, which is not in {folder}; get the model again.")
        return str(folder / name) if inside and "/" in name else name

    return replace_references(read_mapping(train_config), locate)
