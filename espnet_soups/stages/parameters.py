"""Configuration files and extra arguments as flat parameters of a stage."""

import ast
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from espnet_soups.errors import UserError


def yaml_parameters(name: str, path: Path, keys: list[str] | None = None) -> dict[str, str]:
    """Read a YAML file as parameters ``name.key.subkey``; of the top level only ``keys`` if they are given.

    Comments, order and layout of the file do not show in the result.

    Raises:
        UserError: there is no such file, or it is not a YAML mapping.
    """
    import yaml  # here, because most stages need no YAML and the import costs as much as their whole check

    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path} (given by --{name}) does not exist.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} (given by --{name}) is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} (given by --{name}) is not a YAML mapping of options to values.")
    chosen = content if keys is None else {key: content[key] for key in keys if key in content}
    return dict(_flatten(name, chosen))


def _flatten(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flatten(f"{prefix}.{key}", item)
    else:
        yield prefix, str(value)


def argument_parameters(name: str, arguments: str) -> dict[str, str]:
    """Split ``--max_epoch 3 --optim_conf lr=0.1`` into parameters ``name.max_epoch``, ``name.optim_conf``.

    Raises:
        UserError: a value stands before the first option, or a quote is not closed.
    """
    try:
        tokens = shlex.split(arguments)
    except ValueError as error:
        raise UserError(f"--{name} has a quote that is not closed: {arguments}") from error
    values: dict[str, list[str]] = {}
    option = None
    for token in tokens:
        if token.startswith("--"):
            option, equals, value = token[2:].partition("=")
            values[option] = [value] if equals else []
        elif option is None:
            raise UserError(f"--{name} begins with '{token}', which is no option: options begin with --.")
        else:
            values[option].append(token)
    return {f"{name}.{option}": " ".join(words) for option, words in values.items()}


def initial_models(parameters: Mapping[str, str]) -> list[Path]:
    """Files of the models that a training begins with, as far as they are there.

    They are the first parts of ``init_param``, which is ``FILE:SOURCE:DESTINATION:EXCLUDED``. As for ESPnet, arguments
    replace what a YAML says, so the last parameter of that name counts.

    Raises:
        UserError: a list stands where arguments are separate words.
    """
    given = [value for name, value in parameters.items() if name.split(".")[1:] == ["init_param"]]
    if not given:
        return []
    try:
        words = ast.literal_eval(given[-1]) if given[-1].startswith("[") else given[-1].split()
    except (ValueError, SyntaxError) as error:
        raise UserError(f"init_param is '{given[-1]}': give each model as FILE or FILE:SOURCE:DESTINATION.") from error
    files = [Path(str(word).partition(":")[0]) for word in words]
    return [file for file in files if file.is_file()]
