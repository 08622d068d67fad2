"""Writing results."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from espnet_soups.errors import UserError


def check_writable(path: Path | None) -> None:
    """Find out before hours of measuring that there is no place for the result.

    Raises:
        UserError: If the folder does not exist.
    """
    if path is not None and not path.parent.is_dir():
        raise UserError(f"--json {path}: there is no folder {path.parent}; make it first.")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write the whole file or none; paths become strings."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(json.dumps(content, indent=1, default=str) + "\n", "utf-8")
    os.replace(unfinished, path)
