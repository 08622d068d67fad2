from typing import Any

import pytest
import torch
from torch.nn import functional as F

from espnet_soups.model.cpc import CPC


def objective(**changes: float) -> CPC:
    torch.manual_seed(0)
    return CPC(3, 8, context_frames=24, future_frames=12, projection_size=5, min_context=8, **changes)  # type: ignore[arg-type]


def test_past_and_future_are_consecutive_and_the_answer_is_hidden() -> None:
    cpc = objective().train()
    feats = torch.arange(2 * 60, dtype=torch.float32).view(2, 60, 1).expand(2, 60, 3)
    lengths = torch.tensor([60, 30])
    for seed in range(10):
        torch.manual_seed(seed)
        made = cpc.prepare(feats, lengths)
        for row in range(2):
            past, steps = int(made.lengths[row]), int(made.target_lengths[row])
            context, future = made.feats[row, :past, 0], made.targets[row].view(-1, 3)[: 4 * steps, 0]
            together = torch.cat([context, future])
            assert torch.equal(together, torch.arange(len(together)) + together[0])
            assert together[-1] < row * 60 + lengths[row], "nothing is read behind the end"
            assert made.feats[row, past:].abs().sum() == 0
    assert made.target_lengths.tolist() == [3, 2]


def test_short_utterances_take_no_part() -> None:
    cpc = objective()
    made = cpc.prepare(torch.randn(2, 60, 3), torch.tensor([60, 9]))
    assert made.target_lengths[1] == 0
    losses, counts = cpc(torch.randn(2, 10, 8), torch.tensor([10, 5]), made)
    assert counts[1] == 0
    assert losses[1] == 0
    assert losses[0] > 0


def test_loss_is_infonce_over_all_valid_steps() -> None:
    cpc = objective()
    made = cpc.prepare(torch.randn(2, 60, 3), torch.tensor([60, 30]))
    h, h_lengths = torch.randn(2, 10, 8), torch.tensor([10, 6])
    losses, _ = cpc(h, h_lengths, made)
    cells = [(row, step) for row in range(2) for step in range(int(made.target_lengths[row]))]
    keys = torch.stack([F.normalize(cpc.future(made.targets[row, step]), dim=-1) for row, step in cells])
    for row in range(2):
        expected = 0.0
        for position, (owner, step) in enumerate(cells):
            if owner == row:
                past = cpc.past(h[row, h_lengths[row] - 1])
                query = F.normalize(cpc.predict(past + cpc.step.weight[step]), dim=-1)
                expected += float(F.cross_entropy((keys @ query / 0.1)[None], torch.tensor([position])))
        assert float(losses[row]) == pytest.approx(expected, rel=1e-5)


def test_rows_do_not_influence_each_others_encoder_gradient() -> None:
    cpc = objective()
    made = cpc.prepare(torch.randn(2, 60, 3), torch.tensor([60, 60]))
    h = torch.randn(2, 10, 8, requires_grad=True)
    losses, _ = cpc(h, torch.tensor([10, 10]), made)
    (gradient,) = torch.autograd.grad(losses[0], h)
    assert gradient[0].abs().sum() > 0
    assert gradient[1].abs().sum() == 0


def test_similarities_stay_exact_under_mixed_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    cpc = objective()
    made = cpc.prepare(torch.randn(2, 60, 3), torch.tensor([60, 30]))
    seen: list[torch.dtype] = []
    exact = F.cross_entropy

    def watched(logits: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
        seen.append(logits.dtype)
        return exact(logits, *args, **options)

    monkeypatch.setattr(F, "cross_entropy", watched)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cpc(torch.randn(2, 10, 8), torch.tensor([10, 5]), made)
    assert seen == [torch.float32]
