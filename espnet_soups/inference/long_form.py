"""Recordings too long for one piece: overlapping windows, so that memory does not grow with the length."""

from collections.abc import Sequence
from itertools import batched

from espnet_soups.corpora.audio import RATE, Samples
from espnet_soups.errors import UserError
from espnet_soups.inference.batching import length_batches
from espnet_soups.inference.engine import Engine
from espnet_soups.inference.language import identify_long
from espnet_soups.inference.results import Segment, Token, Transcript, Translation
from espnet_soups.inference.stitching import Span, cut_at_pauses, overlapping_windows, stitch
from espnet_soups.text.unspaced import UNSPACED

_OVERLAP = 0.2
"""Part of a window that it shares with the next."""
_SEGMENT = 0.5
"""Longest segment, as a part of a window: translation decoders learn from single utterances."""


def transcribe_long(engine: Engine, samples: Samples, lang: str | None, target: str | None) -> Transcript:
    """Transcribe samples `(N,)` window by window, cut them at pauses, and translate the parts.

    Raises:
        UserError: if the model has no recognition head for ``lang``.
    """
    window = engine.options.window_seconds
    duration = len(samples) / RATE
    windows = overlapping_windows(duration, window, _OVERLAP * window)
    confidence = None
    if lang is None:
        lang, confidence = identify_long(engine, (_part(samples, span) for span in windows))
    if lang not in engine.model.asr_langs or engine.source is None:
        raise UserError(
            f"The speech is longer than {window:g} s, and without a recognition head for '{lang}' its pauses "
            "cannot be found; cut it before, or raise window_seconds."
        )
    tokens = _recognize(engine, samples, windows, lang)
    parts = cut_at_pauses(tokens, duration, _SEGMENT * window)
    pair = f"{lang}-{target}"
    known = pair in engine.model.st_pairs
    translations = _translate(engine, samples, parts, pair) if known else [None] * len(parts)
    segments = [
        Segment(start, end, engine.source.text([t.text for t in tokens if start <= t.time < end]), translation)
        for (start, end), translation in zip(parts, translations, strict=True)
    ]
    text = engine.source.text([token.text for token in tokens])
    score = sum(token.score for token in tokens)
    return Transcript(lang, text, tokens, score, confidence, _joined(translations), tuple(segments))


def _recognize(engine: Engine, samples: Samples, windows: Sequence[Span], lang: str) -> tuple[Token, ...]:
    at_once = max(1, int(engine.options.batch_seconds / engine.options.window_seconds))
    rows: list[tuple[Token, ...]] = []
    for group in batched(windows, at_once):
        encoded = engine.encode([_part(samples, span) for span in group])
        rows += [found.tokens for found in engine.recognize(encoded, lang)]
    return stitch(windows, rows)


def _translate(engine: Engine, samples: Samples, parts: Sequence[Span], pair: str) -> list[Translation]:
    found: dict[int, Translation] = {}
    for group in length_batches([end - start for start, end in parts], engine.options.search_seconds):
        encoded = engine.encode([_part(samples, parts[i]) for i in group])
        found.update(zip(group, engine.translate(encoded, pair), strict=True))
    return [found[i] for i in range(len(parts))]


def _part(samples: Samples, span: Span) -> Samples:
    return samples[round(span[0] * RATE) : round(span[1] * RATE)]


def _joined(translations: Sequence[Translation | None]) -> Translation | None:
    """The translations of all segments as one."""
    present = [one for one in translations if one is not None]
    if not present:
        return None
    blank = "" if present[0].language in UNSPACED else " "
    text = blank.join(one.text for one in present if one.text)
    tokens = tuple(token for one in present for token in one.tokens)
    return Translation(present[0].language, text, tokens, sum(one.score for one in present))
