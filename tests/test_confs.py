"""Every shipped training configuration builds its model, every soup fits its recipe's objectives."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from builders import attach_soup, batch, model_args, small_model

from espnet_soups.soup.config import build_soup_config
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
SOUPS = sorted(ROOT.glob("conf/soups/*.yaml"))


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


@pytest.mark.parametrize("path", SOUPS, ids=lambda path: path.stem)
def test_soup_takes_two_training_steps(path: Path) -> None:
    content = load(path)
    for name, (langs, pairs) in OBJECTIVES.items():
        if pairs or not path.stem.startswith("vm"):
            names = [*(f"asr/{lang}" for lang in langs), *(f"st/{pair}" for pair in pairs), "ssl"]
            assert build_soup_config(content["soup"], content.get("soup_conf") or {}, names).soup == content["soup"], (
                name
            )
    model = small_model()
    step = attach_soup(model, content["soup"], content.get("soup_conf"))
    optimizer = torch.optim.AdamW(model.parameters())
    before = [parameter.clone() for parameter in model.parameters()]
    for seed in (1, 2):
        loss, _, _ = model(**batch(["en", "en", "fr", "fr", "es", "es"], seed=seed))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert step.state.step == 2
    assert sum(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True)) > len(before) / 2
    assert all(bool(parameter.isfinite().all()) for parameter in model.parameters())
