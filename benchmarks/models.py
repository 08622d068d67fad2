"""Models and optimisers, built as the training commands build them."""

import argparse
from typing import Any

import torch
from espnet2.tasks.st import STTask
from espnet2.train.abs_espnet_model import AbsESPnetModel

from benchmarks.workload import SAMPLE_RATE, Workload
from espnet_soups.model.soups_model import ObjectiveSoupsModel
from espnet_soups.training.task import SoupsTask

# Small, so that the measured steps do not wander off to where losses are not finite.
LEARNING_RATE = 1e-5


def _common(workload: Workload) -> dict[str, Any]:
    size = workload.model_size
    return {
        "token_list": workload.tokens,
        "src_token_list": workload.tokens,
        "frontend_conf": {
            "fs": SAMPLE_RATE,
            "n_fft": 512,
            "win_length": 400,
            "hop_length": 160,
            "n_mels": size.mels,
            "center": False,
        },
        "specaug": "specaug",
        "specaug_conf": {
            "apply_time_warp": False,
            "freq_mask_width_range": [0, size.mels // 4],
            "time_mask_width_ratio_range": [0.0, 0.05],
            "num_time_mask": 2,
        },
        "normalize": "utterance_mvn",
        "encoder": "conformer",
        "encoder_conf": size.encoder_conf(),
        "decoder": "transformer",
        "decoder_conf": size.decoder_conf(),
    }


def _arguments(task: Any, settings: dict[str, Any]) -> argparse.Namespace:
    args: argparse.Namespace = task.get_parser().parse_args(["--output_dir", "unused"])
    for name, value in settings.items():
        setattr(args, name, value)
    return args


def build_soups(
    workload: Workload, soup: str = "joint", soup_conf: dict[str, Any] | None = None, conv_norm: str = "layer"
) -> tuple[ObjectiveSoupsModel, torch.optim.Optimizer]:
    """This project's model in training mode, with its soup, and AdamW."""
    torch.manual_seed(workload.seed)
    tiny = workload.size == "tiny"
    own: dict[str, Any] = {
        "asr_langs": workload.languages,
        "st_pairs": workload.pairs,
        "ssl": "cpc" if workload.ssl else None,
        "ssl_conf": {"context_frames": 24, "future_frames": 12, "min_context": 16} if tiny else {},
        "model_conf": {"conv_norm": conv_norm, "label_smoothing": 0.1},
        "soup": soup,
        "soup_conf": soup_conf or {},
        "optim": "adamw",
        "optim_conf": {"lr": LEARNING_RATE},
    }
    args = _arguments(SoupsTask, _common(workload) | own)
    model = SoupsTask.build_model(args).to(workload.device)
    (optimizer,) = SoupsTask.build_optimizers(args, model)
    return model.train(), optimizer


def build_espnet_st(workload: Workload) -> tuple[AbsESPnetModel, torch.optim.Optimizer]:
    """ESPnet's own translation model with recognition by CTC, which does the work of ours without ``ssl``."""
    torch.manual_seed(workload.seed)
    own = {
        "model_conf": {
            "asr_weight": 0.5,
            "mtlalpha": 1.0,
            "lsm_weight": 0.1,
            "report_cer": False,
            "report_wer": False,
            "report_bleu": False,
        },
        "ctc_conf": {"dropout_rate": 0.0},
        "extra_asr_decoder": None,
        "extra_mt_decoder": None,
    }
    model = STTask.build_model(_arguments(STTask, _common(workload) | own)).to(workload.device)
    return model.train(), torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
