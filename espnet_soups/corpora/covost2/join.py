"""The inner join of recordings (Common Voice's ``validated.tsv``) and translations (CoVoST 2), as utterances.

All lines of CoVoST 2's report (:mod:`espnet_soups.corpora.row_report`), but for those on audio
(:mod:`espnet_soups.corpora.audio_files`):

=======  ===============================  =========================================================
action   reason                           when; the detail
=======  ===============================  =========================================================
skipped  not UTF-8                        ``byte 0xe9 at position 12``
skipped  malformed row                    it cannot be parsed; what the parser says
skipped  wrong number of columns          a tab or newline without backslash; ``9 instead of 8``
skipped  path is not a file name          the path
skipped  unknown split                    neither train, train_covost, dev nor test; the split
skipped  clip is listed twice             the first row counts; ``first on line 17``
skipped  no transcript                    translated but not recorded; ``not in fr/validated.tsv``
skipped  no text                          nothing is left of the texts that are wanted; the sentence
changed  Windows line ends                once for a file; ``12 of 12 lines``
changed  not NFC                          ``sentence`` or ``translation``
changed  control or invisible characters  ``sentence`` or ``translation``
kept     empty transcript                 used for translation only; the sentence
kept     empty translation                used for recognition only; the translation
kept     unbalanced quote                 the row stands as it is; ``sentence`` or ``translation``
=======  ===============================  =========================================================
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.corpora.corrections import correct
from espnet_soups.corpora.covost2.translations import LISTED_TWICE, Split, Translation
from espnet_soups.corpora.covost2.tsv import read_rows
from espnet_soups.corpora.data_dir import NA, Utterance
from espnet_soups.corpora.row_report import Action, RowReport
from espnet_soups.text.languages import normalize_language
from espnet_soups.text.normalize import Case

NO_TRANSCRIPT = "no transcript"
NO_TEXT = "no text"
EMPTY_TRANSCRIPT = "empty transcript"
EMPTY_TRANSLATION = "empty translation"
UNBALANCED = "unbalanced quote"

_SPEAKER_LETTERS = 16


@dataclass(frozen=True, slots=True)
class Language:
    """What is wanted of one language."""

    code: str
    """ISO code."""
    recognize: bool
    """Its transcripts are wanted."""
    target: str | None
    """Language of the translations that are wanted; None for none."""
    src_case: Case = "lc.rm"
    tgt_case: Case = "tc"


@dataclass(frozen=True, slots=True)
class _Field:
    """A text of one row and where it stands."""

    name: str
    file: str
    line: int
    raw: str


class Join:
    """Joins the recordings of one language with its translations and reports what does not fit.

    Args:
        language: what is wanted.
        folder: of the language in Common Voice; it has ``validated.tsv`` and ``clips``.
        table: name of the table of translations.
        report: gets what is not used as it stands.
    """

    def __init__(self, language: Language, folder: Path, table: str, report: RowReport) -> None:
        self.unused = 0
        """Validated recordings that CoVoST 2 does not use."""
        self.language, self.report = language, report
        self.root = folder.absolute().parent
        self._table = table
        self._recordings = folder / "validated.tsv"
        self._name = f"{folder.name}/validated.tsv"
        self._clips = self.root / folder.name / "clips"

    def utterances(self, translations: dict[str, Translation]) -> Iterator[tuple[Split, Utterance]]:
        """Yield the utterances in the order of the recordings; note in ``translations`` which were recorded.

        Raises:
            UserError: if the table of recordings cannot be read or lacks a column.
        """
        columns = ("path", "client_id", "sentence")
        for row in read_rows(self._recordings, columns, self._name, self.report, self.language.code):
            clip, client, sentence = row.values
            translation = translations.get(clip)
            if translation is None:
                self.unused += 1
            elif translation.recorded:
                detail = f"first on line {translation.recorded}"
                self._add("skipped", LISTED_TWICE, clip, self._name, row.line, detail)
            else:
                translation.recorded = row.line
                source = _Field("sentence", self._name, row.line, sentence)
                target = _Field("translation", self._table, translation.line, translation.text)
                utterance = self._utterance(clip, client, source, target)
                if utterance is not None:
                    yield translation.split, utterance
        for clip, translation in translations.items():
            if not translation.recorded:
                detail = f"not in {self._name}"
                self._add("skipped", NO_TRANSCRIPT, clip, self._table, translation.line, detail)

    def _utterance(self, clip: str, client: str, source: _Field, target: _Field) -> Utterance | None:
        wanted = self.language
        text = self._text(source, clip, wanted.code, wanted.src_case) if wanted.recognize else ""
        translation = self._text(target, clip, wanted.target, wanted.tgt_case) if wanted.target else ""
        if not text and not translation:
            self._add("skipped", NO_TEXT, clip, source.file, source.line, source.raw)
            return None
        if wanted.recognize and not text:
            self._add("kept", EMPTY_TRANSCRIPT, clip, source.file, source.line, source.raw)
        if wanted.target and not translation:
            self._add("kept", EMPTY_TRANSLATION, clip, target.file, target.line, target.raw)
        speaker = f"{wanted.code}-{speaker_name(client, clip)}"
        return Utterance(
            id=f"{speaker}-{clip.removesuffix('.mp3')}",
            audio=self._clips / clip,
            speaker=speaker,
            language=wanted.code,
            text=text or None,
            translation=translation or None,
            target_language=wanted.target if translation else None,
        )

    def _text(self, field: _Field, clip: str, language: str, case: Case) -> str:
        text, corrections = correct(field.raw)
        for correction in corrections:
            self._add("changed", correction, clip, field.file, field.line, field.name)
        if text.count('"') % 2:
            self._add("kept", UNBALANCED, clip, field.file, field.line, field.name)
        normalized = normalize_language(text, case, language)
        return "" if normalized == NA else normalized

    def _add(self, action: Action, reason: str, clip: str, file: str, line: int, detail: str) -> None:
        code = self.language.code
        self.report.add(action, reason, file, group=code, line=line, item=clip, detail=detail)


def speaker_name(client: str, clip: str) -> str:
    """Return a short name for a speaker: the beginning of Common Voice's 128-letter ``client_id``.

    A ``client_id`` of another kind is replaced by its hash, an empty one by that of the clip, which is then
    its own speaker.
    """
    name = client[:_SPEAKER_LETTERS]
    if len(name) == _SPEAKER_LETTERS and name.isascii() and name.isalnum():
        return name
    return hashlib.blake2b((client or clip).encode(), digest_size=_SPEAKER_LETTERS // 2).hexdigest()
