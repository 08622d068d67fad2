"""One backward pass: the encoder gets sum_k w_k g_k, every head its own unweighted gradient."""

import pytest
import torch
from builders import attach_soup, batch, flat, small_model
from torch import Tensor

from espnet_soups.model.soups_model import ObjectiveSoupsModel

ROWS = ["en", "en", "fr", "fr", "es", "es", "fr", "es"]


def gradients(model: ObjectiveSoupsModel, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Shared and head gradients of one backward pass under the given boundary weights."""
    model.zero_grad(set_to_none=True)
    model.weights.set(weights)
    torch.manual_seed(0)
    loss, _, _ = model(**batch(ROWS, untranslated=(6,)))
    loss.backward()
    shared = model.shared_parameters()
    own = {id(p) for p in shared}
    heads = [p for p in model.parameters() if id(p) not in own]
    zero = [torch.zeros_like(p) if p.grad is None else p.grad for p in [*shared, *heads]]
    return flat(zero[: len(shared)]), flat(zero[len(shared) :])


@pytest.mark.parametrize("decoders", ["shared", "per_pair"])
def test_encoder_gets_the_weighted_sum_and_heads_are_unweighted(decoders: str) -> None:
    model = small_model(model_conf={"st_decoders": decoders})
    count = len(model.objectives)
    ones = torch.ones(count)
    _, plain_heads = gradients(model, ones)
    each = [gradients(model, torch.eye(count)[k])[0] for k in range(count)]
    assert all(one.norm() > 0 for one in each)
    weights = torch.tensor([0.3, 0.1, 0.6, 0.25, 0.0, 2.0])
    shared, heads = gradients(model, weights)
    expected = sum(w * g for w, g in zip(weights, each, strict=True))
    assert torch.allclose(shared, expected, atol=1e-5, rtol=1e-5)
    assert torch.allclose(heads, plain_heads, atol=1e-6, rtol=1e-5)


def test_soup_weights_reach_the_backward_pass_of_the_same_step() -> None:
    model = small_model()
    step = attach_soup(model, "vs", {"modo": {"every": 1, "step_size": 0.5}})
    torch.manual_seed(0)
    loss, _, _ = model(**batch(ROWS, untranslated=(6,)))
    loss.backward()
    applied = flat([p.grad for p in model.shared_parameters() if p.grad is not None])
    used = step.state.shared_weights().float()
    figures = step.records[-1]["figures"]
    assert [figures[f"weight/{name}"] for name in model.objectives] == pytest.approx(used.tolist())
    assert not torch.allclose(used, torch.full_like(used, 1 / 6))
    model.soup = None
    expected, _ = gradients(model, used)
    assert torch.allclose(applied, expected, atol=1e-6, rtol=1e-5)


def test_joint_soup_is_the_plain_sum() -> None:
    model = small_model()
    plain, _ = gradients(model, torch.ones(6))
    attach_soup(model, "joint")
    souped, _ = gradients(model, torch.zeros(6))
    assert torch.equal(plain, souped)


def test_rows_without_translation_train_no_decoder() -> None:
    model = small_model()
    loss, stats, _ = model(**batch(["en", "en"]))
    loss.backward()
    assert all(p.grad is None for p in model.translation.parameters())
    assert torch.tensor(stats["loss/st/fr-en"]).isnan()
    assert torch.tensor(stats["acc_st"]).isnan()
    assert torch.isfinite(loss)


def test_text_too_long_for_its_frames_is_left_out() -> None:
    model = small_model()
    inputs = batch(["en", "en"], seconds=0.2)
    inputs["src_text"] = torch.full((2, 30), 4)
    inputs["src_text_lengths"] = torch.tensor([30, 2])
    _, alone, _ = model(**inputs)
    inputs["src_text"][0, 5:] = 7
    _, again, _ = model(**inputs)
    assert alone["loss/asr/en"] == pytest.approx(again["loss/asr/en"])
    assert alone["loss/asr/en"] > 0


def test_padding_does_not_change_an_utterance() -> None:
    model = small_model().eval()
    inputs = batch(["en", "fr", "es"], seconds=1.0)
    together, lengths = model.encode(inputs["speech"], inputs["speech_lengths"])
    for row in range(3):
        count = int(inputs["speech_lengths"][row])
        alone, frames = model.encode(inputs["speech"][row : row + 1, :count], torch.tensor([count]))
        assert frames[0] == lengths[row]
        assert torch.allclose(alone[0], together[row, : frames[0]], atol=1e-5)
