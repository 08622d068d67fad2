"""Checkpoints that are whole or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch


@contextmanager
def atomic_saves() -> Iterator[None]:
    """While inside, ``torch.save`` to a path writes beside it and then takes its place.

    ESPnet's trainer writes ``checkpoint.pth`` in place: a run that is killed at that moment could not go on.
    """
    save = torch.save

    def save_beside(content: Any, target: Any, *args: Any, **kwargs: Any) -> None:
        if not isinstance(target, str | os.PathLike):
            save(content, target, *args, **kwargs)
            return
        path = Path(target)
        beside = path.with_name(f".{path.name}.part")
        save(content, beside, *args, **kwargs)
        os.replace(beside, path)

    torch.save = save_beside  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.save = save
