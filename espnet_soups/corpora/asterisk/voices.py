"""Finding the recordings and transcripts of each language in a directory, whichever way they got there."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.errors import UserError

LANGUAGES = ("en", "es", "fr", "it", "ru")

SPEAKERS = {"en": "female_us", "es": "female_mx", "fr": "female_ca", "it": "male_it", "ru": "female_ru"}
"""Who speaks: one voice per language."""

_DEBIAN_VOICES = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
# Best first: 16 kHz uncompressed, 16 kHz compressed, 8 kHz.
_SUFFIXES = (".sln16", ".g722", ".wav")
_TRANSCRIPT = re.compile(r"core-sounds-(\w+)\.txt(\.gz)?")


@dataclass(frozen=True, slots=True)
class Voice:
    """The recordings of one language and their transcripts."""

    language: str
    transcript: Path
    audio_dir: Path
    suffix: str
    """Of the audio files, with the dot."""

    def audio_files(self) -> dict[str, Path]:
        """Return the audio file of every key, such as ``digits/1``."""
        files = sorted(self.audio_dir.rglob(f"*{self.suffix}"))
        return {file.relative_to(self.audio_dir).with_suffix("").as_posix(): file for file in files}


def find_transcripts(root: Path) -> dict[str, Path]:
    """Return the transcript file of every language below ``root``."""
    found: dict[str, Path] = {}
    for directory, _, files in _walk(root):
        for file in files:
            match = _TRANSCRIPT.fullmatch(file)
            if match is not None:
                found.setdefault(match[1], directory / file)
    return found


def find_voices(root: Path, languages: Iterable[str]) -> list[Voice]:
    """Find the recordings and transcripts of ``languages`` below ``root``.

    Two layouts are known: that of the Debian packages (``sounds/it_IT_m_Carlo/digits/1.g722``, transcripts
    elsewhere) and that of the release archives (``digits/1.wav`` beside ``core-sounds-it.txt``).

    Raises:
        UserError: if a language lacks recordings or transcripts, or has more than one set of recordings.
    """
    transcripts = find_transcripts(root)
    audio_dirs = _find_audio_dirs(root, transcripts)
    voices = []
    for language in languages:
        if language not in transcripts:
            raise UserError(
                f"{root}: there is no core-sounds-{language}.txt or .txt.gz below it; add the package or"
                f" archive asterisk-core-sounds-{language}"
            )
        candidates = audio_dirs.get(language, [])
        if not candidates:
            raise UserError(
                f"{root}: there are no recordings of {language!r} below it (no digits/1.g722 or .wav);"
                f" add the package or archive asterisk-core-sounds-{language}-g722"
            )
        if len(candidates) > 1:
            names = " and ".join(map(str, candidates))
            raise UserError(f"{names} both hold recordings of {language!r}; leave one of them")
        audio_dir = candidates[0]
        suffix = next(suffix for suffix in _SUFFIXES if (audio_dir / f"digits/1{suffix}").exists())
        voices.append(Voice(language, transcripts[language], audio_dir, suffix))
    return voices


def _find_audio_dirs(root: Path, transcripts: dict[str, Path]) -> dict[str, list[Path]]:
    beside = {path.parent: language for language, path in transcripts.items()}
    found: dict[str, list[Path]] = {}
    for directory, subdirectories, _ in _walk(root):
        if "digits" not in subdirectories:
            continue
        if not any((directory / f"digits/1{suffix}").exists() for suffix in _SUFFIXES):
            continue
        language = beside.get(directory) or directory.name.partition("_")[0]
        known = _DEBIAN_VOICES.get(language, directory.name)
        if directory in beside or directory.name in (known, language):
            found.setdefault(language, []).append(directory)
    return found


def _walk(root: Path) -> Iterable[tuple[Path, list[str], list[str]]]:
    for directory, subdirectories, files in os.walk(root):
        subdirectories.sort()
        yield Path(directory), subdirectories, sorted(files)
