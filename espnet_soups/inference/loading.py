"""Reading a trained model, with nothing missing and nothing left over."""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from espnet2.torch_utils.safe_torch_load import safe_torch_load
from torch import Tensor, nn

from espnet_soups.errors import UserError

_NAMED = 3
"""Weights that an error names before it counts the rest."""


def load_model(train_config: Path, model_file: Path, device: str) -> tuple[Any, argparse.Namespace]:
    """Build the model of a training configuration and load its weights; it is in evaluation mode.

    Raises:
        UserError: if a file is missing or damaged, or the weights are not exactly those of the model.
    """
    from espnet_soups.training.task import SoupsTask

    for path in (train_config, model_file):
        if not path.is_file():
            raise UserError(f"{path} does not exist; train the model first (stage 11).")
    model, args = SoupsTask.build_model_from_file(str(train_config), None, "cpu")
    load_weights(model, model_file)
    return model.to(device).eval(), args


def load_weights(model: nn.Module, path: Path) -> None:
    """Load the weights in ``path`` if they are exactly those of ``model``: by name and by shape.

    ESPnet's own inference ignores missing and surplus weights, so that a head can stay random without a word.

    Raises:
        UserError: naming weights that are missing, surplus or of another shape.
    """
    try:
        weights = safe_torch_load(path, map_location="cpu")
    except (OSError, RuntimeError, EOFError) as error:
        raise UserError(f"{path} is not a file of weights ({str(error).splitlines()[0]}).") from error
    if not isinstance(weights, Mapping) or not all(isinstance(value, Tensor) for value in weights.values()):
        raise UserError(f"{path} is not a file of weights: it may be a checkpoint.pth; give an epoch or an average.")
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


def _named(what: str, names: Iterable[str]) -> str:
    names = sorted(names)
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{what} {', '.join(names[:_NAMED])}{rest}" if names else ""
