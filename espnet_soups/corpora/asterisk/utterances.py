"""From prompts to utterances: natural ones as they are, composed ones planned from training prompts."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.corpora.asterisk.compose import DIGIT_GAP_SECONDS, PHRASE_GAP_SECONDS
from espnet_soups.corpora.asterisk.splits import (
    DIGITS,
    Split,
    draw_digit_strings,
    draw_phrase_sequences,
    is_single_item,
)
from espnet_soups.corpora.asterisk.voices import SPEAKERS
from espnet_soups.corpora.audio import RATE
from espnet_soups.corpora.data_dir import Utterance
from espnet_soups.errors import UserError

TARGET_LANGUAGE = "en"

_TRAIN_LENGTHS = (1, 8)
_TEST_LENGTHS = (3, 8)


@dataclass(frozen=True, slots=True)
class Recording:
    """A prompt as 16 kHz audio with its normalised text."""

    language: str
    key: str
    audio: Path
    num_samples: int
    text: str

    @property
    def seconds(self) -> float:
        """Length of the audio."""
        return self.num_samples / RATE


@dataclass(frozen=True, slots=True)
class Composition:
    """An utterance to be made by joining recordings of one language."""

    split: str
    name: str
    parts: tuple[Recording, ...]
    max_gap_seconds: float


@dataclass(frozen=True, slots=True)
class Counts:
    """How many utterances of each kind are composed per language."""

    train_digit_strings: int = 1000
    train_phrase_sequences: int = 100
    valid_digit_strings: int = 30
    test_digit_strings: int = 60


type Recordings = Mapping[str, Mapping[str, Recording]]
"""The recordings of every language by key."""


def plan_compositions(
    recordings: Recordings, splits: Mapping[str, Split], counts: Counts, seed: int
) -> list[Composition]:
    """Plan digit strings for training, validation and test, and phrase sequences for training.

    All are made of recordings of training keys. The strings are the same in all languages; no string occurs
    twice, in one split or in two. Sequences whose text is that of a held-out prompt are left out.

    Raises:
        UserError: if a language lacks a digit, or more strings are asked for than there are.
    """
    _check_digits(recordings)
    rng = random.Random(seed)
    test = draw_digit_strings(counts.test_digit_strings, _TEST_LENGTHS, rng)
    valid = draw_digit_strings(counts.valid_digit_strings, _TEST_LENGTHS, rng, exclude=test)
    train = draw_digit_strings(
        counts.train_digit_strings, _TRAIN_LENGTHS, rng, exclude=[*test, *valid], mostly_short=True
    )
    planned = [
        Composition(split, f"string_{string}", _digits(by_key, string), DIGIT_GAP_SECONDS)
        for split, strings in (("test_digits", test), ("valid", valid), ("train", train))
        for by_key in recordings.values()
        for string in strings
    ]
    return planned + _plan_sequences(recordings, splits, counts.train_phrase_sequences, random.Random(seed + 1))


def _plan_sequences(
    recordings: Recordings, splits: Mapping[str, Split], count: int, rng: random.Random
) -> list[Composition]:
    seconds = {
        language: {
            key: recording.seconds
            for key, recording in by_key.items()
            if splits[key] == "train" and not is_single_item(key)
        }
        for language, by_key in recordings.items()
    }
    held_out = {
        (language, recording.text)
        for language, by_key in recordings.items()
        for key, recording in by_key.items()
        if splits[key] != "train"
    }
    planned = []
    for keys, languages in draw_phrase_sequences(seconds, count, rng).items():
        name = "sequence_" + hashlib.sha256(" ".join(keys).encode()).hexdigest()[:12]
        for language in languages:
            parts = tuple(recordings[language][key] for key in keys)
            if (language, " ".join(part.text for part in parts)) not in held_out:
                planned.append(Composition("train", name, parts, PHRASE_GAP_SECONDS))
    return planned


def _digits(by_key: Mapping[str, Recording], string: str) -> tuple[Recording, ...]:
    return tuple(by_key[f"digits/{digit}"] for digit in string)


def _check_digits(recordings: Recordings) -> None:
    for language, by_key in recordings.items():
        missing = [digit for digit in DIGITS if f"digits/{digit}" not in by_key]
        if missing:
            raise UserError(
                f"{language}: there is no usable recording of {', '.join(missing)} (see dropped.tsv), so"
                " digit strings cannot be composed; leave the language out with --languages"
            )


def natural_utterance(recording: Recording, translations: Mapping[str, str]) -> Utterance:
    """Make an utterance of one prompt; ``translations`` are normalised English texts by key."""
    name = recording.key.replace("/", "_")
    return _utterance(name, [recording], recording.audio, recording.num_samples, translations)


def composed_utterance(
    composition: Composition, audio: Path, num_samples: int, translations: Mapping[str, str]
) -> Utterance:
    """Make an utterance of a composition; it is translated if all of its parts are."""
    return _utterance(composition.name, composition.parts, audio, num_samples, translations)


def speaker_id(language: str) -> str:
    """Return the id of the one speaker of ``language``, such as ``es-female_mx``."""
    return f"{language}-{SPEAKERS[language]}"


def _utterance(
    name: str, parts: Sequence[Recording], audio: Path, num_samples: int, translations: Mapping[str, str]
) -> Utterance:
    language = parts[0].language
    translated = language != TARGET_LANGUAGE and all(part.key in translations for part in parts)
    return Utterance(
        id=f"{speaker_id(language)}-{name}",
        audio=audio,
        speaker=speaker_id(language),
        language=language,
        text=" ".join(part.text for part in parts),
        translation=" ".join(translations[part.key] for part in parts) if translated else None,
        target_language=TARGET_LANGUAGE if translated else None,
        num_samples=num_samples,
    )
