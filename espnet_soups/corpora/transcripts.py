"""Files of transcripts with lines ``id text``.

Lines of the report (:mod:`espnet_soups.corpora.row_report`):

=======  ===============================  =========================================================
action   reason                           when; the detail
=======  ===============================  =========================================================
skipped  not UTF-8                        ``byte 0xe9 at position 12``
skipped  malformed row                    the id is not one of this file; the line
skipped  utterance is listed twice        the first line counts; ``first on line 17``
skipped  no text                          nothing is left of the text; the text
skipped  no transcript                    a recording whose id is in no line; the file of transcripts
changed  Windows line ends                once for a file; ``12 of 12 lines``
changed  not NFC                          the text is composed
changed  control or invisible characters  they are removed
=======  ===============================  =========================================================
"""

import re
from pathlib import Path

from espnet_soups.corpora.corrections import correct
from espnet_soups.corpora.row_report import RowReport
from espnet_soups.corpora.text_lines import MALFORMED, TextLines
from espnet_soups.text.languages import normalize_language
from espnet_soups.text.normalize import Case

LISTED_TWICE = "utterance is listed twice"
NO_TEXT = "no text"
NO_TRANSCRIPT = "no transcript"


def read_transcripts(
    path: Path, ids: re.Pattern[str], language: str, case: Case, report: RowReport, *, name: str, group: str
) -> dict[str, str]:
    """Return the normalised transcripts of the file ``path`` by id.

    Left out and reported are lines whose id does not fully match ``ids``, ids that were there before, and
    transcripts of which nothing is left.

    Args:
        path: the file.
        ids: what an id looks like.
        language: of the texts, as ISO code.
        case: the form that the texts get.
        report: gets what is not used as it stands.
        name: of the file in the report.
        group: where the report counts.

    Raises:
        UserError: if the file cannot be read.
    """
    lines = TextLines(path, name, report, group)
    first: dict[str, int] = {}
    texts: dict[str, str] = {}
    for line in lines:
        identifier, _, raw = line.strip().partition(" ")
        if not identifier:
            continue  # an empty line
        if ids.fullmatch(identifier) is None:
            lines.skip(MALFORMED, line.strip())
        elif identifier in first:
            lines.skip(LISTED_TWICE, f"first on line {first[identifier]}", identifier)
        else:
            first[identifier] = lines.number
            text = _normalized(raw, identifier, language, case, lines)
            if text:
                texts[identifier] = text
            else:
                lines.skip(NO_TEXT, raw, identifier)
    return texts


def _normalized(raw: str, identifier: str, language: str, case: Case, lines: TextLines) -> str:
    text, corrections = correct(raw)
    for correction in corrections:
        lines.report.add("changed", correction, lines.name, group=lines.group, line=lines.number, item=identifier)
    return normalize_language(text, case, language)
