"""A miniature of the corpus asterisk_prompts that a model can learn: every letter is a tone of its own."""

import gzip
from pathlib import Path

import numpy as np

from tests.corpora.asterisk.conftest import DIGITS, VOICES, encode_g722

RATE = 16000
WORDS = {
    "en": ["call", "mail", "box", "number", "time", "your", "the", "new", "old", "next"],
    "es": ["llamada", "correo", "caja", "numero", "hora", "su", "la", "nuevo", "viejo", "proximo"],
    "it": ["chiamata", "posta", "scatola", "numero", "ora", "suo", "la", "nuovo", "vecchio", "prossimo"],
}
"""The same ten words in each language."""


def speak(text: str) -> np.ndarray:
    """Return a tone of 70 ms for every letter, apart by 30 ms of silence, 16 kHz."""
    time = np.arange(round(0.07 * RATE)) / RATE
    silence = np.zeros(round(0.03 * RATE))
    sounds = [np.zeros(round(0.1 * RATE))]
    for letter in text:
        hertz = 0 if letter == " " else 250 + 120 * (ord(letter) - ord("a"))
        sounds += [0.5 * np.sin(2 * np.pi * hertz * time), silence]
    return np.concatenate([*sounds, sounds[0]]).astype(np.float32)


def prompts(language: str) -> dict[str, str]:
    """Return the texts of all keys: the digits, and thirty phrases of three words, the same in all languages."""
    texts = {f"digits/{number}": word for number, word in enumerate(DIGITS[language])}
    words = WORDS[language]
    for number in range(30):
        chosen = (number % 10, (3 * number + 1 + number // 10) % 10, (7 * number + 2) % 10)
        texts[f"vm-phrase{number:02}"] = " ".join(words[index] for index in chosen)
    return texts


def make_corpus(root: Path) -> Path:
    """Write the recordings and transcripts of en, es and it as Debian's packages lay them out; return ``root``."""
    for language, voice in VOICES.items():
        texts = prompts(language)
        for key, text in texts.items():
            file = root / "sounds" / voice / f"{key}.g722"
            file.parent.mkdir(parents=True, exist_ok=True)
            encode_g722(file, speak(text))
        lines = [f"{key}: {text}\n" for key, text in texts.items()]
        (root / f"core-sounds-{language}.txt.gz").write_bytes(gzip.compress("".join(lines).encode()))
    return root
