"""Checksums of large files: verified once, and again only when size or time of the file have changed."""

import hashlib
import json
from pathlib import Path

from espnet_soups.corpora.kaldi_table import replace_text


def digest_of(file: Path, algorithm: str) -> str:
    """Return the digest of a file's content in the form ``md5:2a93...``."""
    with file.open("rb") as stream:
        return f"{algorithm}:{hashlib.file_digest(stream, algorithm).hexdigest()}"


def is_intact(file: Path, published: str | None, marker: Path) -> bool:
    """Tell whether ``file`` has the ``published`` digest, or else the one recorded when it was first checked.

    Args:
        file: it exists.
        published: such as ``md5:2a93...``; None if no digest is published.
        marker: remembers size, time and digest of the file when it was last intact.
    """
    status = file.stat()
    seen = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
    last = json.loads(marker.read_text(encoding="utf-8")) if marker.exists() else None
    expected = published or (last["digest"] if last else None)
    if last is not None and last == {**seen, "digest": expected}:
        return True
    found = digest_of(file, expected.partition(":")[0] if expected else "sha256")
    if expected is not None and found != expected:
        return False
    replace_text(marker, json.dumps({**seen, "digest": found}) + "\n")
    return True
