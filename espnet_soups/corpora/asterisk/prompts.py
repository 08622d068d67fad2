"""The usable prompts of a voice: what is said in each recording, and which ones cannot be used."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.corpora.asterisk.cleaning import UnusableTextError, clean_text
from espnet_soups.corpora.asterisk.splits import DIGITS
from espnet_soups.corpora.asterisk.transcripts import Dropped, match_keys, read_transcripts
from espnet_soups.corpora.asterisk.voices import Voice


@dataclass(frozen=True, slots=True)
class Prompt:
    """One recording and what is said in it."""

    language: str
    key: str
    source: Path
    written: str
    """The text as the transcript file has it."""
    text: str
    """What is said, in true case with punctuation."""


def load_prompts(voice: Voice) -> tuple[list[Prompt], list[Dropped]]:
    """Return the prompts of ``voice`` that have speech and a certain text, and those that are dropped.

    Raises:
        UserError: if the transcripts cannot be read.
    """
    language = voice.language
    texts, dropped = read_transcripts(voice.transcript, language)
    files = voice.audio_files()
    audio_keys = match_keys(texts, set(files))
    prompts: list[Prompt] = []
    for key, written in texts.items():
        try:
            text = clean_text(key, written, language, texts)
        except UnusableTextError as error:
            dropped.append(Dropped(language, key, str(error), written))
            continue
        if key in audio_keys:
            prompts.append(Prompt(language, audio_keys[key], files[audio_keys[key]], written, text))
        else:
            dropped.append(Dropped(language, key, "text without audio", written))
    for key in files.keys() - audio_keys.values():
        reason = "not speech" if key.startswith("silence/") else "audio without text"
        dropped.append(Dropped(language, key, reason))
    return sorted(prompts, key=lambda prompt: prompt.key), sorted(dropped, key=lambda drop: (drop.key, drop.reason))


def load_texts(transcript: Path, language: str) -> dict[str, str]:
    """Return the certain texts of ``transcript`` in true case, recorded or not, to translate into."""
    written, _ = read_transcripts(transcript, language)
    texts: dict[str, str] = {}
    for key, text in written.items():
        try:
            texts[key] = clean_text(key, text, language, written)
        except UnusableTextError:
            continue  # it is listed with the recordings of this language; here it only means: no translation
    return texts


def limit_prompts(prompts: Mapping[str, Sequence[Prompt]], limit: int, seed: int) -> dict[str, list[Prompt]]:
    """Keep ``limit`` prompts per language: the ten digits, then a random choice of the most shared keys."""
    languages_of: dict[str, int] = {}
    for language_prompts in prompts.values():
        for prompt in language_prompts:
            languages_of[prompt.key] = languages_of.get(prompt.key, 0) + 1
    keys = sorted(languages_of)
    random.Random(seed).shuffle(keys)
    digits = [f"digits/{digit}" for digit in DIGITS]
    others = [key for key in keys if key not in digits]
    ranked = [*digits, *sorted(others, key=lambda key: -languages_of[key])]
    rank = {key: index for index, key in enumerate(ranked)}
    limited = {}
    for language, language_prompts in prompts.items():
        kept = sorted(language_prompts, key=lambda prompt: rank[prompt.key])[:limit]
        limited[language] = sorted(kept, key=lambda prompt: prompt.key)
    return limited
