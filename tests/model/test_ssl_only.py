"""A model of self-supervision alone, and what it leaves to the second stage of training."""

from pathlib import Path

import pytest
import torch
from builders import attach_soup, batch, small_model
from espnet2.torch_utils.load_pretrained_model import load_pretrained_model

from espnet_soups.errors import UserError
from espnet_soups.model.soups_model import ObjectiveSoupsModel

ROWS = ["en", "en", "fr", "fr", "es", "es"]
BEST_RQ = {"codebook_size": 16, "code_size": 4, "mask_frames": 8, "mask_probability": 0.05}


def encoded_rows(model: ObjectiveSoupsModel) -> list[int]:
    """The sizes of the batches that the encoder gets."""
    seen: list[int] = []
    model.encoder.register_forward_pre_hook(lambda _, args: seen.append(args[0].shape[0]))
    return seen


@pytest.mark.parametrize(("ssl", "part"), [("best_rq", 1.0), ("best_rq", 0.5), ("cpc", 1.0)])
def test_only_the_rows_of_self_supervision_are_encoded(ssl: str, part: float) -> None:
    # CPC's windows of the past are shorter here than the speech.
    conf = BEST_RQ if ssl == "best_rq" else {"context_frames": 80, "future_frames": 40, "min_context": 16}
    model = small_model(ssl_only=True, ssl=ssl, ssl_conf=conf | {"utterances": part})
    attach_soup(model, "joint")
    seen = encoded_rows(model)
    loss, stats, weight = model(**batch(ROWS))
    loss.backward()
    assert model.objectives == ("ssl",)
    assert seen == [round(part * len(ROWS))]
    assert int(weight) == len(ROWS)
    assert stats["loss"] == stats["loss/ssl"] == stats["loss_ssl"] == pytest.approx(float(loss))
    assert all(p.grad is not None for p in model.parameters())


def test_its_loss_is_that_of_the_whole_model() -> None:
    """Without dropout and masks of chance the other objectives' rows make no difference."""
    alone, whole = (small_model(ssl="best_rq", ssl_conf=BEST_RQ, ssl_only=only).eval() for only in (True, False))
    for part in ("encoder", "ssl"):
        getattr(alone, part).load_state_dict(getattr(whole, part).state_dict())
    inputs = batch(ROWS)
    losses = []
    for model in (alone, whole):
        torch.manual_seed(0)
        losses.append(model(**inputs)[1]["loss/ssl"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_second_stage_takes_all_but_the_head(tmp_path: Path) -> None:
    first, second = small_model(seed=1, ssl_only=True), small_model(seed=2, ssl=None)
    heads = {name: p.clone() for name, p in second.named_parameters() if not name.startswith("encoder.")}
    torch.save(first.state_dict(), tmp_path / "model.pth")
    load_pretrained_model(f"{tmp_path / 'model.pth'}:::ssl", second, ignore_init_mismatch=False)
    for name, parameter in first.encoder.named_parameters():
        assert torch.equal(parameter, second.encoder.get_parameter(name))
    assert all(torch.equal(p, second.get_parameter(name)) for name, p in heads.items())


def test_without_an_objective_it_is_refused() -> None:
    with pytest.raises(UserError, match=r"--ssl_only true needs a self-supervised objective"):
        small_model(ssl_only=True, ssl=None)
