import pytest
import torch

from benchmarks.workload import NA, Workload, make_batch
from espnet_soups.errors import UserError
from espnet_soups.objectives import list_objectives
from espnet_soups.training.soup_step import halves_of


@pytest.mark.parametrize("count", [3, 4, 5, 10, 41])
def test_has_as_many_objectives_as_asked_for(count: int) -> None:
    work = Workload(objectives=count, size="tiny")
    assert len(list_objectives(work.languages, work.pairs, work.ssl)) == count


def test_without_ssl_every_language_is_translated() -> None:
    work = Workload(objectives=10, size="tiny", ssl=False)
    assert len(list_objectives(work.languages, work.pairs, work.ssl)) == 10
    assert not (make_batch(work)["text"][:, 0] == NA).any()


def test_batch_is_the_same_for_all_odd_numbers_of_objectives() -> None:
    few, many = (make_batch(Workload(objectives=count, size="tiny", seconds=0.5)) for count in (5, 41))
    assert few.keys() == many.keys()
    assert [name for name in few if not torch.equal(few[name], many[name])] == ["lang"]


@pytest.mark.parametrize("count", [5, 10, 41])
def test_every_objective_is_in_both_halves(count: int) -> None:
    batch = make_batch(Workload(objectives=count, size="tiny", seconds=0.5))
    language, translated = batch["lang"][:, 0], batch["text"][:, 0] != NA
    half = halves_of(language, translated)
    seen = {(int(one), int(side)) for one, side in zip(language, half, strict=True)}
    assert seen == {(one, side) for one in range(count // 2) for side in (0, 1)}


def test_too_small_a_batch_is_refused() -> None:
    with pytest.raises(UserError, match="40 or more"):
        Workload(objectives=41, utterances=39)
