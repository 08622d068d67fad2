"""Synthetic speech: a text as a sequence of tones, and files of it."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

_LETTER_SECONDS = 0.07
_PAUSE_SECONDS = 0.02
_EDGE_SECONDS = 0.1
_LOUDNESS = 0.4

_MAX_LINKS = 30_000  # ext4 allows 65 000 of one file


def speak(text: str, rate: int, voice: int = 0) -> np.ndarray:
    """Return ``text`` as a tone for every letter ``(N,)``, with a faint noise that ``voice`` decides."""
    time = np.arange(round(_LETTER_SECONDS * rate)) / rate
    envelope = np.hanning(len(time))
    pause, edge = np.zeros(round(_PAUSE_SECONDS * rate)), np.zeros(round(_EDGE_SECONDS * rate))
    sounds = [edge]
    for letter in text.lower():
        if letter.isalnum():
            hertz = 250 + 110 * (ord(letter) * 7 % 31)
            sounds += [envelope * np.sin(2 * np.pi * hertz * time), pause]
        else:
            sounds.append(np.zeros(len(time)))
    clean = np.concatenate([*sounds, edge])
    noise = np.random.default_rng(voice).standard_normal(len(clean))
    return (_LOUDNESS * clean + 0.001 * noise).astype(np.float32)


def write_speech(path: Path, text: str, rate: int, voice: int = 0) -> None:
    """Write ``text`` as speech in the format that the file's name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    formats = {".mp3": ("MP3", "MPEG_LAYER_III"), ".flac": ("FLAC", "PCM_16"), ".wav": ("WAV", "PCM_16")}
    container, subtype = formats[path.suffix]
    soundfile.write(path, speak(text, rate, voice), rate, format=container, subtype=subtype)


class LinkedClips:
    """Hands out any number of audio files that are hard links to a few, which a large replica needs only.

    Args:
        pool: folder for the few files.
        rate: of the audio, in Hz.
        suffix: of the files, such as ``.mp3``.
    """

    def __init__(self, pool: Path, rate: int, suffix: str) -> None:
        self._pool, self._rate, self._suffix = pool, rate, suffix
        self._made = 0

    def write(self, path: Path) -> None:
        """Make ``path``; its folder exists."""
        number, links = divmod(self._made, _MAX_LINKS)
        original = self._pool / f"{number}{self._suffix}"
        if links == 0:
            write_speech(original, f"clip {number}", self._rate, number)
        os.link(original, path)
        self._made += 1


def write_clips(files: Sequence[tuple[Path, str]], rate: int, pool: Path | None) -> None:
    """Write files that say their texts, or, with ``pool``, files that are links to a few and say others."""
    linked = None if pool is None else LinkedClips(pool, rate, files[0][0].suffix)
    for number, (path, text) in enumerate(files):
        if linked is None:
            write_speech(path, text, rate, number)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            linked.write(path)
