"""Small models and batches for tests."""

import argparse
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from espnet_soups.model.soups_model import ObjectiveSoupsModel
from espnet_soups.soup.config import build_soup_config
from espnet_soups.training.soup_step import SoupStep
from espnet_soups.training.task import SoupsTask

LANGS = ["en", "fr", "es"]
PAIRS = ["fr-en", "es-en"]
SOURCE_TOKENS = ["<blank>", "<unk>", "<na>", *"abcdefgh", "<sos/eos>"]
TARGET_TOKENS = ["<blank>", "<unk>", "<na>", *"uvwxyz", "<sos/eos>"]
ENCODER = {
    "output_size": 16,
    "attention_heads": 2,
    "linear_units": 32,
    "num_blocks": 3,
    "dropout_rate": 0.0,
    "positional_dropout_rate": 0.0,
    "rel_pos_type": "latest",
    "macaron_style": True,
    "cnn_module_kernel": 7,
}


def model_args(**changes: Any) -> argparse.Namespace:
    """Arguments of a small model, as ESPnet's parser would give them."""
    args = SoupsTask.get_parser().parse_args(["--output_dir", "unused"])
    settings: dict[str, Any] = {
        "asr_langs": LANGS,
        "st_pairs": PAIRS,
        "src_token_list": SOURCE_TOKENS,
        "token_list": TARGET_TOKENS,
        "frontend_conf": {"fs": 16000, "n_fft": 256, "hop_length": 160, "n_mels": 20, "center": False},
        "normalize": "utterance_mvn",
        "encoder_conf": dict(ENCODER),
        "decoder_conf": {
            "num_blocks": 1,
            "linear_units": 32,
            "dropout_rate": 0.0,
            "positional_dropout_rate": 0.0,
        },
        "ssl_conf": {"context_frames": 40, "future_frames": 20, "min_context": 16, "projection_size": 8},
        "optim": "adamw",
        "optim_conf": {"lr": 1e-3},
    }
    for key, value in (settings | changes).items():
        setattr(args, key, value)
    return args


def small_model(seed: int = 0, **changes: Any) -> ObjectiveSoupsModel:
    """A model in training mode with fixed random weights."""
    torch.manual_seed(seed)
    return SoupsTask.build_model(model_args(**changes)).train()


def attach_soup(model: ObjectiveSoupsModel, soup: str, conf: dict[str, Any] | None = None) -> SoupStep:
    """Give the model a soup and start its first epoch."""
    step = SoupStep(build_soup_config(soup, conf or {}, model.objectives), model.encoder, model.weights, seed=0)
    model.attach_soup(step)
    step.start_epoch(1, 10, 1)
    return step


def batch(
    rows: list[str], seed: int = 1, seconds: float = 1.0, untranslated: tuple[int, ...] = ()
) -> dict[str, Tensor]:
    """A random batch; ``rows`` are the languages of its utterances."""
    generator = torch.Generator().manual_seed(seed)
    count = len(rows)

    def texts(vocabulary: list[str]) -> tuple[Tensor, Tensor]:
        lengths = torch.randint(2, 5, (count,), generator=generator)
        ids = torch.randint(3, len(vocabulary) - 1, (count, 4), generator=generator)
        return ids.masked_fill(torch.arange(4) >= lengths[:, None], -1), lengths

    samples = int(16000 * seconds)
    speech_lengths = torch.linspace(0.7, 1.0, count).mul(samples).long()
    src_text, src_lengths = texts(SOURCE_TOKENS)
    text, lengths = texts(TARGET_TOKENS)
    na = TARGET_TOKENS.index("<na>")
    for row, language in enumerate(rows):
        if language == "en" or row in untranslated:
            text[row], lengths[row] = torch.tensor([na, -1, -1, -1]), 1
    speech = torch.randn(count, samples, generator=generator)
    return {
        "speech": speech.masked_fill(torch.arange(samples) >= speech_lengths[:, None], 0.0),
        "speech_lengths": speech_lengths,
        "text": text,
        "text_lengths": lengths,
        "src_text": src_text,
        "src_text_lengths": src_lengths,
        "lang": torch.tensor([[LANGS.index(language)] for language in rows]),
        "lang_lengths": torch.ones(count, dtype=torch.long),
    }


def flat(gradients: list[Tensor]) -> Tensor:
    """Gradients as one vector."""
    return torch.cat([gradient.flatten() for gradient in gradients])


def recipe_conf(name: str) -> Path:
    """A file of the top-level conf folder."""
    return Path(__file__).parents[1] / "conf" / name
