import pytest

from benchmarks.steps.soups import SoupSteps, step_shares
from benchmarks.workload import Workload
from espnet_soups.soup.config import build_soup_config

NAMES = ("asr/l0", "st/l0-en", "ssl")


def simulated_shares(every: int, detect_every: int, steps: int) -> dict[str, float]:
    """What the soup's schedule does step by step."""
    counts, due = {"plain": 0, "measuring": 0, "detecting": 0}, 0
    for step in range(steps):
        if step >= due:
            kind, due = "detecting", step + detect_every
        else:
            kind = "measuring" if step % every == 0 else "plain"
        counts[kind] += 1
    return {kind: count / steps for kind, count in counts.items() if count}


@pytest.mark.parametrize(("every", "detect_every"), [(16, 500), (1, 3), (4, 6), (1, 1), (5, 5)])
def test_shares_are_those_of_the_schedule(every: int, detect_every: int) -> None:
    conf = {"modo": {"every": every}, "conflict_layers": {"detect_every": detect_every}}
    found = step_shares(build_soup_config("vm", conf, NAMES))
    assert found == pytest.approx(simulated_shares(every, detect_every, 60 * every * detect_every))


def test_steps_are_of_the_kind_asked_for(workload: Workload) -> None:
    steps = SoupSteps(workload, "vm")
    steps.warm_up()
    blocks = steps.details()["blocks"]
    assert blocks
    for kind in ("plain", "detecting", "measuring", "plain"):
        steps.run(kind)  # raises if the soup did something else
    assert steps.details()["blocks"] == blocks


def test_another_kind_than_asked_for_is_an_error(workload: Workload) -> None:
    steps = SoupSteps(workload, "vm")
    steps.warm_up()
    steps.soup.recorder = None  # a soup that never measures
    with pytest.raises(RuntimeError, match="plain step where a measuring one was wanted"):
        steps.run("measuring")


def test_own_order_measures_once(workload: Workload) -> None:
    steps = SoupSteps(workload, "vm", {"modo": {"every": 3}})
    steps.warm_up()
    for _ in range(steps.start_own_order()):
        steps.run_next()
    assert len(steps.soup.records) == 1
