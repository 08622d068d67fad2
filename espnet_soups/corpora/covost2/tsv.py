"""Reading the tables of Common Voice and CoVoST 2, one row at a time.

A table is UTF-8 text, tab-separated, with a header; a backslash escapes what follows it (a tab, a newline, a
quotation mark), and quotation marks mean nothing. Columns are found by the header, because their number and
order differ between releases.

Skipped are rows that are not UTF-8, and those that have more or fewer columns than the header (a tab or a
newline that is not escaped). Rows that only lack columns on the speaker at their end are whole: some editors
remove trailing tabs.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.corpora.row_report import RowReport
from espnet_soups.corpora.text_lines import MALFORMED, TextLines
from espnet_soups.errors import UserError

COLUMNS = "wrong number of columns"

_OPTIONAL = {"age", "gender", "accent", "accents", "variant", "locale", "segment", "sentence_domain"}


@dataclass(frozen=True, slots=True)
class Row:
    """The wanted columns of one row."""

    line: int
    """In which the row ends, from 1."""
    values: tuple[str, ...]


def read_rows(path: Path, columns: Sequence[str], name: str, report: RowReport, group: str) -> Iterator[Row]:
    """Yield the rows of the table ``path`` with the values of ``columns``, in that order.

    Args:
        path: the table.
        columns: names of the wanted columns.
        name: of the table, for the report.
        report: gets the rows that are left out.
        group: where the report counts them.

    Raises:
        UserError: if the table cannot be read, is empty, or lacks one of the columns.
    """
    lines = TextLines(path, name, report, group)
    reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\")
    header = _read_header(reader, path, columns)
    places = [header.index(column) for column in columns]
    needed = max(i for i, column in enumerate(header) if column not in _OPTIONAL or column in columns) + 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            lines.skip(MALFORMED, str(error))
            continue
        if not fields:
            continue  # an empty line
        if len(fields) != len(header) and not _lacks_trailing_tabs(fields, needed, len(header)):
            found = f"{len(fields)} instead of {len(header)}"
            lines.skip(COLUMNS, found, _clip(fields))
            continue
        yield Row(lines.number, tuple(fields[place] for place in places))


def _read_header(reader: Iterator[list[str]], path: Path, columns: Sequence[str]) -> list[str]:
    header = next(reader, [])
    missing = [column for column in columns if column not in header]
    if missing:
        raise UserError(
            f"{path}: the table has no column {missing[0]!r}, only {', '.join(header) or 'nothing'};"
            " is it the right file, and whole?"
        )
    return header


def _lacks_trailing_tabs(fields: Sequence[str], needed: int, columns: int) -> bool:
    """Tell whether a row lost nothing but empty columns at its end: then its last one is not empty."""
    return needed <= len(fields) < columns and fields[-1] != ""


def _clip(fields: Sequence[str]) -> str:
    """Return what looks like the name of a clip in a row whose columns cannot be told apart."""
    return next((field for field in fields if field.endswith(".mp3")), "")
