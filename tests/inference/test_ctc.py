"""CTC searches against enumeration of every path."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from espnet_soups.inference.ctc import CtcToken, collapse_paths, ctc_greedy
from espnet_soups.inference.ctc_prefix import ctc_prefix_beam


def random_log_probs(seed: int, batch: int, frames: int, vocabulary: int, scale: float = 2.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(batch, frames, vocabulary, generator=generator, dtype=torch.float64)
    return (scale * logits).log_softmax(dim=-1)


def text_of(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(label for label, _ in itertools.groupby(path) if label != 0)


def enumerate_texts(log_probs: Tensor) -> dict[tuple[int, ...], float]:
    """Log-probability of every text of one utterance `(T, V)`, by summing over all of its paths."""
    frames, vocabulary = log_probs.shape
    table: dict[tuple[int, ...], float] = {}
    rows = log_probs.exp().tolist()
    for path in itertools.product(range(vocabulary), repeat=frames):
        probability = math.prod(rows[t][label] for t, label in enumerate(path))
        table[text_of(path)] = table.get(text_of(path), 0.0) + probability
    return {text: math.log(p) for text, p in table.items()}


def best_paths(log_probs: Tensor) -> tuple[tuple[int, ...], float]:
    scores, labels = log_probs.max(dim=-1)
    return text_of(tuple(labels.tolist())), float(scores.sum())


def test_tokens_stand_at_the_first_peak_of_their_run() -> None:
    labels = torch.tensor([[0, 3, 3, 3, 0, 3, 2, 0], [1, 1, 0, 0, 0, 0, 0, 0]])
    scores = torch.tensor([[-0.1, -0.9, -0.2, -0.2, -0.1, -0.4, -0.3, -0.1], [-0.5, -0.6, -1, -1, -1, -1, -1, -1]])
    first, second = collapse_paths(labels, scores)
    assert [(t.id, t.frame) for t in first] == [(3, 2), (3, 5), (2, 6)]
    assert [t.score for t in first] == pytest.approx([-0.2, -0.4, -0.3])
    assert [(t.id, t.frame) for t in second] == [(1, 0)]


def test_a_silent_path_has_no_token() -> None:
    assert collapse_paths(torch.zeros(2, 5, dtype=torch.long), torch.zeros(2, 5)) == [(), ()]


def test_a_token_in_the_last_frame_is_kept() -> None:
    (tokens,) = collapse_paths(torch.tensor([[0, 0, 4]]), torch.tensor([[-1.0, -1.0, -0.5]]))
    assert tokens == (CtcToken(4, 2, -0.5),)


@pytest.mark.parametrize("seed", range(5))
def test_greedy_is_the_most_probable_path_of_each_utterance_alone(seed: int) -> None:
    log_probs = random_log_probs(seed, batch=4, frames=9, vocabulary=5)
    lengths = torch.tensor([9, 4, 1, 6])
    for row, hypothesis in enumerate(ctc_greedy(log_probs, lengths)):
        text, score = best_paths(log_probs[row, : lengths[row]])
        assert tuple(token.id for token in hypothesis.tokens) == text
        assert hypothesis.score == pytest.approx(score)
        for token in hypothesis.tokens:
            assert token.score == pytest.approx(float(log_probs[row, token.frame, token.id]))


@pytest.mark.parametrize(("seed", "frames", "vocabulary"), [(0, 5, 3), (1, 6, 3), (2, 4, 4), (3, 7, 2), (4, 5, 4)])
def test_prefix_search_with_a_full_beam_is_exact(seed: int, frames: int, vocabulary: int) -> None:
    log_probs = random_log_probs(seed, batch=6, frames=frames, vocabulary=vocabulary, scale=1.0)
    lengths = torch.tensor([frames, frames - 1, 1, 2, frames, frames])
    for row, hypothesis in enumerate(ctc_prefix_beam(log_probs, lengths, beam=400)):
        table = enumerate_texts(log_probs[row, : lengths[row]])
        text = max(table, key=table.__getitem__)
        assert tuple(token.id for token in hypothesis.tokens) == text
        assert hypothesis.score == pytest.approx(table[text], abs=1e-9)


def test_prefix_search_sums_paths_where_greedy_takes_one() -> None:
    # Frame by frame blank is the best label (0.6), but the three paths of "1" together beat the one of "".
    log_probs = torch.tensor([[[0.6, 0.4], [0.6, 0.4]]], dtype=torch.float64).log()
    lengths = torch.tensor([2])
    assert ctc_greedy(log_probs, lengths)[0].tokens == ()
    (best,) = ctc_prefix_beam(log_probs, lengths, beam=2)
    assert [token.id for token in best.tokens] == [1]
    assert best.score == pytest.approx(math.log(0.64))


@pytest.mark.parametrize("seed", range(4))
def test_no_beam_finds_more_than_the_best_text_and_small_beams_stay_valid(seed: int) -> None:
    log_probs = random_log_probs(seed, batch=3, frames=6, vocabulary=3, scale=1.0)
    lengths = torch.tensor([6, 5, 3])
    tables = [enumerate_texts(log_probs[row, :length]) for row, length in enumerate(lengths.tolist())]
    for beam in (1, 2, 3, 7):
        for table, hypothesis in zip(tables, ctc_prefix_beam(log_probs, lengths, beam), strict=True):
            true_score = table[tuple(token.id for token in hypothesis.tokens)]
            assert hypothesis.score <= true_score + 1e-9


def search_by_dictionary(log_probs: Tensor, beam: int) -> tuple[tuple[int, ...], float]:
    """The same search written down plainly: prefix to (probability ending in blank, in the last token)."""
    beams = {(): (1.0, 0.0)}
    for row in log_probs.exp().tolist():
        grown: dict[tuple[int, ...], tuple[float, float]] = {}
        for prefix, (blank_end, token_end) in beams.items():
            for token, p in enumerate(row):
                stays = token == 0 or prefix[-1:] == (token,)
                if token == 0:
                    gain = ((blank_end + token_end) * p, 0.0)
                else:
                    gain = (0.0, (token_end if stays else blank_end + token_end) * p)
                targets = [(prefix, gain)] if stays else [((*prefix, token), gain)]
                if token and stays:
                    targets.append(((*prefix, token), (0.0, blank_end * p)))
                for target, (b, t) in targets:
                    old = grown.get(target, (0.0, 0.0))
                    grown[target] = (old[0] + b, old[1] + t)
        beams = dict(sorted(grown.items(), key=lambda item: -sum(item[1]))[:beam])
    best = max(beams, key=lambda prefix: sum(beams[prefix]))
    return best, math.log(sum(beams[best]))


@pytest.mark.parametrize("beam", [1, 2, 3, 5])
def test_prefix_search_keeps_the_beam_that_a_plain_one_keeps(beam: int) -> None:
    log_probs = random_log_probs(9, batch=12, frames=25, vocabulary=6, scale=1.5)
    found = ctc_prefix_beam(log_probs, torch.full((12,), 25), beam)
    for row, hypothesis in enumerate(found):
        text, score = search_by_dictionary(log_probs[row], beam)
        assert tuple(token.id for token in hypothesis.tokens) == text
        assert hypothesis.score == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_prefix_search_in_a_batch_equals_one_by_one(seed: int) -> None:
    log_probs = random_log_probs(seed, batch=5, frames=30, vocabulary=12)
    lengths = torch.tensor([30, 7, 19, 1, 30])
    together = ctc_prefix_beam(log_probs, lengths, beam=6)
    alone = [
        ctc_prefix_beam(log_probs[row : row + 1, :n], lengths[row : row + 1], beam=6)[0]
        for row, n in enumerate(lengths.tolist())
    ]
    assert together == alone


def test_prefix_search_places_tokens_on_their_best_path() -> None:
    probabilities = torch.full((1, 6, 3), 0.02, dtype=torch.float64)
    for frame, label in enumerate([0, 1, 1, 0, 1, 2]):
        probabilities[0, frame, label] = 0.9 if frame != 2 else 0.96
    (best,) = ctc_prefix_beam(probabilities.log(), torch.tensor([6]), beam=4)
    assert [(token.id, token.frame) for token in best.tokens] == [(1, 2), (1, 4), (2, 5)]
    assert best.tokens[0].score == pytest.approx(math.log(0.96))


def test_forbidden_tokens_never_appear() -> None:
    log_probs = random_log_probs(0, batch=4, frames=20, vocabulary=6)
    log_probs[:, :, 2] = -torch.inf
    lengths = torch.tensor([20, 20, 11, 3])
    for hypothesis in (*ctc_greedy(log_probs, lengths), *ctc_prefix_beam(log_probs, lengths, beam=8)):
        assert 2 not in {token.id for token in hypothesis.tokens}
        assert math.isfinite(hypothesis.score)
