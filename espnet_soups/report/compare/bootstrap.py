"""Paired bootstrap tests: whether one system beats another on more than these very utterances."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.significance import PairedTest, Result

_ROWS = 100
"""Resamples that are drawn at once."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A score with its uncertainty."""

    value: float
    """In percent, or from 0 to 100."""
    interval: float
    """Half the width of its 95 % bootstrap interval."""
    p_value: float | None
    """Of the difference from the first system; None for that one."""


def compare_error_rates(errors: Sequence[Sequence[int]], units: Sequence[int], samples: int, seed: int) -> list[Tested]:
    """Compare error rates of several systems with that of the first.

    The statistic is that of sacrebleu's paired bootstrap, so that error rates and BLEU are judged alike: how often the
    absolute difference on a resample, less its mean over the resamples, exceeds the one that was observed (Koehn 2004).

    Args:
        errors: for each system the errors in each of N utterances.
        units: words or characters of the N references; at least one of them is positive.
        samples: resamples of the N utterances.
        seed: of the resamples; the same for all systems.
    """
    counts, lengths = np.asarray(errors, dtype=np.int64), np.asarray(units, dtype=np.int64)
    observed = 100.0 * counts.sum(1) / lengths.sum()
    resampled = np.concatenate(list(_resampled(counts, lengths, samples, seed)), axis=1)
    tested = []
    for number, (value, rates) in enumerate(zip(observed, resampled, strict=True)):
        differences = np.abs(rates - resampled[0])
        extreme = int((differences - differences.mean() > abs(value - observed[0])).sum())
        p_value = (extreme + 1) / (samples + 1) if number else None
        tested.append(Tested(float(value), _half_width(rates), p_value))
    return tested


def _resampled(
    counts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], samples: int, seed: int
) -> Iterator[npt.NDArray[np.float64]]:
    """Error rates `(systems, R)` in percent of R resamples at a time; one without any unit is drawn anew."""
    generator = np.random.default_rng(seed)
    left = samples
    while left:
        rows = generator.integers(len(lengths), size=(min(left, _ROWS), len(lengths)))
        rows = rows[lengths[rows].sum(1) > 0]
        left -= len(rows)
        yield 100.0 * counts[:, rows].sum(2) / lengths[rows].sum(1)


def _half_width(scores: npt.NDArray[np.float64]) -> float:
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(high - low) / 2


def compare_bleu(
    hypotheses: Sequence[Sequence[str]], references: Sequence[str], tokenizer: str, samples: int, seed: int
) -> list[Tested]:
    """Compare corpus BLEU of several systems with that of the first, by sacrebleu's paired bootstrap."""
    named: list[tuple[str, Sequence[str]]] = [(str(number), list(texts)) for number, texts in enumerate(hypotheses)]
    with _sacrebleu_seed(seed):
        test = PairedTest(
            named, {"BLEU": BLEU(tokenize=tokenizer)}, [list(references)], test_type="bs", n_samples=samples
        )
        _, scores = test()
    return [_tested(one) for one in scores["BLEU"] if isinstance(one, Result)]


def _tested(result: Result) -> Tested:
    assert result.ci is not None  # a bootstrap always gives it
    return Tested(float(result.score), float(result.ci), result.p_value)


@contextmanager
def _sacrebleu_seed(seed: int) -> Iterator[None]:
    """Sacrebleu takes its seed from the environment only."""
    before = os.environ.get("SACREBLEU_SEED")
    os.environ["SACREBLEU_SEED"] = str(seed)
    try:
        yield
    finally:
        del os.environ["SACREBLEU_SEED"]
        if before is not None:
            os.environ["SACREBLEU_SEED"] = before
