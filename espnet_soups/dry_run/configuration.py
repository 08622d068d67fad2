"""The options of training as they will be read, and the model that they describe, without its weights."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import torch
from torch import nn

from espnet_soups.corpora.data_dir import NA
from espnet_soups.errors import UserError
from espnet_soups.model.soups_model import ObjectiveSoupsModel
from espnet_soups.text.token_lists import BLANK, SOS_EOS, UNK
from espnet_soups.training.soup_file import expand_soup_config
from espnet_soups.training.task import SoupsTask

SPECIAL_TOKENS = (BLANK, UNK, NA, SOS_EOS)


def parse_training(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line of training and the YAML files that it names.

    Raises:
        UserError: for an option or a key that training does not know, or a value of the wrong kind.
    """
    parser = SoupsTask.get_parser()

    def refuse(message: str) -> NoReturn:
        raise UserError(f"The training configuration cannot be used: {' '.join(message.split())}.")

    parser.error = refuse
    return parser.parse_args(expand_soup_config(list(arguments)))


def expected_tokens(path: Path, token_type: str, pieces: int) -> list[str]:
    """Return the tokens of ``path``, or, before stage 5 has made it, as many tokens as are known of.

    That is ``pieces`` for sentencepiece. Characters are known from the texts only: then only the special tokens
    are returned.
    """
    if path.exists():
        return path.read_text(encoding="utf-8").splitlines()
    unknown = pieces - len(SPECIAL_TOKENS) if token_type == "bpe" else 0
    return [*SPECIAL_TOKENS[:3], *(f"<{number}>" for number in range(unknown)), SOS_EOS]


def build_on_meta(args: argparse.Namespace) -> ObjectiveSoupsModel:
    """Build the model that training would build, with parameters that have a shape but no values.

    ``args.token_list`` and ``args.src_token_list`` hold tokens. Everything that is checked when training starts is
    checked, the soup's block numbers included.

    Raises:
        UserError: if the options contradict each other.
    """
    args.normalize = None  # its statistics are those of stage 10; it has no parameters
    with torch.device("meta"):
        model = SoupsTask.build_model(args)
    SoupsTask.build_optimizers(args, model)
    return model


def count_parameters(model: ObjectiveSoupsModel) -> list[tuple[str, int, int]]:
    """Return (module, parameters, trained parameters) of each part of the model that has any, with each head apart."""
    parts: dict[str, nn.Module] = {}
    for name, module in model.named_children():
        if name == "ctc" and model.ctc is not None:
            parts |= {f"recognition of {lang}": head for lang, head in model.ctc.heads.items()}
        elif name == "translation" and model.translation is not None:
            parts |= {f"translation, {pair}": decoder for pair, decoder in model.translation.decoders.items()}
        else:
            parts[name] = module
    rows = []
    for name, module in parts.items():
        sizes = [(parameter.numel(), parameter.requires_grad) for parameter in module.parameters()]
        if sizes:
            rows.append((name, sum(size for size, _ in sizes), sum(size for size, trained in sizes if trained)))
    return rows
