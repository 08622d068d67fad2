"""Every soup under conf/soups says what its name says, fits its recipes, and trains."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from builders import attach_soup, batch, small_model

from espnet_soups.soup.config import build_soup_config
from espnet_soups.soup.hierarchy import PRESETS

SOUPS = {path.stem: path for path in sorted((Path(__file__).parents[1] / "conf/soups").glob("*.yaml"))}
COVOST2 = {"asr_langs": ["en", "fr", "de", "es", "ca"], "st_pairs": ["fr-en", "de-en", "es-en", "ca-en"]}
TASKS = {"a": ["asr/*"], "s": ["st/*"], "u": ["ssl"]}
ORDERS = ["asu", "aus", "sau", "sua", "uas", "usa"]


def load(stem: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(SOUPS[stem].read_text(encoding="utf-8"))
    return {"soup_conf": {}} | content


@pytest.mark.parametrize("order", ORDERS)
def test_the_name_of_an_order_is_read_from_the_innermost_constraint_up(order: str) -> None:
    levels = [TASKS[letter] for letter in reversed(order)]
    assert load(f"vm_{order}")["soup_conf"]["levels"] == levels
    assert PRESETS.get(order, levels) == levels


@pytest.mark.parametrize("order", ["uas", "usa"])
def test_the_script_swaps_recognition_and_translation(order: str) -> None:
    plain, script = load(f"vm_{order}")["soup_conf"], load(f"vm_{order}_as_in_script")["soup_conf"]
    upper, middle, lower = plain["levels"]
    assert script["levels"] == [middle, upper, lower]
    assert [penalty["init"] for penalty in script["penalty"]] == [0.1, 0.0]


@pytest.mark.parametrize("stem", [stem for stem in SOUPS if stem.endswith("_slow_penalty")])
def test_slow_penalties_differ_from_the_soup_of_their_name_in_growth_only(stem: str) -> None:
    slow, plain = load(stem), load(stem.removesuffix("_slow_penalty"))
    assert (slow["soup"], slow["soup_conf"]["levels"]) == (plain["soup"], plain["soup_conf"]["levels"])
    assert slow["soup_conf"]["penalty"] == plain["soup_conf"]["penalty"] | {"increase_per_epoch": 0.002}


@pytest.mark.parametrize("stem", [stem for stem in SOUPS if stem.endswith("_all_layers")])
def test_all_layers_differ_from_the_soup_of_their_name_in_the_layers_only(stem: str) -> None:
    every, plain = load(stem), load(stem.removesuffix("_all_layers"))
    assert every["soup"] == plain["soup"]
    for key in ("levels", "penalty"):
        assert every["soup_conf"].get(key) == plain["soup_conf"].get(key)
    assert every["soup_conf"]["conflict_layers"]["select"] == "all"
    assert plain["soup_conf"]["conflict_layers"]["select"] == "auto"


def test_the_language_hierarchy_has_a_level_for_each_language_of_covost2() -> None:
    content = load("vm_languages")
    names = [*(f"asr/{lang}" for lang in COVOST2["asr_langs"]), *(f"st/{pair}" for pair in COVOST2["st_pairs"]), "ssl"]
    levels = build_soup_config("vm", content["soup_conf"], names).hierarchy.levels
    assert [[names[k] for k in level] for level in levels] == [
        ["asr/en"],
        *([f"asr/{lang}", f"st/{lang}-en"] for lang in COVOST2["asr_langs"][1:]),
        ["ssl"],
    ]


@pytest.mark.parametrize("stem", [stem for stem in SOUPS if not stem.startswith("vm_")])
@pytest.mark.parametrize("langs", [["en", "zh"], ["zh"]])
def test_soups_that_do_not_part_the_tasks_serve_recognition_alone(stem: str, langs: list[str]) -> None:
    content = load(stem)
    names = [*(f"asr/{lang}" for lang in langs), "ssl"]
    assert build_soup_config(content["soup"], content["soup_conf"], names).soup == content["soup"]


@pytest.mark.parametrize("stem", SOUPS)
def test_soup_takes_two_training_steps(stem: str) -> None:
    content = load(stem)
    model = small_model(**COVOST2)
    step = attach_soup(model, content["soup"], content["soup_conf"])
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
