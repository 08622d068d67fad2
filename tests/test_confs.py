"""Every shipped training configuration builds its model."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from builders import model_args

from espnet_soups.training.task import SoupsTask

ROOT = Path(__file__).parents[1]
OBJECTIVES = {
    "asterisk_prompts": (["en", "es", "fr", "it", "ru"], ["es-en", "fr-en", "it-en", "ru-en"]),
    "covost2": (["en", "fr", "de", "es", "ca"], ["fr-en", "de-en", "es-en", "ca-en"]),
    "librispeech": (["en", "zh"], []),
    "aishell": (["zh"], []),
}
ENCODER_MILLIONS = {"asterisk_prompts": 1.9, "covost2": 83.2, "librispeech": 83.2, "aishell": 83.2}
TRAINING = sorted(ROOT.glob("egs2/*/asr_st_soups/conf/train*.yaml"))


def corpus(path: Path) -> str:
    return path.parts[-4]


def load(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def test_every_recipe_has_a_configuration() -> None:
    assert {corpus(path) for path in TRAINING} == set(OBJECTIVES)


@pytest.mark.parametrize("path", TRAINING, ids=corpus)
def test_configuration_is_known_to_the_command_and_builds(path: Path) -> None:
    known = vars(SoupsTask.get_parser().parse_args(["--output_dir", "unused"]))
    conf = load(path)
    assert set(conf) <= set(known), "options that the training command does not have"
    langs, pairs = OBJECTIVES[corpus(path)]
    args = model_args(**(conf | {"normalize": None, "asr_langs": langs, "st_pairs": pairs}))
    with torch.device("meta"):
        model = SoupsTask.build_model(args)
    assert len(model.objectives) == len(langs) + len(pairs) + 1
    encoder = sum(p.numel() for p in model.encoder.parameters()) / 1e6
    assert encoder == pytest.approx(ENCODER_MILLIONS[corpus(path)], abs=0.1)
