from collections import Counter

import pytest

from espnet_soups.errors import UserError
from espnet_soups.training.sampler import BalancedBatchSampler

COUNTS = {"en": 23, "fr": 40, "es": 7}


def corpus() -> tuple[dict[str, int], dict[str, str]]:
    languages = {f"{lang}-{i:03}": lang for lang, count in COUNTS.items() for i in range(count)}
    lengths = {key: 100 + (37 * i) % 900 for i, key in enumerate(languages)}
    return lengths, languages


def test_every_batch_is_balanced_and_nothing_is_dropped() -> None:
    lengths, languages = corpus()
    sampler = BalancedBatchSampler(lengths, languages, batch_size=12)
    for seed in range(5):
        batches = sampler.generate(seed)
        seen = Counter(key for batch in batches for key in batch)
        assert set(seen) == set(lengths)
        assert all(seen[key] == 1 for key in seen if key.startswith("fr")), "the largest language is seen once"
        for batch in batches:
            shares = Counter(languages[key] for key in batch)
            assert len(set(shares.values())) == 1
            assert len(shares) == 3
            assert 3 <= shares["fr"] <= 4


def test_unlabeled_speech_has_its_share_but_does_not_set_the_length_of_an_epoch() -> None:
    lengths, languages = corpus()
    plenty = {f"u-{i:04}": 100 + i for i in range(500)}
    sampler = BalancedBatchSampler(lengths | plenty, languages | dict.fromkeys(plenty, "und"), batch_size=16)
    drawn = set()
    for seed in range(3):
        batches = sampler.generate(seed)
        seen = Counter(key for batch in batches for key in batch)
        assert set(lengths) <= set(seen)
        assert len(batches) == 10
        unlabeled = {key for key in seen if key in plenty}
        assert len(unlabeled) == COUNTS["fr"]
        drawn |= unlabeled
        assert all(Counter(key[:2] for key in batch)["u-"] == 4 for batch in batches)
    assert len(drawn) > 2 * COUNTS["fr"]


def test_speech_without_any_labels_is_passed_over_as_a_whole() -> None:
    plenty = {f"u-{i:04}": 100 + i for i in range(50)}
    batches = BalancedBatchSampler(plenty, dict.fromkeys(plenty, "und"), batch_size=10).generate(0)
    assert Counter(key for batch in batches for key in batch) == Counter(plenty.keys())


def test_epochs_differ_and_are_reproducible() -> None:
    sampler = BalancedBatchSampler(*corpus(), batch_size=12)
    assert sampler.generate(3) == sampler.generate(3)
    assert sampler.generate(3) != sampler.generate(4)
    assert len(sampler) == len(sampler.generate(3))


def test_ranks_share_each_batch_with_all_languages() -> None:
    lengths, languages = corpus()
    whole = BalancedBatchSampler(lengths, languages, batch_size=12).generate(1)
    parts = [BalancedBatchSampler(lengths, languages, batch_size=12, world_size=2, rank=r).generate(1) for r in (0, 1)]
    for together, first, second in zip(whole, *parts, strict=True):
        assert Counter(first) + Counter(second) == Counter(together)
        assert abs(len(first) - len(second)) <= 1
        assert {languages[key] for key in first} == {languages[key] for key in second} == set(COUNTS)


def test_bins_bound_the_padded_batch() -> None:
    lengths, languages = corpus()
    batches = BalancedBatchSampler(lengths, languages, batch_bins=9000).generate(0)
    sizes = {len(batch) for batch in batches}
    assert all(max(lengths[key] for key in batch) * len(batch) <= 9000 for batch in batches)
    assert len(sizes) > 1, "short utterances come in larger batches"
    assert {key for batch in batches for key in batch} == set(lengths)


def test_similar_lengths_come_together() -> None:
    lengths, languages = corpus()

    def padding(noise: float) -> int:
        batches = BalancedBatchSampler(lengths, languages, batch_size=12, noise=noise).generate(0)
        return sum(
            max(lengths[key] for key in batch) * len(batch) - sum(lengths[key] for key in batch) for batch in batches
        )

    assert padding(0.1) < 0.85 * padding(100.0)


def test_impossible_batches_are_refused() -> None:
    lengths, languages = corpus()
    with pytest.raises(UserError, match="smaller than the 3 languages"):
        BalancedBatchSampler(lengths, languages, batch_size=2)
    with pytest.raises(UserError, match="fewer utterances than the 8 ranks"):
        BalancedBatchSampler(lengths, languages, batch_size=6, world_size=8)
    with pytest.raises(UserError, match="'en-000' has no language"):
        BalancedBatchSampler(lengths, {k: v for k, v in languages.items() if k != "en-000"}, batch_size=6)
