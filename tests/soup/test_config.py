from typing import Any

import pytest

from espnet_soups.errors import UserError
from espnet_soups.soup.config import build_soup_config

NAMES = ("asr/en", "asr/fr", "st/fr-en", "ssl")


def test_defaults_are_complete() -> None:
    for soup in ("joint", "vs", "vc", "vm"):
        config = build_soup_config(soup, {}, NAMES)
        assert sorted(k for level in config.hierarchy.levels for k in level) == [0, 1, 2, 3]
        assert len(config.penalties) == len(config.hierarchy.levels) - 1


def test_static_weights_by_pattern() -> None:
    config = build_soup_config("static", {"weights": {"asr/*": 1, "st/*": 0.5, "ssl": 0.1}}, NAMES)
    assert config.static_weights == (1.0, 1.0, 0.5, 0.1)


def test_patterns_of_absent_tasks_are_no_error() -> None:
    names = ("asr/en", "asr/zh", "ssl")
    assert build_soup_config("vc", {}, names).hierarchy.levels == ((0, 1), (2,))
    weights = {"asr/*": 1, "st/*": 0.5, "ssl": 0.1}
    assert build_soup_config("static", {"weights": weights}, names).static_weights == (1.0, 1.0, 0.1)
    with pytest.raises(UserError, match="Level 2 of the soup is empty"):
        build_soup_config("vm", {}, names)


def test_penalty_for_each_boundary() -> None:
    config = build_soup_config("vm", {"penalty": [{"init": 0.1}, {"init": 0.2}]}, NAMES)
    assert [penalty.init for penalty in config.penalties] == [0.1, 0.2]


@pytest.mark.parametrize(
    ("soup", "conf", "message"),
    [
        ("vx", {}, "use one of joint, static, vs, vc, vm"),
        ("vs", {"level": []}, "no option 'level'"),
        ("vs", {"levels": "usa"}, "'vs' has one level"),
        ("vc", {"levels": "usa"}, "'vc' has two levels"),
        ("joint", {"modo": {}}, "fixed weights: remove modo"),
        ("vs", {"weights": {"*": 1}}, "belongs to soup 'static'"),
        ("static", {}, "needs soup_conf.weights"),
        ("static", {"weights": {"asr/*": 1}}, "No level of the soup has st/fr-en, ssl"),
        ("static", {"weights": {"*": -1}}, "must be at least 0"),
        ("vm", {"penalty": [{}]}, "lists 1 penalties but the levels need 2"),
        ("vm", {"modo": {"every": 0}}, "modo.every is 0"),
        ("vm", {"modo": {"every": 1.5}}, "must be a whole number"),
        ("vm", {"modo": {"step_size": "big"}}, "must be a number, not 'big'"),
        ("vm", {"modo": {"measure": "magic"}}, "modo.measure is 'magic'"),
        ("vm", {"modo": {"rows": 0.0}}, "above 0 and at most 1"),
        ("vm", {"conflict_layers": {"select": "some"}}, "conflict_layers.select is 'some'"),
        ("vm", {"conflict_layers": {"select": []}}, "at least one block"),
    ],
)
def test_contradictions_are_refused(soup: str, conf: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build_soup_config(soup, conf, NAMES)
