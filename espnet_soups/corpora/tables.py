"""Small tables for people (aligned columns) and for programs (tab-separated files)."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from espnet_soups.corpora.kaldi_table import replace_text


def format_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return an aligned table; columns of numbers are right-aligned."""
    cells = [tuple(map(str, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    numeric = [all(cell[:1].isdigit() for cell in column) and bool(column) for column in zip(*cells, strict=True)]
    numeric = numeric or [False] * len(header)

    def line(row: Sequence[str]) -> str:
        padded = (c.rjust(w) if n else c.ljust(w) for c, w, n in zip(row, widths, numeric, strict=True))
        return "  ".join(padded).rstrip()

    return "\n".join([line(header), *map(line, cells)])


def format_tsv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return tab-separated lines; blanks of any kind inside a value become single spaces."""
    return "".join("\t".join(" ".join(value.split()) for value in row) + "\n" for row in (header, *rows))


def write_tsv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write :func:`format_tsv` to ``path`` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, format_tsv(header, rows))
