"""Every shipped training configuration builds its model in full size, and trains it in miniature."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from builders import batch, model_args
from espnet2.tasks.abs_task import scheduler_classes
from model.pretrained import save_wav2vec2, save_whisper

from espnet_soups.training.task import SoupsTask

ROOT = Path(__file__).parents[1]
PATHS = [*sorted(ROOT.glob("egs2/*/asr_st_soups/conf/train*.yaml")), *sorted(ROOT.glob("conf/train/*.yaml"))]
COVOST2 = (["en", "fr", "de", "es", "ca"], ["fr-en", "de-en", "es-en", "ca-en"])
OBJECTIVES = {
    "asterisk_prompts": (["en", "es", "fr", "it", "ru"], ["es-en", "fr-en", "it-en", "ru-en"]),
    "librispeech": (["en", "zh"], []),
    "aishell": (["zh"], []),
}
# Parameters of the encoder, in millions.
MILLIONS = {
    "asterisk_prompts": 1.9,
    "covost2": 83.2,
    "librispeech": 83.2,
    "aishell": 83.2,
    "conformer_58m": 57.9,
    "conformer_83m_best_rq": 83.2,
    "conformer_150m": 146.5,
    "e_branchformer": 84.0,
    "wav2vec2_xls_r_300m": 311.2,  # 315.4 with the convolutions, which are the front end here
    "whisper_medium": 307.2,
}
# The published configurations of the pretrained models, as far as they are not the defaults of transformers.
PUBLISHED: dict[str, dict[str, Any]] = {
    "hugging_face_whisper": {
        "num_mel_bins": 80,
        "d_model": 1024,
        "encoder_layers": 24,
        "encoder_attention_heads": 16,
        "encoder_ffn_dim": 4096,
        "decoder_layers": 1,  # the decoder is not used
        "decoder_attention_heads": 16,
    },
    "hugging_face_wav2vec2": {
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "feat_extract_norm": "layer",
        "do_stable_layer_norm": True,
        "conv_bias": True,
    },
}
SAVE = {"hugging_face_whisper": save_whisper, "hugging_face_wav2vec2": save_wav2vec2}
TINY_ENCODER = {"output_size": 16, "attention_heads": 2, "linear_units": 32, "num_blocks": 2, "cgmlp_linear_units": 32}
TINY_DECODER = {"attention_heads": 2, "linear_units": 32, "num_blocks": 1}


def name_of(path: Path) -> str:
    """The recipe of a recipe's own configuration, else the configuration's name."""
    return path.parts[-4] if "egs2" in path.relative_to(ROOT).parts else path.stem


def load(path: Path) -> dict[str, Any]:
    """The configuration with its corpus's objectives, and without the statistics of a corpus."""
    conf: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    langs, pairs = OBJECTIVES.get(name_of(path), COVOST2)
    normalize = "utterance_mvn" if conf["normalize"] == "global_mvn" else conf["normalize"]
    return conf | {"asr_langs": langs, "st_pairs": pairs, "normalize": normalize}


def shrink(conf: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The same in miniature; a pretrained model is replaced by a small one of the same kind."""
    small = {
        "decoder_conf": conf.get("decoder_conf", {}) | TINY_DECODER,
        "encoder_conf": {key: TINY_ENCODER.get(key, value) for key, value in conf["encoder_conf"].items()},
    }
    if conf["encoder"] in SAVE:
        pretrained = {"pretrained": str(SAVE[conf["encoder"]](folder / "pretrained"))}
        small |= {part: conf[part] | pretrained for part in ("encoder_conf", "frontend_conf")}
    return conf | small


def test_every_configuration_has_its_size() -> None:
    assert {name_of(path) for path in PATHS} == set(MILLIONS)


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_configuration_is_known_to_the_command_and_builds_in_full_size(path: Path) -> None:
    known = vars(SoupsTask.get_parser().parse_args(["--output_dir", "unused"]))
    conf = load(path)
    assert set(conf) <= set(known), "options that the training command does not have"
    if conf["encoder"] in PUBLISHED:
        conf["encoder_conf"] |= {"config": PUBLISHED[conf["encoder"]]}
        conf["frontend_conf"] |= {"preprocessor": {"sampling_rate": 16000}}
        if conf["encoder"] == "hugging_face_wav2vec2":
            conf["frontend_conf"] |= {"config": PUBLISHED[conf["encoder"]]}
    with torch.device("meta"):
        model = SoupsTask.build_model(model_args(**conf))
    assert len(model.objectives) == len(conf["asr_langs"]) + len(conf["st_pairs"]) + 1
    encoder = sum(p.numel() for p in model.encoder.parameters()) / 1e6
    assert encoder == pytest.approx(MILLIONS[name_of(path)], abs=0.1)


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_configuration_takes_two_training_steps_in_miniature(path: Path, tmp_path: Path) -> None:
    conf = shrink(load(path), tmp_path)
    args = model_args(**conf, soup="vs", soup_conf={"modo": {"every": 1}})
    torch.manual_seed(0)
    model = SoupsTask.build_model(args).train()
    (optimizer,) = SoupsTask.build_optimizers(args, model)
    scheduler = scheduler_classes[args.scheduler](optimizer, **args.scheduler_conf)
    assert model.soup is not None
    model.soup.start_epoch(1, 2, 1)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    rows = ["en", "en"] if len(conf["asr_langs"]) == 1 else ["en", "en", "fr", "fr"]
    for seed in (1, 2):
        with torch.autocast("cpu", torch.bfloat16, enabled=conf.get("use_amp", False)):
            loss, stats, _ = model(**batch(rows, seed=seed, seconds=1.5))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, args.grad_clip)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        assert loss.isfinite()
        assert stats["loss_ssl"] > 0, "the self-supervised objective takes part"
    assert model.soup.state.rejected == 0
    assert all(bool(parameter.isfinite().all()) for parameter in trained)
    # Not the values: the first steps of a warm-up of 15000 are too small to change a weight near one.
    shared = [parameter for parameter in model.shared_parameters() if parameter.requires_grad]
    moved = [bool(optimizer.state[parameter]["exp_avg"].abs().sum() > 0) for parameter in shared]
    assert sum(moved) > 0.9 * len(moved)
