import pytest
import torch

from espnet_soups.soup.simplex import project_simplex


@pytest.mark.parametrize("mass", [1.0, 0.3, 2.5])
@pytest.mark.parametrize("size", [1, 2, 7, 41])
def test_result_is_on_the_simplex_and_nearest(size: int, mass: float) -> None:
    generator = torch.Generator().manual_seed(size)
    point = 3 * torch.randn(size, dtype=torch.float64, generator=generator)
    projected = project_simplex(point, mass)
    assert projected.min() >= 0
    assert projected.sum() == pytest.approx(mass, abs=1e-12)
    # Variational inequality: <point - projected, q - projected> <= 0 for every vertex q is necessary and sufficient.
    for vertex in range(size):
        other = torch.zeros(size, dtype=torch.float64)
        other[vertex] = mass
        assert torch.dot(point - projected, other - projected) <= 1e-10


def test_small_cases_by_hand() -> None:
    assert project_simplex(torch.tensor([0.5, 0.5, 3.0])).tolist() == [0.0, 0.0, 1.0]
    assert project_simplex(torch.tensor([0.2, 0.8])).tolist() == pytest.approx([0.2, 0.8])
    assert project_simplex(torch.tensor([1.0, 1.0, -5.0])).tolist() == [0.5, 0.5, 0.0]


def test_no_mass_gives_zero() -> None:
    assert project_simplex(torch.tensor([1.0, 2.0]), 0.0).tolist() == [0.0, 0.0]
