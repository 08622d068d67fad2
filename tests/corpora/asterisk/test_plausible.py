from espnet_soups.corpora.asterisk.plausible import find_hasty


def test_only_texts_that_nobody_can_speak_are_found() -> None:
    texts = {f"k{number}": "x" * (40 + number) for number in range(30)}
    seconds = {key: len(text) / 15 for key, text in texts.items()}
    assert find_hasty(texts, seconds) == set()
    seconds["k3"] /= 1.5  # fast, as real speakers are at times
    seconds["k4"] /= 1.9
    texts["short"], seconds["short"] = "x" * 29, 0.1
    assert find_hasty(texts, seconds) == {"k4"}


def test_little_is_known_from_few_texts() -> None:
    texts = {f"k{number}": "x" * 40 for number in range(19)}
    assert find_hasty(texts, dict.fromkeys(texts, 2.0) | {"k0": 0.1}) == set()
