import pytest
import torch

from espnet_soups.soup.similarity import cosine, group_gram, mean_conflict, select_conflicting


def test_cosine_of_known_gradients() -> None:
    gradients = torch.tensor([[1.0, 0.0], [0.0, 2.0], [-3.0, 0.0], [0.0, 0.0]], dtype=torch.float64)
    similarity = cosine(gradients @ gradients.T)
    assert similarity[0, 1] == 0
    assert similarity[0, 2] == -1
    assert similarity[1, 1] == 1
    assert similarity[3].isnan().all()
    assert mean_conflict(similarity) == pytest.approx(-1 / 3)


def test_group_gram_is_that_of_summed_gradients() -> None:
    gradients = torch.randn(5, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    summed = torch.stack([gradients[[0, 2]].sum(0), gradients[[1, 3, 4]].sum(0)])
    grouped = group_gram(gradients @ gradients.T, [[0, 2], [1, 3, 4]])
    assert torch.allclose(grouped, summed @ summed.T)


def test_selection_never_comes_back_empty() -> None:
    assert select_conflicting(torch.tensor([-0.1, 0.2, -0.3]), 0.0) == [0, 2]
    assert select_conflicting(torch.tensor([0.3, 0.2, torch.nan]), 0.0) == [1]
