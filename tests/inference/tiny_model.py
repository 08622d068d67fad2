"""A tiny model with random weights, as files that inference reads, and speech for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from builders import model_args

from espnet_soups.corpora.audio import RATE, Samples
from espnet_soups.training.task import SoupsTask

UNITS = ["<blank>", "<unk>", "<na>", "<space>", *"abcdefghij", "<sos/eos>"]


@dataclass(frozen=True)
class Trained:
    """Files of a model."""

    config: Path
    weights: Path


def write_model(directory: Path, seed: int = 1, **changes: Any) -> Trained:
    """Write a model with which different speech gives different texts: ASR en fr, ST fr-en."""
    settings = {
        "asr_langs": ["en", "fr"],
        "st_pairs": ["fr-en"],
        "src_token_list": UNITS,
        "token_list": UNITS,
    }
    arguments = model_args(**settings | changes)
    torch.manual_seed(seed)
    model = SoupsTask.build_model(arguments)
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1 and not name.startswith("encoder.embed"):
            torch.nn.init.normal_(parameter, std=1.2 * parameter.shape[1] ** -0.5)
    for head in () if model.ctc is None else model.ctc.heads.values():
        head.weight.data *= 3
        head.bias.data[0] += 2.0
    trained = Trained(directory / "config.yaml", directory / "valid.loss.ave.pth")
    trained.config.write_text(yaml.safe_dump(vars(arguments)), encoding="utf-8")
    torch.save(model.state_dict(), trained.weights)
    return trained


def make_speech(seed: int, seconds: float) -> Samples:
    """A tone with noise whose loudness and pitch wander."""
    generator = np.random.default_rng(seed)
    count = int(seconds * RATE)
    pitch = np.repeat(generator.uniform(100, 3000, count // 800 + 1), 800)[:count]
    loudness = np.repeat(generator.uniform(0.0, 0.3, count // 1600 + 1), 1600)[:count]
    tone = np.sin(2 * np.pi * np.cumsum(pitch) / RATE)
    return (loudness * (tone + 0.3 * generator.standard_normal(count))).astype(np.float32)
