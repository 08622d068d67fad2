from pathlib import Path
from typing import Any

import pytest
import torch

from espnet_soups.training.atomic_save import atomic_saves


class Unwritable:
    """Fails while it is being written, as a killed run does."""

    def __reduce__(self) -> Any:
        raise KeyboardInterrupt


def test_an_interrupted_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pth"
    with atomic_saves():
        torch.save({"step": 1}, path)
        with pytest.raises(KeyboardInterrupt):
            torch.save({"step": 2, "x": torch.zeros(1000), "broken": Unwritable()}, path)
    assert torch.load(path) == {"step": 1}


def test_torch_is_left_as_it_was(tmp_path: Path) -> None:
    before = torch.save
    with atomic_saves(), (tmp_path / "stream").open("wb") as stream:
        torch.save(torch.ones(1), stream)
    assert torch.save is before
    assert torch.equal(torch.load(tmp_path / "stream"), torch.ones(1))
