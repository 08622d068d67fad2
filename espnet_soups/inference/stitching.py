"""Cutting long recordings into windows and joining what was recognised in them; all times in seconds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from espnet_soups.inference.results import Token

type Span = tuple[float, float]

_BLANK = "<space>"
_WORD_START = "▁"


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
    joined: list[Token] = []
    last: Sequence[Token] = []
    for (begin, end), row in zip(pairwise(cuts), absolute, strict=True):
        kept = [token for token in row if begin <= token.time < end]
        if joined and kept:
            joined += _lost_blank((*last, *row), joined[-1], kept[0])
        joined += kept
        last = row
    return tuple(joined)


def cut_at_pauses(tokens: Sequence[Token], duration: float, longest: float) -> list[Span]:
    """Cut a recording, at its longest pauses first, into parts of at most ``longest`` seconds.

    Cuts are made between words, as far as the tokens show where words begin, and away from the ends of what is
    cut.
    """
    spoken = [token.time for token in tokens if token.text != _BLANK]
    gaps = list(_gaps_between_words(tokens)) or list(pairwise(spoken))
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


def _gaps_between_words(tokens: Sequence[Token]) -> Iterator[Span]:
    """Times of the last token of a word and of the first of the next; a blank may stand anywhere in between."""
    before, blank = None, False
    for token in tokens:
        if token.text == _BLANK:
            blank = True
            continue
        if before is not None and (blank or token.text.startswith(_WORD_START)):
            yield before, token.time
        before, blank = token.time, False


def _lost_blank(tokens: Sequence[Token], before: Token, after: Token) -> list[Token]:
    """The blank that both windows have between two tokens, but each on the side where the other one counts."""
    if _BLANK in (before.text, after.text):
        return []
    return [token for token in tokens if token.text == _BLANK and before.time < token.time < after.time][:1]


def _longest_pause(times: Sequence[float], span: Span) -> float:
    """Middle of the longest stretch without any of ``times``, the middle lying within ``span``."""
    low, high = span
    before = max((t for t in times if t <= low), default=low)
    after = min((t for t in times if t >= high), default=high)
    marks = [before, *sorted(t for t in times if low < t < high), after]
    left, right = max(pairwise(marks), key=lambda gap: gap[1] - gap[0])
    return min(max((left + right) / 2, low), high)
