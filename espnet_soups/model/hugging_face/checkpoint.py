"""Parts of pretrained models: loaded from a folder or a hub's name, or built empty from a remembered configuration."""

import importlib
import json
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from espnet_soups.errors import UserError


def load_model(kind: str, pretrained: str, config: dict[str, Any] | None, parts: Iterable[str]) -> Any:
    """A model of class ``Wav2Vec2Model`` or ``WhisperModel`` in float32.

    On the meta device, where nothing has values, only the checkpoint's configuration is read.

    Args:
        kind: ``wav2vec2`` or ``whisper``.
        pretrained: Folder, or name on the hub, of the checkpoint.
        config: The model's configuration if its weights will come from elsewhere: nothing is read then.
        parts: Names of the submodules that are needed, all of whose weights the checkpoint must have.

    Raises:
        UserError: If transformers is missing, or the checkpoint cannot be read, is of another kind or lacks weights.
    """
    transformers = import_transformers()
    model_class, config_class = {
        "wav2vec2": (transformers.Wav2Vec2Model, transformers.Wav2Vec2Config),
        "whisper": (transformers.WhisperModel, transformers.WhisperConfig),
    }[kind]
    # A dropped block could not be measured, and DDP would wait for its gradients.
    layerdrop = {"layerdrop": 0.0} if kind == "wav2vec2" else {"encoder_layerdrop": 0.0}
    if config is not None:
        return _build(model_class, config_class.from_dict(config | layerdrop))
    try:
        found = transformers.AutoConfig.from_pretrained(pretrained, **layerdrop)
        if found.model_type != kind:
            raise UserError(f"The checkpoint {pretrained} is a '{found.model_type}' model, not '{kind}'.")
        if torch.get_default_device().type == "meta":
            return _build(model_class, found)
        model, report = model_class.from_pretrained(
            pretrained, dtype=torch.float32, attn_implementation="sdpa", output_loading_info=True, **layerdrop
        )
    except (OSError, ValueError) as error:
        raise _unreadable(pretrained, error) from error
    missing = sorted(key for key in report["missing_keys"] if key.startswith(tuple(f"{part}." for part in parts)))
    if missing:
        raise UserError(f"The checkpoint {pretrained} lacks {len(missing)} weights, such as {missing[0]}.")
    return model


def load_feature_extractor(kind: str, pretrained: str, conf: dict[str, Any] | None) -> Any:
    """How a pretrained model wants its audio; from ``conf`` if given.

    Raises:
        UserError: If transformers is missing, or the checkpoint has no readable preprocessor_config.json.
    """
    transformers = import_transformers()
    classes = {"wav2vec2": transformers.Wav2Vec2FeatureExtractor, "whisper": transformers.WhisperFeatureExtractor}
    if conf is not None:
        return classes[kind](**conf)
    try:
        return classes[kind].from_pretrained(pretrained)
    except (OSError, ValueError) as error:
        raise _unreadable(pretrained, error) from error


def import_transformers() -> Any:
    """The package transformers, which only these encoders need.

    Raises:
        UserError: If it is not installed.
    """
    try:
        return importlib.import_module("transformers")
    except ImportError as error:
        raise UserError(
            "This encoder needs the package transformers: pip install 'espnet_soups[hugging_face]'."
        ) from error


def plain_config(config: Any) -> dict[str, Any]:
    """A model's configuration as plain numbers, strings, lists and mappings, such as config.yaml can hold."""
    plain: dict[str, Any] = json.loads(config.to_json_string(use_diff=True))
    return plain


def remembered(module: Any, conf: dict[str, Any]) -> dict[str, Any]:
    """The options ``conf`` that ``module`` was made with, and all else that makes it anew without its checkpoint.

    With these in config.yaml a trained model needs the pretrained one no more.
    """
    made_of = getattr(module, "made_of", None)
    return conf if made_of is None else {**conf, **made_of}


def freeze(modules: Iterable[nn.Module]) -> None:
    """Train no parameter of the modules."""
    for module in modules:
        module.requires_grad_(False)


def check_frozen_blocks(frozen: int, blocks: int) -> None:
    """Raise a UserError unless ``frozen`` of the encoder's ``blocks`` can be frozen."""
    if not 0 <= frozen < blocks:
        raise UserError(f"encoder_conf.frozen_blocks is {frozen}: the encoder has {blocks}, of which one must train.")


def _build(model_class: Any, config: Any) -> Any:
    config._attn_implementation = "sdpa"
    return model_class(config)


def _unreadable(pretrained: str, error: Exception) -> UserError:
    first = str(error).strip().splitlines()[0]
    return UserError(f"The pretrained model {pretrained} (a folder or a name on the hub) cannot be read: {first}")
