"""The state of the files that a stage reads."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileState:
    """What a file was like: size in bytes, time of the last change in ns, digest of its content."""

    size: int
    mtime_ns: int
    digest: str


def digest(path: Path) -> str:
    """Return the BLAKE2 digest of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def expand(paths: Iterable[Path]) -> list[Path]:
    """Return the files that are meant: a directory stands for the files right in it but hidden ones."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(file for file in path.iterdir() if file.is_file() and file.name[0] != ".")
        else:
            files.append(path)
    return files


def look_at(path: Path, before: FileState | None = None) -> FileState:
    """Return the present state of a file; its content is read only if size or time differ from ``before``."""
    stat = path.stat()
    if before is not None and (stat.st_size, stat.st_mtime_ns) == (before.size, before.mtime_ns):
        return before
    return FileState(stat.st_size, stat.st_mtime_ns, digest(path))
