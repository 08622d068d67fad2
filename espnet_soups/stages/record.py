"""The record of one stage: what it was run with, and whether it ended well."""

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from espnet_soups.errors import UserError
from espnet_soups.stages.files import FileState


@dataclass(frozen=True, slots=True)
class Record:
    """What one run of a stage depended on and made.

    Attributes:
        parameters: name to value, everything but files that the result depends on.
        inputs: path to the state of the file when the stage began.
        outputs: paths that the stage makes.
        done: whether it ended well; False while it runs and after it failed.
    """

    parameters: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, FileState] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    done: bool = False


def read_record(path: Path) -> Record | None:
    """Read a record; None if there is none.

    Raises:
        UserError: the file is no record.
    """
    try:
        content = json.loads(path.read_bytes())
        inputs = {name: FileState(**state) for name, state in content.pop("inputs").items()}
        return Record(inputs=inputs, **content)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{path} is not a stage's record ({error}); remove it, and the stage is done again.") from error


def write_record(path: Path, record: Record) -> None:
    """Write a record whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(json.dumps(dataclasses.asdict(record), indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(unfinished, path)


def differences(old: Record, new: Record) -> list[str]:
    """Return a phrase for each difference in parameters and file contents, parameters first."""
    phrases = []
    for name in sorted(old.parameters.keys() | new.parameters.keys()):
        before, now = old.parameters.get(name, "not set"), new.parameters.get(name, "not set")
        if before != now:
            phrases.append(f"{name} was {before}, now {now}")
    for name in sorted(old.inputs.keys() | new.inputs.keys()):
        if name not in new.inputs:
            phrases.append(f"{name} is no longer an input")
        elif name not in old.inputs:
            phrases.append(f"{name} is a new input")
        elif old.inputs[name].digest != new.inputs[name].digest:
            phrases.append(f"{name} has changed")
    return phrases
