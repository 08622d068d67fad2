import os

import numpy as np
import pytest
from sacrebleu.metrics.base import Score
from sacrebleu.significance import Result, _paired_bs_test

from espnet_soups.report.compare.bootstrap import compare_bleu, compare_error_rates
from espnet_soups.report.metrics import bleu

REFERENCES = [f"please hold the line number {number}" for number in range(40)]


def worse(every: int) -> list[str]:
    return [text.replace("hold the", "drop a") if i % every == 0 else text for i, text in enumerate(REFERENCES)]


def test_error_rates_and_their_p_values():
    errors = [[1] * 40, [1] * 39 + [0], [0] * 40]
    first, same, better = compare_error_rates(errors, [5] * 40, 999, 1)
    assert (first.value, same.value, better.value) == (20.0, 19.5, 0.0)
    assert first.p_value is None
    assert better.p_value == 1 / 1000  # all resamples differ by 20 points: none exceeds that by 20
    assert same.p_value is not None
    assert same.p_value > 0.05
    assert (first.interval, better.interval) == (0.0, 0.0)


class ErrorRate:
    """An error rate as a metric of sacrebleu, whose texts are numbers of errors among two words."""

    def _extract_corpus_statistics(self, hypotheses: list[str], _: object) -> list[list[int]]:
        return [[int(text), 2] for text in hypotheses]

    def _aggregate_and_compute(self, stats: list[list[int]]) -> Score:
        return self._compute_score_from_stats(np.sum(stats, axis=0))

    def _compute_score_from_stats(self, stats: np.ndarray) -> Score:
        return Score("rate", float(100.0 * stats[0] / stats[1]))


def test_p_values_are_those_of_sacrebleus_test():
    generator = np.random.default_rng(4)
    first = generator.integers(0, 3, 60)
    second = np.clip(first - (generator.random(60) < 0.1), 0, None)
    metric = ErrorRate()
    stats = metric._extract_corpus_statistics([str(one) for one in first], None)
    baseline = {"rate": (stats, Result(metric._aggregate_and_compute(stats).score))}
    texts = [str(one) for one in second]
    _, theirs = _paired_bs_test(baseline, "second", texts, None, {"rate": metric}, n_samples=4000, seed=1)
    ours = compare_error_rates([first.tolist(), second.tolist()], [2] * 60, 4000, 1)[1]
    assert ours.value == pytest.approx(theirs["rate"].score)
    assert ours.interval == pytest.approx(theirs["rate"].ci, rel=0.05)
    assert ours.p_value == pytest.approx(theirs["rate"].p_value, abs=0.01)
    assert 0.01 < theirs["rate"].p_value < 0.2


def test_a_seed_gives_the_same_resamples_and_another_others():
    generator = np.random.default_rng(0)
    errors = generator.integers(0, 4, size=(2, 50)).tolist()
    runs = [compare_error_rates(errors, [7] * 50, 300, seed)[1] for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0].interval != runs[2].interval


def test_utterances_without_words_are_never_all_that_is_drawn():
    assert compare_error_rates([[0, 1], [1, 1]], [0, 2], 500, 1)[1].value == 100.0


def test_bleu_is_sacrebleus(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SACREBLEU_SEED", "7")
    texts = [worse(2), worse(20), worse(2)]
    first, better, same = compare_bleu(texts, REFERENCES, "13a", 200, 5)
    assert first.value == pytest.approx(bleu(REFERENCES, worse(2), "en").value)
    assert better.value > first.value
    assert better.p_value is not None
    assert better.p_value < 0.05
    assert same.value == first.value
    assert compare_bleu(texts, REFERENCES, "13a", 200, 5)[1] == better
    assert compare_bleu(texts, REFERENCES, "13a", 200, 6)[1] != better
    assert os.environ["SACREBLEU_SEED"] == "7"
