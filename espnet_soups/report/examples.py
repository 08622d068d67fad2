"""Utterances to show: chosen by rule, not by taste, with audio that a page can carry."""

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import soundfile

from espnet_soups.corpora.audio import RATE, AudioError, read_audio, resample, to_int16
from espnet_soups.objectives import parse_objective
from espnet_soups.report.differences import Piece, align, error_count
from espnet_soups.report.scoring import Text, written_language

_LONGEST = 30.0
"""Seconds of audio that an example may have."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """An objective's text of an utterance against its reference."""

    objective: str
    pieces: list[Piece]
    errors: int
    units: int


@dataclass(frozen=True, slots=True)
class Example:
    """An utterance with what the model made of it."""

    test_set: str
    language: str
    id: str
    place: str
    """Where it stands among the utterances of its language, in words."""
    comparisons: list[Comparison]
    audio: str
    """A data URI; empty if there is none."""
    no_audio: str
    """Why there is no audio."""


class AudioBudget:
    """Hands out audio as data URIs until a page is large enough.

    Args:
        limit: Bytes of the URIs.
    """

    def __init__(self, limit: int) -> None:
        self.left = limit

    def embed(self, text: Text) -> tuple[str, str]:
        """Return the URI of an utterance's audio, or an empty one and the reason in words."""
        try:
            samples, rate = read_audio(text.utterance.audio)
        except AudioError:
            return "", "Its audio file cannot be read any more."
        if len(samples) > _LONGEST * rate:
            return "", f"Longer than {_LONGEST:.0f} seconds: left out to keep the page small."
        stream = io.BytesIO()
        soundfile.write(stream, to_int16(resample(samples, rate, RATE)), RATE, format="MP3")
        uri = "data:audio/mpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
        if len(uri) > self.left:
            return "", "Left out, because the page has as much audio as it may (--audio_mib)."
        self.left -= len(uri)
        return uri, ""


def choose_examples(
    test_set: str, texts: Mapping[str, Sequence[Text]], count: int, budget: AudioBudget
) -> Iterator[Example]:
    """Yield the best, the worst and evenly spaced utterances between them for each spoken language.

    They are ranked by the error rate of recognition, or of the translation's words where the language is only
    translated; utterances without a reference are left out.

    Args:
        test_set: Its name.
        texts: The decoded utterances of each objective.
        count: Utterances of each language; with 1, the middle one.
        budget: Gives the audio.
    """
    for language, names in _by_language(texts).items():
        ranked = sorted(
            (text for text in texts[names[0]] if text.reference), key=lambda text: (_rate(text, names[0]), text.id)
        )
        rows = {name: {text.id: text for text in texts[name]} for name in names}
        for place in _places(len(ranked), count):
            text = ranked[place]
            audio, no_audio = budget.embed(text)
            comparisons = [_compare(name, rows[name][text.id]) for name in names if rows[name][text.id].reference]
            words = _in_words(place, len(ranked))
            yield Example(test_set, language, text.id, words, comparisons, audio, no_audio)


def _by_language(texts: Mapping[str, Sequence[Text]]) -> dict[str, list[str]]:
    """Objectives of each spoken language, recognition first."""
    found: dict[str, list[str]] = {}
    for name in sorted(texts):
        found.setdefault(parse_objective(name).source or "", []).append(name)
    return dict(sorted(found.items()))


def _compare(name: str, text: Text) -> Comparison:
    pieces = align(text.reference or "", text.hypothesis, written_language(parse_objective(name)))
    return Comparison(name, pieces, *error_count(pieces))


def _rate(text: Text, name: str) -> float:
    comparison = _compare(name, text)
    return comparison.errors / comparison.units


def _places(available: int, count: int) -> list[int]:
    """``count`` places of ``available``, evenly spaced from the first to the last."""
    if count == 1 and available:
        return [available // 2]
    wanted = min(count, available)
    return [round(i * (available - 1) / max(1, wanted - 1)) for i in range(wanted)]


def _in_words(place: int, count: int) -> str:
    if place == 0:
        return f"best of {count}"
    return f"worst of {count}" if place == count - 1 else f"place {place + 1} of {count}"
