"""The other ways must compute what they are compared for, or their times mean nothing."""

import pytest
import torch
from torch import Tensor

from benchmarks.rows import FIRST_TWO, ROWS
from benchmarks.steps.losses import (
    draw_for_ssl,
    encode,
    objective_loss,
    split_halves,
    supervised_rows,
)
from benchmarks.steps.torchjd import AutogramPerUtteranceSteps, AutogramSteps
from benchmarks.workload import Workload, make_batch
from espnet_soups.model.soups_model import ObjectiveSoupsModel


def gram_of(h: Tensor, seeds: Tensor, parameters: list[Tensor]) -> Tensor:
    rows = [
        torch.cat([g.flatten() for g in torch.autograd.grad(h, parameters, seed, retain_graph=True)]) for seed in seeds
    ]
    return torch.stack(rows) @ torch.stack(rows).T


@pytest.mark.parametrize("way", [AutogramSteps, AutogramPerUtteranceSteps])
def test_autogram_gives_the_inner_products_of_the_gradients(
    workload: Workload, way: type[AutogramSteps] | type[AutogramPerUtteranceSteps]
) -> None:
    steps = way(workload, FIRST_TWO)
    h, seeds = steps.seeds()
    assert bool((seeds.flatten(1).norm(dim=1) > 0).all())
    compared: list[Tensor] = list(steps.compared)
    if isinstance(steps, AutogramPerUtteranceSteps):
        compared = [parameter for module in steps.matrices() for parameter in module.parameters()]
    found = steps.gram(h, seeds)
    torch.testing.assert_close(found, gram_of(h, seeds, compared), rtol=1e-3, atol=1e-6 * float(found.abs().max()))


def test_losses_of_single_objectives_add_up_to_the_models(workload: Workload) -> None:
    model = ROWS["joint"].build(workload).model
    assert isinstance(model, ObjectiveSoupsModel)
    model.eval()
    batch = make_batch(workload)
    _, stats, _ = model(**batch)
    with torch.no_grad():
        model.specaug = torch.nn.Identity()  # type: ignore[assignment]
        model.specaug.forward = lambda *feats: feats  # type: ignore[method-assign]
        encoded = encode(model, batch, for_ssl=draw_for_ssl(model, len(batch["lang"])))
        for name, rows in supervised_rows(model, batch).items():
            loss = objective_loss(model, name, encoded, batch, rows)
            assert float(loss) == pytest.approx(stats[f"loss/{name}"], rel=1e-4)


def test_halves_hold_the_whole_batch(workload: Workload) -> None:
    batch = make_batch(workload)
    halves = split_halves(batch)
    assert sum(len(half["lang"]) for half in halves) == workload.utterances
    assert sorted(torch.cat([half["speech_lengths"] for half in halves]).tolist()) == sorted(
        batch["speech_lengths"].tolist()
    )


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.heavy or "/" in name])
def test_every_row_trains_all_parameters(workload: Workload, name: str) -> None:
    steps = ROWS[name].build(workload)
    before = [parameter.detach().clone() for parameter in steps.model.parameters()]
    steps.warm_up()
    still = [
        key
        for (key, now), then in zip(steps.model.named_parameters(), before, strict=True)
        if now.requires_grad and torch.equal(now, then)
    ]
    assert not still
    assert all(bool(parameter.isfinite().all()) for parameter in steps.model.parameters())
