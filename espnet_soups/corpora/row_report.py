"""The report of a preparation: every row or file that was not used as it stood, listed in a file and counted.

The file has one line for each, with tabs between six columns:

``action``
    ``skipped`` (not used), ``changed`` (used after a correction), ``kept`` (used as it is, but worth a look).
``reason``
    A few words, the same for all rows with the same fate.
``file``, ``line``
    Where, relative to the corpus; the line counts from 1 and is empty where the matter is a whole file.
``item``
    The clip or utterance; empty where it is not known.
``detail``
    What was found there.
"""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from espnet_soups.corpora.tables import format_table, format_tsv

type Action = Literal["skipped", "changed", "kept"]

HEADER = ("action", "reason", "file", "line", "item", "detail")
ROWS_FILE = "rows.tsv"


class RowReport:
    """Writes ``directory/rows.tsv`` while a corpus is read; a context manager."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / ROWS_FILE
        self._counts: Counter[tuple[str, str, str]] = Counter()
        directory.mkdir(parents=True, exist_ok=True)
        self._temporary = self.path.with_name(f".{ROWS_FILE}.tmp")
        self._file = self._temporary.open("w", encoding="utf-8", newline="\n")
        self._file.write(format_tsv(HEADER, []))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        os.replace(self._temporary, self.path)  # after an error too: it may well say why

    def add(
        self,
        action: Action,
        reason: str,
        file: str,
        *,
        group: str,
        line: int | None = None,
        item: str = "",
        detail: str = "",
    ) -> None:
        """Add one line; ``group`` (a language, a part of the corpus) is a column of the table of counts."""
        self._counts[action, reason, group] += 1
        where = "" if line is None else str(line)
        row = [" ".join(value.split()) for value in (action, reason, file, where, item, detail)]
        self._file.write("\t".join(row) + "\n")

    def count(self, reason: str, group: str | None = None) -> int:
        """Return how many lines have ``reason``, in ``group`` or in all."""
        return sum(n for (_, r, g), n in self._counts.items() if r == reason and group in (None, g))

    def table(self, groups: Sequence[str]) -> str:
        """Return a table of the numbers of lines by action, reason and group."""
        if not self._counts:
            return "all rows were used as they stand"
        kinds = sorted({(action, reason) for action, reason, _ in self._counts}, reverse=True)
        rows = [
            (action, reason, *(self._counts[action, reason, group] for group in groups)) for action, reason in kinds
        ]
        return format_table(("action", "reason", *groups), rows)
