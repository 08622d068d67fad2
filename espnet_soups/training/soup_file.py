"""``--soup_config``: the soup as a YAML of its own, so that two experiments differ in one file."""

import json
from pathlib import Path

import yaml

from espnet_soups.errors import UserError

OPTION = "--soup_config"


def read_soup_file(path: Path) -> dict[str, object]:
    """Read a soup's YAML, which holds ``soup`` and, if needed, ``soup_conf``.

    Raises:
        UserError: If the file is missing, is no mapping, or has other keys.
    """
    if not path.is_file():
        raise UserError(f"The soup configuration {path} does not exist: choose one of conf/soups/*.yaml.")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or "soup" not in content:
        raise UserError(f"{path} must name its soup, such as 'soup: vm'.")
    surplus = sorted(set(content) - {"soup", "soup_conf"})
    if surplus:
        raise UserError(f"{path} has {', '.join(surplus)}: a soup file holds only soup and soup_conf.")
    return content


def expand_soup_config(arguments: list[str]) -> list[str]:
    """Replace ``--soup_config FILE`` by the options in the file; options that stand after it win."""
    expanded: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, separator, value = argument.partition("=")
        if name != OPTION:
            expanded.append(argument)
            continue
        if not separator:
            value = next(rest, "")
        content = read_soup_file(Path(value))
        expanded += ["--soup", str(content["soup"])]
        if content.get("soup_conf"):
            expanded += ["--soup_conf", json.dumps(content["soup_conf"])]
    return expanded
