"""What decoding returns."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """A recognised token."""

    text: str
    """As it stands in the token list."""
    time: float
    """Where it is most probable, in seconds from the start; exact to about one encoder frame."""
    score: float
    """Log-probability there."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """The transcript of an utterance."""

    text: str
    tokens: tuple[Token, ...]
    score: float
    """Log-probability: of the best path (greedy) or of the token sequence (prefix beam)."""


@dataclass(frozen=True, slots=True)
class Translation:
    """The translation of an utterance."""

    language: str
    text: str
    tokens: tuple[str, ...]
    score: float
    """Log-probability, `<eos>` included, plus the length bonus."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a long recording, cut at a pause."""

    start: float
    """Seconds from the start of the recording."""
    end: float
    text: str
    translation: Translation | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in an utterance or a recording."""

    language: str
    text: str | None
    """None if the model translates the language without recognising it."""
    tokens: tuple[Token, ...]
    score: float | None
    language_confidence: float | None = None
    """See :func:`espnet_soups.inference.language.identify_language`; None if the language was given."""
    translation: Translation | None = None
    segments: tuple[Segment, ...] = ()
    """Of a recording that was too long to be decoded in one piece."""
