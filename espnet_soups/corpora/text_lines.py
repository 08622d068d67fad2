r"""Lines of the text files of a corpus, whatever editors and converters have done to them.

Only ``\n`` ends a line; a carriage return before it goes, one within a line becomes a space; a byte order
mark at the start goes; lines that are not UTF-8 are skipped.
"""

from collections.abc import Iterator
from pathlib import Path

from espnet_soups.corpora.row_report import RowReport
from espnet_soups.errors import UserError

NOT_UTF8 = "not UTF-8"
MALFORMED = "malformed row"
WINDOWS = "Windows line ends"


class TextLines:
    """The lines of a file, each with a newline at its end; the report is told what is wrong with them.

    Args:
        path: the file.
        name: of the file in the report.
        report: gets lines that are skipped, and one line on Windows line ends.
        group: where the report counts them.
    """

    def __init__(self, path: Path, name: str, report: RowReport, group: str) -> None:
        self.number = 0
        """Of the present line, from 1."""
        self.name, self.report, self.group = name, report, group
        self._path = path
        self._windows, self._first_windows = 0, 0

    def __iter__(self) -> Iterator[str]:
        """Yield the lines.

        Raises:
            UserError: if the file cannot be read.
        """
        try:
            file = self._path.open("rb")
        except OSError as error:
            raise UserError(f"{self._path}: the file cannot be read ({error.strerror})") from error
        with file:
            for raw in file:  # files opened as binary are split at \n only
                self.number += 1
                line = self._decode(raw)
                if line is not None:
                    yield line
        if self._windows:
            first, detail = self._first_windows, f"{self._windows} of {self.number} lines"
            self.report.add("changed", WINDOWS, self.name, group=self.group, line=first, detail=detail)

    def skip(self, reason: str, detail: str, item: str = "") -> None:
        """Report the present line as skipped."""
        self.report.add("skipped", reason, self.name, group=self.group, line=self.number, item=item, detail=detail)

    def _decode(self, raw: bytes) -> str | None:
        raw = raw.removesuffix(b"\n")
        if raw.endswith(b"\r"):
            raw = raw[:-1]
            self._windows += 1
            self._first_windows = self._first_windows or self.number
        if self.number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            return raw.decode("utf-8").replace("\r", " ") + "\n"
        except UnicodeDecodeError as error:
            self.skip(NOT_UTF8, f"byte {raw[error.start]:#04x} at position {error.start + 1}")
            return None
