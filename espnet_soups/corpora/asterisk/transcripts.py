"""Parsing the transcript files of the Asterisk core sounds: ``key: text`` lines after years of edits."""

import gzip
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.errors import UserError

_LINE = re.compile(r"([A-Za-z0-9][\w./-]*)\s*:(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A prompt that is not used, and why."""

    language: str
    key: str
    reason: str
    text: str = ""


def read_transcripts(path: Path, language: str) -> tuple[dict[str, str], list[Dropped]]:
    """Read the text of every key from ``path`` (plain or ``.gz``), as written but in NFC with single spaces.

    Bytes that are not UTF-8 become U+FFFD, for the cleaning to see. Of a repeated key the first text counts.

    Raises:
        UserError: if the file cannot be read or holds no transcript.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise UserError(f"{path}: the transcripts cannot be read ({error}); get the corpus again") from error
    texts: dict[str, str] = {}
    dropped: list[Dropped] = []
    for raw in content.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        line = " ".join(unicodedata.normalize("NFC", raw.decode("utf-8", errors="replace")).split())
        if not line or line.startswith(";"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            dropped.append(Dropped(language, "", "line without a key", line))
            continue
        key, text = match[1], match[2].strip()
        if key in texts:
            dropped.append(Dropped(language, key, "key repeated, the first text counts", text))
        else:
            texts[key] = text
    if not texts:
        raise UserError(f"{path}: there is no 'key: text' line in it; get the corpus again")
    return texts, dropped


def match_keys(texts: dict[str, str], audio_keys: set[str]) -> dict[str, str]:
    """Map the transcript keys to audio keys: equal ones first, then those that differ in case only.

    Returns:
        ``{transcript key: audio key}``; no audio key is used twice, and keys without audio are not in it.
    """
    matched = {key: key for key in texts if key in audio_keys}
    free: dict[str, list[str]] = {}
    for key in sorted(audio_keys - matched.keys()):
        free.setdefault(key.lower(), []).append(key)
    for key in texts:
        candidates = free.get(key.lower(), [])
        if key not in matched and candidates:
            matched[key] = candidates.pop(0)
    return matched
