"""Which prompt keys are for training, validation and test: the same in all languages, against leaks."""

import random
from collections.abc import Iterable, Mapping
from typing import Literal

from espnet_soups.errors import UserError

type Split = Literal["train", "valid", "test"]

DIGITS = "0123456789"
_SINGLE_ITEMS = ("digits/", "letters/", "phonetic/")


def is_single_item(key: str) -> bool:
    """Tell whether ``key`` is a number, letter or other item that IVR systems compose utterances of."""
    return key.startswith(_SINGLE_ITEMS)


def assign_splits(
    texts: Mapping[str, Mapping[str, str]], *, seed: int, test_share: float = 0.12, valid_share: float = 0.06
) -> dict[str, Split]:
    """Assign every key to a split.

    Keys whose texts are equal in any language stay together, so that no text of one split occurs in another.
    Keys of single items, and what stays together with them, are for training.

    Args:
        texts: normalised text of every key of every language, ``{language: {key: text}}``.
        seed: of the random choice; the order of ``texts`` does not matter.
        test_share: share of the phrase keys (all but single items) for the test, at least one group of keys.
        valid_share: the same for validation.
    """
    groups = _groups_of_equal_text(texts)
    splits: dict[str, Split] = {key: "train" for group in groups for key in group}
    phrase_count = sum(not is_single_item(key) for key in splits)
    free = [group for group in groups if not any(map(is_single_item, group))]
    random.Random(seed).shuffle(free)
    quotas: dict[Split, int] = {
        "test": max(1, round(test_share * phrase_count)),
        "valid": max(1, round(valid_share * phrase_count)),
    }
    for split, quota in quotas.items():
        for group in list(free):
            if len(group) <= quota:
                quota -= len(group)
                free.remove(group)
                splits.update(dict.fromkeys(group, split))
    return splits


def _groups_of_equal_text(texts: Mapping[str, Mapping[str, str]]) -> list[list[str]]:
    """Return the connected components of the keys, sorted, where an edge is an equal text in one language."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for language_texts in texts.values():
        first_with_text: dict[str, str] = {}
        for key, text in language_texts.items():
            parent.setdefault(key, key)
            first = first_with_text.setdefault(text, key)
            parent[root(key)] = root(first)
    groups: dict[str, list[str]] = {}
    for key in sorted(parent):
        groups.setdefault(root(key), []).append(key)
    return sorted(groups.values())


def draw_digit_strings(
    count: int,
    lengths: tuple[int, int],
    rng: random.Random,
    exclude: Iterable[str] = (),
    *,
    mostly_short: bool = False,
) -> list[str]:
    """Draw ``count`` different digit strings of ``lengths[0]`` to ``lengths[1]`` digits.

    Lengths are uniform, or, if ``mostly_short``, n digits are drawn 1 / n times as often as one: a decoder learns its
    alignment on short strings.

    Raises:
        UserError: if there are not that many strings.
    """
    taken = set(exclude)
    if count > sum(10**length for length in range(lengths[0], lengths[1] + 1)) // 2 - len(taken):
        raise UserError(f"{count} digit strings of {lengths[0]} to {lengths[1]} digits are too many; ask for fewer")
    drawn: list[str] = []
    sizes = range(lengths[0], lengths[1] + 1)
    odds = [1 / size if mostly_short else 1 for size in sizes]
    while len(drawn) < count:
        string = "".join(rng.choices(DIGITS, k=rng.choices(sizes, odds)[0]))
        if string not in taken:
            taken.add(string)
            drawn.append(string)
    return drawn


def draw_phrase_sequences(
    seconds: Mapping[str, Mapping[str, float]],
    count: int,
    rng: random.Random,
    *,
    max_phrase_seconds: float = 4.0,
    max_total_seconds: float = 8.0,
) -> dict[tuple[str, ...], list[str]]:
    """Draw sequences of two or three phrases, until every language has ``count`` or no more are found.

    Args:
        seconds: length of every phrase of every language, ``{language: {key: seconds}}``.
        count: number of sequences per language.

    Returns:
        ``{keys: languages}``: a sequence belongs to the languages in which all its phrases exist and are
        short enough (and which do not have enough sequences yet). All phrases are used about equally often.
    """
    short = {
        language: {key: length for key, length in lengths.items() if length <= max_phrase_seconds}
        for language, lengths in seconds.items()
    }
    keys = sorted(set().union(*short.values()))
    missing = dict.fromkeys(short, count)
    sequences: dict[tuple[str, ...], list[str]] = {}
    deck: list[str] = []
    for _ in range(50 * count):
        if len(keys) < 3 or not any(missing.values()):
            break
        length = rng.choice((2, 3))
        if len(deck) < length:
            deck = rng.sample(keys, len(keys))
        sequence = tuple(deck.pop() for _ in range(length))
        languages = [
            language
            for language, lengths in short.items()
            if missing[language]
            and all(key in lengths for key in sequence)
            and sum(lengths[key] for key in sequence) <= max_total_seconds
        ]
        if languages and sequence not in sequences:
            sequences[sequence] = languages
            for language in languages:
                missing[language] -= 1
    return sequences
