import random

import pytest

from espnet_soups.corpora.asterisk.splits import (
    assign_splits,
    draw_digit_strings,
    draw_phrase_sequences,
    is_single_item,
)
from espnet_soups.errors import UserError

type Texts = dict[str, dict[str, str]]


def random_texts(seed: int) -> Texts:
    """Return three languages with some equal texts, some missing keys and some single items."""
    rng = random.Random(seed)
    keys = (
        [f"vm-{number}" for number in range(200)] + [f"digits/{n}" for n in range(20)] + ["letters/a", "phonetic/b_p"]
    )
    return {
        language: {key: f"{language} text {rng.randrange(1500)}" for key in keys if rng.random() < 0.9}
        for language in ("en", "es", "ru")
    }


@pytest.mark.parametrize("seed", range(20))
def test_no_text_is_in_two_splits_and_single_items_are_trained(seed: int) -> None:
    texts = random_texts(seed)
    splits = assign_splits(texts, seed=seed, test_share=0.3, valid_share=0.2)
    assert splits.keys() == set().union(*texts.values())
    for by_key in texts.values():
        split_of_text: dict[str, str] = {}
        for key, text in by_key.items():
            assert split_of_text.setdefault(text, splits[key]) == splits[key]
    assert all(splits[key] == "train" for key in splits if is_single_item(key))


def test_shares_are_met_when_texts_are_different() -> None:
    texts = {"en": {f"vm-{number}": str(number) for number in range(500)}}
    splits = list(assign_splits(texts, seed=0).values())
    assert {split: splits.count(split) for split in ("train", "valid", "test")} == {
        "train": 410,
        "valid": 30,
        "test": 60,
    }


def test_the_split_follows_the_seed_and_nothing_else() -> None:
    texts = random_texts(0)
    again = {language: dict(reversed(by_key.items())) for language, by_key in reversed(texts.items())}
    assert assign_splits(texts, seed=3) == assign_splits(again, seed=3)
    assert assign_splits(texts, seed=3) != assign_splits(texts, seed=4)


def test_equal_texts_chain_across_languages() -> None:
    texts = {
        "en": {"a": "x", "b": "x", "c": "y", "free": "f", "free2": "g"},
        "es": {"b": "z", "c": "z", "digits/9": "w", "c2": "w"},
        "ru": {"c2": "q", "c": "q"},
    }
    for seed in range(30):
        splits = assign_splits(texts, seed=seed, test_share=0.9)
        assert {splits[key] for key in ("a", "b", "c", "c2")} == {"train"}  # held by digits/9


def test_tiny_corpora_have_all_splits() -> None:
    splits = assign_splits({"en": {f"vm-{n}": str(n) for n in range(5)}}, seed=0)
    assert sorted(splits.values()) == ["test", "train", "train", "train", "valid"]


def test_digit_strings_are_different_and_avoid_others() -> None:
    first = draw_digit_strings(90, (2, 3), random.Random(0))
    second = draw_digit_strings(90, (2, 3), random.Random(0), exclude=first)
    assert len({*first, *second}) == 180
    assert {len(string) for string in first} == {2, 3}
    assert set("".join(first)) == set("0123456789")
    assert draw_digit_strings(90, (2, 3), random.Random(0)) == first


def test_short_digit_strings_can_be_more_frequent() -> None:
    strings = draw_digit_strings(2000, (4, 8), random.Random(0), mostly_short=True)
    counts = [sum(len(string) == size for string in strings) for size in range(4, 9)]
    # Twice as many of 4 as of 8 digits are expected, 453 and 227, with standard deviations of 19 and 14.
    assert 1.5 * counts[4] < counts[0] < 2.6 * counts[4]


def test_too_many_digit_strings_are_refused() -> None:
    assert len(draw_digit_strings(50, (2, 2), random.Random(0))) == 50
    with pytest.raises(UserError, match="51 digit strings of 2 to 2 digits are too many; ask for fewer"):
        draw_digit_strings(51, (2, 2), random.Random(0))


def test_sequences_are_shared_short_and_use_all_phrases() -> None:
    rng = random.Random(0)
    lengths_of = {f"k{number}": rng.uniform(0.5, 5) for number in range(60)}
    seconds = {
        language: {key: length * pace for key, length in lengths_of.items() if rng.random() < 0.9}
        for language, pace in (("en", 1.0), ("es", 1.2), ("it", 0.8))
    }
    sequences = draw_phrase_sequences(seconds, 40, random.Random(1))
    used: set[str] = set()
    for language, lengths in seconds.items():
        mine = [keys for keys, languages in sequences.items() if language in languages]
        assert len(mine) == len(set(mine)) == 40
        for keys in mine:
            assert len(keys) in (2, 3)
            assert all(lengths[key] <= 4 for key in keys)
            assert sum(lengths[key] for key in keys) <= 8
            used.update(keys)
    usable = {key for lengths in seconds.values() for key, length in lengths.items() if length <= 4}
    assert len(used) > 0.9 * len(usable)
    missing = dict.fromkeys(seconds, 40)
    for keys, languages in sequences.items():
        for language, lengths in seconds.items():
            fits = all(lengths.get(key, 9) <= 4 for key in keys) and sum(lengths[key] for key in keys) <= 8
            assert (language in languages) == (fits and missing[language] > 0)
            missing[language] -= language in languages
    assert draw_phrase_sequences(seconds, 40, random.Random(1)) == sequences


def test_too_few_phrases_give_fewer_sequences() -> None:
    assert draw_phrase_sequences({"en": {"a": 1, "b": 1}}, 5, random.Random(0)) == {}
    assert draw_phrase_sequences({"en": {"a": 1, "b": 1, "c": 1}}, 0, random.Random(0)) == {}
    sequences = draw_phrase_sequences({"en": {"a": 1.0, "b": 1.0, "c": 3.9}}, 1000, random.Random(0))
    assert 6 < len(sequences) <= 12  # all ordered pairs and triples
