"""Reading a trained model, with nothing missing and nothing left over."""

import argparse
import pickle
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn

from espnet_soups.errors import UserError
from espnet_soups.zoo.bundle import located_config

_NAMED = 3
"""Weights that an error names before it counts the rest."""
_BUILD_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError)
"""What ESPnet raises besides TypeError and ValueError when a configuration makes no model."""


def load_model(
    train_config: Path, model_file: Path, device: str, folder: Path | None = None
) -> tuple[Any, argparse.Namespace]:
    """Build the model of a training configuration and load its weights; it is in evaluation mode.

    Args:
        train_config: ``config.yaml`` that training wrote.
        model_file: weights.
        device: where the model goes.
        folder: where the files lie that the configuration names; None for the working directory.

    Raises:
        UserError: if a file is missing or damaged, or the weights are not exactly those of the model.
    """
    for path in (train_config, model_file):
        if not path.is_file():
            raise UserError(f"{path} does not exist; train the model first (stage 11).")
    model, args = _build(train_config) if folder is None else _build_located(train_config, folder)
    load_weights(model, model_file)
    return model.to(device).eval(), args


def _build_located(train_config: Path, folder: Path) -> tuple[Any, argparse.Namespace]:
    with tempfile.TemporaryDirectory() as temporary:
        # Under the same name, because errors name it.
        located = Path(temporary) / train_config.name
        located.write_text(yaml.safe_dump(located_config(train_config, folder)), encoding="utf-8")
        return _build(located)


def _build(train_config: Path) -> tuple[Any, argparse.Namespace]:
    from espnet_soups.training.task import SoupsTask

    try:
        model, args = SoupsTask.build_model_from_file(str(train_config), None, "cpu")
    except (*_BUILD_ERRORS, TypeError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(f"No model can be built from {train_config.name} ({reason}).") from error
    return model, args


def load_weights(model: nn.Module, path: Path) -> None:
    """Load the weights in ``path`` if they are exactly those of ``model``: by name and by shape.

    ESPnet's own inference ignores missing and surplus weights, so that a head can stay random without a word;
    and it offers to run the code that a file may hold besides weights. Here neither happens.

    Raises:
        UserError: naming weights that are missing, surplus or of another shape.
    """
    weights = _read_weights(path)
    own = model.state_dict()
    problems = [
        _named("lacks", own.keys() - weights.keys()),
        _named("has the surplus", weights.keys() - own.keys()),
        _named(
            "has another shape of",
            (name for name in own.keys() & weights.keys() if own[name].shape != weights[name].shape),
        ),
    ]
    if found := [problem for problem in problems if problem]:
        raise UserError(f"{path} does not belong to this model: it {' and '.join(found)}.")
    model.load_state_dict(weights, strict=True)


def _read_weights(path: Path) -> Mapping[str, Tensor]:
    try:
        with zipfile.ZipFile(path) as content:
            size = sum(member.file_size for member in content.infolist())
        if size > path.stat().st_size:
            raise UserError(f"{path} is refused: it would grow to {size} bytes, but PyTorch does not compress weights.")
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(f"{path} is refused: it holds code or other things besides weights.") from error
    except (zipfile.BadZipFile, OSError, RuntimeError, EOFError) as error:
        raise UserError(f"{path} is not a file of weights ({str(error).splitlines()[0]}).") from error
    if not isinstance(weights, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in weights.items()
    ):
        raise UserError(f"{path} is not a file of weights: it may be a checkpoint.pth; give an epoch or an average.")
    return weights


def _named(what: str, names: Iterable[str]) -> str:
    names = sorted(names)
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{what} {', '.join(names[:_NAMED])}{rest}" if names else ""
