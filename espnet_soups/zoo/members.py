"""Unpacking of archives that strangers made: everything is checked before the first byte is written."""

import shutil
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from espnet_soups.corpora.disk import require_space
from espnet_soups.errors import UserError

MOST_MEMBERS = 1000
MOST_BYTES = 64 << 30
"""Of all members together; the largest models that ESPnet trains have a quarter of it."""
_HIGHEST_RATIO = 100
"""Of a member's size to its compressed size: weights hardly shrink, and text by a factor of about 10."""
_SMALL = 1 << 20
"""Bytes; the ratio of smaller members does not matter."""


def is_safe_name(name: str) -> bool:
    """Whether ``name`` is a relative path, with slashes, that cannot leave the folder it is joined to."""
    parts = name.split("/")
    plain = name.isprintable() and "\\" not in name and ":" not in name
    return plain and bool(name) and all(part not in ("", ".", "..") for part in parts)


@contextmanager
def opened_archive(archive: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose members are safe to extract.

    Raises:
        UserError: if it is no zip, is damaged, or a member is not a plain file of a sane name and size.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            for member in content.infolist():
                if problem := _problem(member):
                    raise UserError(f"{archive} is refused: its member {member.filename!r} {problem}.")
            if problem := _problem_of_all(content.infolist()):
                raise UserError(f"{archive} is refused: {problem}.")
            yield content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UserError(f"{archive} is not a zip archive, or it is damaged ({error}).") from error
    except OSError as error:
        raise UserError(f"{archive} cannot be read or unpacked ({error}).") from error


def extract(archive: Path, folder: Path) -> None:
    """Extract a zip into the new folder ``folder``: all of it or nothing.

    Raises:
        UserError: as :func:`opened_archive`, or if the disk is too small.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with opened_archive(archive) as content:
        files = [member for member in content.infolist() if not member.is_dir()]
        require_space(folder.parent, sum(member.file_size for member in files), f"unpacking {archive.name}")
        unfinished = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            for member in files:
                target = unfinished.joinpath(*PurePosixPath(member.filename).parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with content.open(member) as source, target.open("xb") as sink:
                    shutil.copyfileobj(source, sink, _SMALL)
            _put(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def _put(unfinished: Path, folder: Path) -> None:
    try:
        unfinished.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process was faster, with the same content
            raise


def _problem(member: zipfile.ZipInfo) -> str | None:
    name = member.filename[:-1] if member.is_dir() else member.filename
    # zipfile cuts names at a null byte, which other programs might not.
    if not is_safe_name(name) or member.orig_filename != member.filename:
        return "would be written outside the folder"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if member.is_dir() else stat.S_IFREG):
        return "is a link or a device, not a file"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.file_size > max(_SMALL, _HIGHEST_RATIO * member.compress_size):
        return f"would grow from {member.compress_size} to {member.file_size} bytes"
    return None


def _problem_of_all(members: list[zipfile.ZipInfo]) -> str | None:
    if len(members) > MOST_MEMBERS:
        return f"it has {len(members)} members, and a model has at most {MOST_MEMBERS}"
    if (total := sum(member.file_size for member in members)) > MOST_BYTES:
        return f"it would take {total} bytes, and a model takes at most {MOST_BYTES}"
    names = Counter(member.filename.rstrip("/").casefold() for member in members)
    if twice := [name for name, count in names.items() if count > 1]:
        return f"it has the member {twice[0]!r} twice"
    files = {member.filename.casefold() for member in members if not member.is_dir()}
    for name in names:
        if inside := files.intersection(str(parent) for parent in PurePosixPath(name).parents):
            return f"its member {min(inside)!r} is a file and a folder"
    return None
