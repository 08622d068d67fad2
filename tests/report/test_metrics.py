"""Metrics against figures worked out by hand."""

import pytest

from espnet_soups.report.metrics import ErrorCounts, bleu, character_errors, chrf, word_errors


def test_word_errors_by_hand() -> None:
    # one two three | one too three: 2 hits, 1 substitution; four five | five: 1 hit, 1 deletion; six | six
    # seven eight.
    counts = word_errors(["one two three", "four five", "six"], ["one too three", "five", "six seven eight"])
    assert counts == ErrorCounts(hits=4, substitutions=1, deletions=1, insertions=2)
    assert (counts.length, counts.errors) == (6, 4)
    assert counts.percent == pytest.approx(100 * 4 / 6)


def test_an_empty_hypothesis_is_all_deletions() -> None:
    assert word_errors(["a b c"], [""]) == ErrorCounts(0, 0, 3, 0)
    assert character_errors(["a bc"], [""], "en") == ErrorCounts(0, 0, 4, 0)


def test_words_against_an_empty_reference_are_insertions() -> None:
    assert word_errors(["a", ""], ["a", "b c"]) == ErrorCounts(1, 0, 0, 2)


def test_more_errors_than_words_exceed_100_percent() -> None:
    assert word_errors(["a"], ["b c d"]).percent == pytest.approx(300)


def test_character_errors_by_hand() -> None:
    # "ab c" | "axc": a hit, b substituted, the blank deleted, c hit.
    assert character_errors(["ab c"], ["axc"], "en") == ErrorCounts(2, 1, 1, 0)


def test_blanks_do_not_count_in_chinese() -> None:
    assert character_errors(["你 好 吗"], ["你好"], "zh") == ErrorCounts(2, 0, 1, 0)


def test_bleu_by_hand() -> None:
    # Precisions 4/5, 3/4, 2/3, 1/2 of equal lengths: (1/5) ** (1/4).
    score = bleu(["a b c d e"], ["a b c d f"], "en")
    assert score.value == pytest.approx(100 * 0.2**0.25)
    assert "tok:13a" in score.signature
    assert "version:" in score.signature


def test_bleu_of_chinese_counts_characters() -> None:
    score = bleu(["今天天气很好"], ["今天天气很好"], "zh")
    assert score.value == pytest.approx(100)
    assert "tok:zh" in score.signature
    assert "tok:char" in bleu(["今日は"], ["今日は"], "ja").signature


def test_chrf_ends() -> None:
    assert chrf(["hello there"], ["hello there"]).value == pytest.approx(100)
    assert chrf(["hello"], ["xyz"]).value == 0
    assert chrf(["a"], ["a"]).signature.startswith("nrefs:1")
