"""Options that this project adds to ESPnet's training command."""

import argparse

from espnet2.utils.nested_dict_action import NestedDictAction
from espnet2.utils.types import float_or_none, int_or_none, str2bool, str_or_none

from espnet_soups.soup.config import SOUPS


def add_soup_options(parser: argparse.ArgumentParser) -> None:
    """Add objectives, soup, model and text options to an ESPnet parser."""
    required = parser.get_default("required")
    required += ["token_list", "src_token_list"]
    _objectives(parser.add_argument_group("Objectives and soup"))
    _model(parser.add_argument_group("Model"))
    _preprocessing(parser.add_argument_group("Preprocessing"))


def _objectives(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--asr_langs", nargs="*", default=[], help="Languages to recognise, such as: en fr")
    group.add_argument("--st_pairs", nargs="*", default=[], help="Pairs to translate, such as: fr-en de-en")
    group.add_argument("--soup", default="joint", choices=SOUPS, help="How the objectives' gradients are combined")
    group.add_argument(
        "--soup_conf",
        action=NestedDictAction,
        default={},
        help="levels, penalty, modo and conflict_layers of the soup, or weights of soup 'static'",
    )
    group.add_argument(
        "--ssl_only",
        type=str2bool,
        default=False,
        help="Train self-supervision alone, without heads for the languages: the first of two stages",
    )
    group.add_argument(
        "--shared_lr",
        type=float_or_none,
        default=None,
        help="Learning rate of everything up to the encoder's output; none: that of optim_conf, as for the heads",
    )
    group.add_argument(
        "--balanced_batches",
        type=str2bool,
        default=True,
        help="Draw training batches from all languages evenly",
    )


def _model(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--input_size", type=int_or_none, default=None, help="Size of features given as data")
    group.add_argument(
        "--init",
        type=str_or_none,
        default=None,
        choices=["xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", None],
        help="Initialisation",
    )
    group.add_argument("--ctc_conf", action=NestedDictAction, default={}, help="dropout_rate of the recognition heads")
    group.add_argument(
        "--model_conf",
        action=NestedDictAction,
        default={},
        help="st_decoders (shared or per_pair), label_smoothing, conv_norm (layer or batch)",
    )


def _preprocessing(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--use_preprocessor", type=str2bool, default=True, help="Tokenise texts and augment speech")
    for prefix, what in (("", "translations"), ("src_", "transcripts")):
        group.add_argument(f"--{prefix}token_list", type=str_or_none, default=None, help=f"Token list of {what}")
        group.add_argument(
            f"--{prefix}token_type", default="char", choices=["bpe", "char", "word"], help=f"Units of {what}"
        )
        group.add_argument(f"--{prefix}bpemodel", type=str_or_none, default=None, help=f"sentencepiece model of {what}")
    group.add_argument("--non_linguistic_symbols", type=str_or_none, default=None, help="File of symbols kept whole")
    group.add_argument("--cleaner", type=str_or_none, default=None, help="ESPnet's text cleaner")
    group.add_argument("--speech_volume_normalize", type=float_or_none, default=None, help="Peak to scale speech to")
    group.add_argument("--rir_scp", type=str_or_none, default=None, help="Room impulse responses")
    group.add_argument("--rir_apply_prob", type=float, default=1.0, help="Probability of a room")
    group.add_argument("--noise_scp", type=str_or_none, default=None, help="Noises")
    group.add_argument("--noise_apply_prob", type=float, default=1.0, help="Probability of noise")
    group.add_argument("--noise_db_range", default="13_15", help="Range of the signal-to-noise ratio in dB")
