"""Subtitles: SRT and WebVTT."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from espnet_soups.inference.results import Token, Transcript
from espnet_soups.inference.stitching import cut_at_pauses

LONGEST_CUE = 6.0
"""Seconds for which one text stays on the screen, at most; longer ones are cut where the speaker pauses."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A text and when it is shown."""

    start: float
    """Seconds from the start of the recording."""
    end: float
    text: str


def cues(result: Transcript, duration: float, join: Callable[[Sequence[str]], str]) -> list[Cue]:
    """Cut a transcript into what is shown at a time; a translation is shown in place of the transcript.

    A translation has no times of its own, so there is one cue for each segment that was translated.

    Args:
        result: what was said.
        duration: of the recording, in seconds.
        join: makes a text of tokens.
    """
    if result.translation is None:
        spans = cut_at_pauses(result.tokens, duration, LONGEST_CUE)
        found = [Cue(start, end, join(_inside(result.tokens, start, end))) for start, end in spans]
    elif result.segments:
        found = [Cue(one.start, one.end, one.translation.text) for one in result.segments if one.translation]
    else:
        found = [Cue(0.0, duration, result.translation.text)]
    return [cue for cue in found if cue.text]


def as_srt(found: Sequence[Cue]) -> str:
    """SubRip: numbered, with a comma before the milliseconds."""
    blocks = [
        f"{number}\n{_time(cue.start, ',')} --> {_time(cue.end, ',')}\n{cue.text}\n"
        for number, cue in enumerate(found, start=1)
    ]
    return "\n".join(blocks)


def as_vtt(found: Sequence[Cue]) -> str:
    """WebVTT (W3C), in which ``&`` and ``<`` have a meaning and are escaped."""
    blocks = [
        f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}\n{cue.text.replace('&', '&amp;').replace('<', '&lt;')}\n"
        for cue in found
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _inside(tokens: Sequence[Token], start: float, end: float) -> list[str]:
    return [token.text for token in tokens if start <= token.time < end]


def _time(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"
