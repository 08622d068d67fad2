import random

import pytest

from espnet_soups.inference.batching import length_batches


def test_batches_hold_similar_lengths_longest_first() -> None:
    assert length_batches([1.0, 5.0, 2.0, 5.0, 2.0], 10.0) == [[1, 3], [2, 4, 0]]


def test_an_utterance_above_the_limit_is_alone() -> None:
    assert length_batches([30.0, 1.0, 1.0], 10.0) == [[0], [1, 2]]


def test_nothing_makes_no_batch() -> None:
    assert length_batches([], 10.0) == []


@pytest.mark.parametrize("seed", range(3))
def test_every_utterance_is_in_one_batch_within_the_limit(seed: int) -> None:
    generator = random.Random(seed)
    seconds = [generator.uniform(0.2, 20) for _ in range(200)]
    batches = length_batches(seconds, 40.0)
    assert sorted(index for batch in batches for index in batch) == list(range(200))
    assert all(len(batch) * max(seconds[i] for i in batch) <= 40.0 for batch in batches)
