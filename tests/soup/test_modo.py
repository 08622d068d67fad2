"""The lambda update against TorchJD and against brute force on penalised Jacobians, in float64."""

import pytest
import torch
from torch import Tensor
from torchjd.aggregation import MoDoWeighting

from espnet_soups.soup.hierarchy import Hierarchy, build_hierarchy
from espnet_soups.soup.modo import directions, modo_update, shared_weights
from espnet_soups.soup.simplex import project_simplex

NAMES = ("asr/en", "asr/fr", "asr/de", "st/fr-en", "st/de-en", "ssl")
LEVELS = {
    "one": [["*"]],
    "two": [["asr/*", "st/*"], ["ssl"]],
    "uas": "uas",
    "usa": "usa",
    "four": [["asr/en"], ["*/fr"], ["*/de"], ["ssl"]],
}
ALL = torch.ones(6, dtype=torch.bool)


def random_jacobians(seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(6, 50, dtype=torch.float64, generator=generator) for _ in range(2))  # type: ignore[return-value]


def update(weights: Tensor, gram: Tensor, hierarchy: Hierarchy, etas: list[float], present: Tensor = ALL) -> Tensor:
    ratios = hierarchy.relative_penalties(etas)
    products = directions(weights, hierarchy, ratios, present) @ gram.T
    return modo_update(weights, products, hierarchy, present, step_size=0.07, l2=0.01)


def test_one_level_agrees_with_torchjd() -> None:
    hierarchy = build_hierarchy(LEVELS["one"], NAMES)
    reference = MoDoWeighting(gamma=0.07, rho=0.01)
    weights = hierarchy.uniform()
    for seed in range(50):
        first, second = random_jacobians(seed)
        gram = first @ second.T
        weights = update(weights, gram, hierarchy, [])
        assert torch.allclose(weights, reference(gram), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", LEVELS)
def test_levels_agree_with_penalised_jacobians(name: str) -> None:
    hierarchy = build_hierarchy(LEVELS[name], NAMES)
    etas = [0.3, 0.9, 1.4][: len(hierarchy.levels) - 1]
    weights, expected = hierarchy.uniform(), hierarchy.uniform()
    for seed in range(20):
        first, second = random_jacobians(seed)
        weights = update(weights, first @ second.T, hierarchy, etas)
        expected = brute_force(expected, first, second, hierarchy, etas)
        assert torch.allclose(weights, expected, atol=1e-12)
        for level in hierarchy.levels:
            assert weights[list(level)].sum() == pytest.approx(1.0, abs=1e-12)
            assert weights[list(level)].min() >= 0


def brute_force(weights: Tensor, first: Tensor, second: Tensor, hierarchy: Hierarchy, etas: list[float]) -> Tensor:
    """Write out every level's penalised objectives f_k + sum_m (p_m / p_i) lambda_m . F_m and apply plain MoDo."""
    result = weights.clone()
    for number, level in enumerate(hierarchy.levels):
        rows = []
        for jacobian in (first, second):
            constant = torch.zeros(jacobian.shape[1], dtype=torch.float64)
            factor = 1.0
            for lower in range(number + 1, len(hierarchy.levels)):
                factor *= etas[lower - 1]
                for k in hierarchy.levels[lower]:
                    constant += factor * weights[k] * jacobian[k]
            rows.append(jacobian[list(level)] + constant)
        own = weights[list(level)]
        result[list(level)] = project_simplex(own - 0.07 * (rows[0] @ rows[1].T @ own + 0.01 * own))
    return result


def test_absent_objectives_keep_their_weight_and_the_mass_stays() -> None:
    hierarchy = build_hierarchy("usa", NAMES)
    present = torch.tensor([True, False, True, True, True, False])
    first, second = random_jacobians(3)
    before = torch.tensor([0.5, 0.2, 0.3, 0.6, 0.4, 1.0], dtype=torch.float64)
    after = update(before, first @ second.T, hierarchy, [0.5, 0.5], present)
    assert after[1] == before[1]
    assert after[5] == before[5]
    assert after[:3].sum() == pytest.approx(1.0)
    assert after[3:5].sum() == pytest.approx(1.0)
    assert not torch.equal(after[:3], before[:3])


def test_shared_weights_multiply_penalties_down_the_levels() -> None:
    hierarchy = build_hierarchy("usa", NAMES)
    ratios = hierarchy.relative_penalties([0.5, 0.2])
    weights = shared_weights(hierarchy.uniform(), hierarchy, ratios)
    assert weights.tolist() == pytest.approx([1 / 3] * 3 + [0.25] * 2 + [0.1])


def test_zero_penalty_switches_lower_levels_off_without_dividing_by_it() -> None:
    hierarchy = build_hierarchy("uas", NAMES)
    ratios = hierarchy.relative_penalties([0.0, 0.7])
    assert ratios.tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.7], [0.0, 0.0, 1.0]]
