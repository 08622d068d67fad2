"""Cutting long recordings into windows and joining what was recognised in them; all times in seconds."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from espnet_soups.inference.results import Token

type Span = tuple[float, float]

_WORD_STARTS = ("▁", "<space>")


def overlapping_windows(duration: float, window: float, overlap: float) -> list[Span]:
    """Cover ``duration`` by windows that share ``overlap`` with their neighbours; the last may be shorter."""
    starts = [0.0]
    while starts[-1] + window < duration:
        starts.append(starts[-1] + window - overlap)
    return [(start, min(start + window, duration)) for start in starts]


def stitch(windows: Sequence[Span], tokens: Sequence[Sequence[Token]]) -> tuple[Token, ...]:
    """Join the tokens of overlapping windows, whose times count from the start of their window.

    Each join lies in the middle of the longest stretch, within the inner half of the overlap, where neither
    window has a token: both have seen as much as possible on either side of it, so no token is lost or
    doubled there.
    """
    absolute = [
        [replace(token, time=token.time + start) for token in row]
        for (start, _), row in zip(windows, tokens, strict=True)
    ]
    cuts = [-1.0]
    for ((_, end), (start, _)), (left, right) in zip(pairwise(windows), pairwise(absolute), strict=True):
        margin = (end - start) / 4
        cuts.append(_longest_pause([t.time for t in (*left, *right)], (start + margin, end - margin)))
    cuts.append(float("inf"))
    spans = zip(pairwise(cuts), absolute, strict=True)
    return tuple(token for (begin, end), row in spans for token in row if begin <= token.time < end)


def cut_at_pauses(tokens: Sequence[Token], duration: float, longest: float) -> list[Span]:
    """Cut a recording, at its longest pauses first, into parts of at most ``longest`` seconds.

    Cuts are made before words, as far as the tokens show where words begin, and away from the ends of what is
    cut.
    """
    begins = [i for i in range(1, len(tokens)) if tokens[i].text.startswith(_WORD_STARTS)]
    gaps = [(tokens[i - 1].time, tokens[i].time) for i in begins or range(1, len(tokens))]
    parts, open_parts = [], [(0.0, duration)]
    while open_parts:
        start, end = open_parts.pop()
        if end - start <= longest:
            parts.append((start, end))
            continue
        inner = (start + (end - start) / 4, end - (end - start) / 4)
        inside = [gap for gap in gaps if inner[0] <= sum(gap) / 2 <= inner[1]]
        widest = max(inside, key=lambda gap: gap[1] - gap[0], default=inner)
        cut = sum(widest) / 2
        open_parts += [(cut, end), (start, cut)]
    return parts


def _longest_pause(times: Sequence[float], span: Span) -> float:
    """Middle of the longest stretch without any of ``times``, the middle lying within ``span``."""
    low, high = span
    before = max((t for t in times if t <= low), default=low)
    after = min((t for t in times if t >= high), default=high)
    marks = [before, *sorted(t for t in times if low < t < high), after]
    left, right = max(pairwise(marks), key=lambda gap: gap[1] - gap[0])
    return min(max((left + right) / 2, low), high)
