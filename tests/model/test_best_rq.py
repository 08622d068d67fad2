from pathlib import Path

import pytest
import torch
from builders import attach_soup, batch, small_model
from espnet2.main_funcs.average_nbest_models import average_nbest_models
from espnet2.train.reporter import Reporter
from torch.nn import functional as F

from espnet_soups.errors import UserError
from espnet_soups.model.abs_ssl import SSLBatch
from espnet_soups.model.best_rq import BestRQ, RandomProjectionQuantizer

CONF = {"stack": 4, "codebook_size": 16, "code_size": 4, "mask_frames": 8, "mask_probability": 0.05}


def objective(seed: int = 0, **changes: float) -> BestRQ:
    torch.manual_seed(0)
    return BestRQ(3, 8, seed=seed, **(CONF | changes))  # type: ignore[arg-type]


def test_label_is_the_nearest_code_after_projection() -> None:
    quantizer = RandomProjectionQuantizer(6, 5, 3, seed=1)
    vectors = torch.randn(4, 7, 6, generator=torch.Generator().manual_seed(0))
    labels = quantizer(vectors)
    assert labels.shape == (4, 7)
    for vector, label in zip(vectors.flatten(0, 1), labels.flatten(), strict=True):
        projected = vector @ quantizer.projection
        distances = [(projected / projected.norm() - code / code.norm()).norm() for code in quantizer.codebook]
        assert int(label) == distances.index(min(distances))


def test_label_of_a_hand_made_case() -> None:
    quantizer = RandomProjectionQuantizer(2, 2, 2, seed=0)
    quantizer.projection.copy_(torch.eye(2))
    quantizer.codebook.copy_(torch.eye(2))
    assert quantizer(torch.tensor([[3.0, 1.0], [0.1, 0.2], [-1.0, 0.0]])).tolist() == [0, 1, 1]


def test_the_seed_makes_the_quantizer_whatever_else_was_drawn() -> None:
    first = objective(seed=3)
    torch.manual_seed(99)
    second, other = BestRQ(3, 8, seed=3, **CONF), BestRQ(3, 8, seed=4, **CONF)  # type: ignore[arg-type]
    for name, buffer in first.quantizer.named_buffers():
        assert torch.equal(buffer, second.quantizer.get_buffer(name))
        assert not torch.equal(buffer, other.quantizer.get_buffer(name))


def test_spans_are_masked_and_only_their_labels_are_asked_for() -> None:
    rq = objective().train()
    feats, lengths = torch.randn(3, 83, 3) + 5.0, torch.tensor([83, 41, 3])
    made = rq.prepare(feats, lengths)
    clean = rq.quantizer(
        torch.stack([_standard(feats[0])[4 * step : 4 * step + 4].flatten() for step in range(20)])
    ).tolist()
    for row in range(3):
        changed = (made.feats[row] != feats[row]).any(-1)
        for step in range(20):
            masked = bool(made.targets[row, step] >= 0)
            assert bool(changed[4 * step : 4 * step + 4].all()) is masked
            if row == 0 and masked:
                assert int(made.targets[row, step]) == clean[step]
        assert not changed[80:].any()
        assert (made.targets[row, int(lengths[row]) // 4 :] == -1).all(), "nothing is asked behind the end"
    assert made.target_lengths.tolist() == (made.targets >= 0).sum(1).tolist()
    assert made.target_lengths[:2].min() >= 1, "every utterance that has a step has a span"
    assert made.target_lengths[2] == 0


def _standard(feats: torch.Tensor) -> torch.Tensor:
    return (feats - feats.mean(0)) / (feats.var(0, unbiased=False) + 1e-5).sqrt()


def test_masks_change_in_training_and_stay_in_validation() -> None:
    feats, lengths = torch.randn(2, 400, 3), torch.tensor([400, 300])
    rq = objective().train()
    assert not torch.equal(rq.prepare(feats, lengths).targets, rq.prepare(feats, lengths).targets)
    rq.eval()
    assert torch.equal(rq.prepare(feats, lengths).targets, rq.prepare(feats, lengths).targets)


def test_loss_is_the_cross_entropy_at_masked_positions() -> None:
    rq = objective()
    h = torch.randn(2, 5, 8, requires_grad=True)
    targets = torch.tensor([[-1, 3, 7, -1, -1, 2], [-1, -1, -1, 1, 5, -1]])
    made = SSLBatch(torch.zeros(2, 24, 3), torch.tensor([24, 20]), targets, torch.tensor([3, 2]))
    losses, counts = rq(h, torch.tensor([5, 4]), made)
    # Row 0 asks for a sixth output, which the encoder does not have; row 1 for one behind its end.
    assert counts.tolist() == [2, 1]
    for row, wanted in enumerate([{1: 3, 2: 7}, {3: 1}]):
        logits = rq.predict(h[row, list(wanted)])
        expected = F.cross_entropy(logits, torch.tensor(list(wanted.values())), reduction="sum")
        assert torch.allclose(losses[row], expected, rtol=1e-5)
    (gradient,) = torch.autograd.grad(losses[0], h)
    assert gradient[0, [1, 2]].abs().sum() > 0
    assert gradient[0, [0, 3, 4]].abs().sum() == 0
    assert gradient[1].abs().sum() == 0


def test_a_stack_that_is_not_the_encoders_subsampling_is_refused() -> None:
    model = small_model(ssl="best_rq", ssl_conf=CONF | {"stack": 2})
    with pytest.raises(UserError, match=r"ssl_conf\.stack is 2, .* subsampling, about 4"):
        model(**batch(["en", "en", "fr", "fr"]))


def test_spans_shorter_than_a_label_are_refused() -> None:
    with pytest.raises(UserError, match=r"mask_frames is 2: it must be at least ssl_conf\.stack, 4"):
        objective(mask_frames=2)


def test_model_learns_one_batch_and_never_the_quantizer() -> None:
    model = small_model(ssl="best_rq", ssl_conf=CONF | {"utterances": 1.0})
    assert model.ssl is not None
    attach_soup(model, "static", {"weights": {"asr/*": 0.0, "st/*": 0.0, "ssl": 1.0}})
    before = [buffer.clone() for buffer in model.ssl.buffers()]
    assert len(before) == 2
    assert not any("quantizer" in name for name, _ in model.ssl.named_parameters())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    inputs = batch(["en", "en", "fr", "fr", "es", "es"])
    losses = []
    for _ in range(60):
        torch.manual_seed(5)  # one batch: the same masks each time
        loss, stats, _ = model(**inputs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(stats["loss_ssl"])
    assert losses[0] == pytest.approx(torch.tensor(16.0).log().item(), abs=0.7), "it begins near chance"
    assert losses[-1] < 0.5 * losses[0]
    assert all(torch.equal(a, b) for a, b in zip(before, model.ssl.buffers(), strict=True))


def test_quantizer_survives_checkpoints_and_model_averaging(tmp_path: Path) -> None:
    model = small_model(ssl="best_rq", ssl_conf=CONF | {"seed": 7})
    reporter = Reporter()
    for epoch in (1, 2, 3):
        reporter.set_epoch(epoch)
        with reporter.observe("valid") as sub:
            sub.register({"loss": 1.0 / epoch})
            sub.next()
        torch.save(model.state_dict(), tmp_path / f"{epoch}epoch.pth")
    average_nbest_models(tmp_path, reporter, [("valid", "loss", "min")], 3)
    other = small_model(ssl="best_rq", ssl_conf=CONF | {"seed": 8})
    for name, exact in (("1epoch.pth", True), ("valid.loss.ave_3best.pth", False)):
        other.load_state_dict(torch.load(tmp_path / name, weights_only=True))
        for buffer in ("projection", "codebook"):
            mine, its = (m.ssl.quantizer.get_buffer(buffer) for m in (model, other))  # type: ignore[union-attr]
            assert torch.equal(mine, its) if exact else torch.allclose(mine, its, rtol=1e-6)


def test_gradients_of_the_objective_are_measured() -> None:
    model = small_model(ssl="best_rq", ssl_conf=CONF)
    step = attach_soup(model, "vs", {"modo": {"every": 1}})
    model(**batch(["en", "en", "fr", "fr", "es", "es"]))
    figures = step.records[-1]["figures"]
    assert figures["gradient_norm/ssl"] > 0
    assert figures["rejected_measurements"] == 0
