"""Two-column text files, ``id value`` in bytewise order: what Kaldi-style data directories consist of."""

import os
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.errors import UserError


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table and the line it stands in (from 1)."""

    value: str
    line: int


def find_unprintable(text: str) -> str | None:
    """Return the first control character or line separator of ``text``, or None."""
    if text.isprintable():  # the fast way for nearly every line
        return None
    return next((c for c in text if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"}), None)


def check_value(value: str, where: str) -> None:
    """Raise :class:`UserError` unless ``value`` survives being written to a line and read back."""
    if not value:
        raise UserError(f"{where}: the value is empty; an utterance without a value has no line")
    if value != value.strip():
        raise UserError(f"{where}: blanks around the value {value!r}; use one space after the id and none at the end")
    if (bad := find_unprintable(value)) is not None:
        raise UserError(f"{where}: control character {bad!r} in the value; remove it")


def check_id(identifier: str, where: str) -> None:
    """Raise :class:`UserError` unless ``identifier`` is not empty and holds no blanks or controls."""
    if not identifier or identifier.split() != [identifier] or find_unprintable(identifier) is not None:
        raise UserError(f"{where}: {identifier!r} is not an id; ids are not empty and hold no blanks")


def read_table(path: Path) -> dict[str, Cell]:
    """Read ``path``; the order of the result is the order of the file.

    Raises:
        UserError: naming file and line, for a missing file, bytes that are not UTF-8, an empty line, a line
            that is not ``id value`` with one space, a duplicated id, an id out of bytewise order, or no
            newline at the end.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); every data directory needs this file") from error
    if content and not content.endswith(b"\n"):
        last = content.count(b"\n") + 1
        raise UserError(f"{path}:{last}: the file does not end with a newline; it may have been cut off, make it again")
    table: dict[str, Cell] = {}
    previous, previous_line = "", 0
    # Only \n ends a line: str.splitlines would also split at characters that may stand inside a text.
    for number, raw in enumerate(content.split(b"\n")[:-1], start=1):
        identifier, value = _parse_line(raw, f"{path}:{number}")
        if identifier in table:
            first = table[identifier].line
            raise UserError(f"{path}:{number}: id {identifier!r} is duplicated, it is on line {first} already")
        if identifier < previous:
            raise UserError(
                f"{path}:{number}: id {identifier!r} is out of order, it comes after {previous!r} on line"
                f" {previous_line}; sort the file with LC_ALL=C"
            )
        table[identifier] = Cell(value, number)
        previous, previous_line = identifier, number
    return table


def _parse_line(raw: bytes, where: str) -> tuple[str, str]:
    try:
        line = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{where}: byte {raw[error.start]:#04x} is not UTF-8; convert the file to UTF-8") from error
    if not line.strip():
        raise UserError(f"{where}: the line is empty; remove it")
    identifier, _, value = line.partition(" ")
    check_id(identifier, where)
    check_value(value, f"{where}: id {identifier!r}")
    return identifier, value


def write_table(path: Path, rows: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
    """Write ``id value`` lines, sorted bytewise, in UTF-8; an existing file is replaced in one step."""
    items = rows.items() if isinstance(rows, Mapping) else rows
    # Python compares strings by code point, which is the bytewise order of their UTF-8 forms.
    lines = [f"{identifier} {value}\n" for identifier, value in sorted(items)]
    replace_text(path, "".join(lines))


def replace_text(path: Path, content: str) -> None:
    """Write ``content`` to ``path`` in one step, so that a reader never sees half of it."""
    replace_bytes(path, content.encode("utf-8"))


def replace_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` in one step, so that a reader never sees half of it."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)
