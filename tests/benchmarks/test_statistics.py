import pytest

from benchmarks.statistics import Costs, ratio, spread

SHARES = {"plain": 0.75, "measuring": 0.25}


def test_amortised_cost_weights_the_medians_by_their_shares() -> None:
    costs = Costs({"plain": [1.0, 1.0, 9.0], "measuring": [2.0, 3.0, 2.0]}, SHARES)
    assert costs.amortised() == pytest.approx(0.75 * 1.0 + 0.25 * 2.0)


def test_ratio_lies_in_its_interval() -> None:
    costs = Costs({"plain": [1.0, 1.1, 1.2, 1.3], "measuring": [2.0, 2.2, 2.1, 2.4]}, SHARES)
    reference = Costs({"plain": [1.0, 0.9, 1.1, 1.2]}, {"plain": 1.0})
    found = ratio(costs, reference)
    assert found.lower < found.value < found.upper
    assert found.value == pytest.approx(costs.amortised() / reference.amortised())


def test_ratio_of_steady_readings_is_exact() -> None:
    found = ratio(Costs({"plain": [3.0] * 4}, {"plain": 1.0}), Costs({"plain": [2.0] * 4}, {"plain": 1.0}))
    assert (found.lower, found.value, found.upper) == (1.5, 1.5, 1.5)


def test_spread_is_the_distance_of_the_quartiles_over_the_median() -> None:
    assert spread([1.0, 2.0, 3.0, 4.0, 5.0]).relative == pytest.approx(2.0 / 3.0)
