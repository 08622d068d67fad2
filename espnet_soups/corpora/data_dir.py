"""The Kaldi-style data directory: the one meeting point between corpora and everything after them.

A directory holds one split, all languages together: ``wav.scp`` (absolute audio path), ``utt2spk``,
``spk2utt``, ``utt2lang``, and, for the utterances that have them, ``text`` (transcript),
``text_translation``, ``utt2tgt`` (language of the translation); ``utt2num_samples`` (at the rate of the audio
file) covers every utterance or is absent. In a *complete* directory every utterance has a line in ``text``
and ``text_translation`` (:data:`NA` where there is none) and in ``utt2num_samples``.
"""

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from espnet_soups.corpora.data_dir_checks import NA, UNDETERMINED, check_covers, check_tables
from espnet_soups.corpora.kaldi_table import (
    Cell,
    check_id,
    check_value,
    read_table,
    replace_text,
    write_table,
)
from espnet_soups.errors import UserError

__all__ = ["NA", "UNDETERMINED", "DataDirSummary", "Utterance", "read_data_dir", "validate_data_dir", "write_data_dir"]

_TEXTS = ("text", "text_translation")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording and what is known of it."""

    id: str
    audio: Path
    """Absolute path; ``FILE.ark:OFFSET`` for an entry of a Kaldi archive."""
    speaker: str
    """A prefix of ``id``."""
    language: str
    text: str | None = None
    """Transcript, in ``language``."""
    translation: str | None = None
    target_language: str | None = None
    """Language of ``translation``; None exactly when there is no translation."""
    num_samples: int | None = None
    """Length at the rate of the audio file."""


@dataclass(frozen=True, slots=True)
class DataDirSummary:
    """What a data directory holds."""

    path: Path
    utterances: dict[str, int] = field(default_factory=dict)
    """Number of utterances per language."""
    transcribed: dict[str, int] = field(default_factory=dict)
    """Number of utterances with a transcript per language."""
    translated: dict[str, int] = field(default_factory=dict)
    """Number of utterances with a translation per pair, such as ``fr-en``."""
    samples: dict[str, int] = field(default_factory=dict)
    """Number of audio samples per language; empty when ``utt2num_samples`` is absent."""
    speakers: int = 0

    def __str__(self) -> str:
        languages = ", ".join(f"{language} {count}" for language, count in self.utterances.items())
        return f"{self.path}: {sum(self.utterances.values())} utterances ({languages}), {self.speakers} speakers"


def write_data_dir(
    path: Path,
    utterances: Iterable[Utterance],
    *,
    complete: bool = False,
    extra: Mapping[str, str] | None = None,
) -> DataDirSummary:
    """Write ``utterances``, in any order, as the data directory ``path``.

    The directory is written beside ``path``, validated and then put in its place, so ``path`` is always
    whole; whatever it held before is replaced. With ``complete``, missing texts become :data:`NA`. ``extra``
    are further files to put there, such as reports: their names and contents.

    Raises:
        UserError: if the utterances do not make a valid directory; ``path`` is then as it was.
    """
    path = path.absolute()
    temporary, old = path.with_name(f".{path.name}.tmp"), path.with_name(f".{path.name}.old")
    if old.exists() and not path.exists():  # stopped between the two renames below
        old.rename(path)
    for leftover in (temporary, old):
        if leftover.exists():
            shutil.rmtree(leftover)
    temporary.mkdir(parents=True)
    try:
        _write_tables(temporary, list(utterances), path, complete)
        for file, content in (extra or {}).items():
            replace_text(temporary / file, content)
        summary = validate_data_dir(temporary, complete=complete)
    except BaseException:
        shutil.rmtree(temporary)
        raise
    if path.exists():
        path.rename(old)
    temporary.rename(path)
    if old.exists():
        shutil.rmtree(old)
    return replace(summary, path=path)


def _write_tables(directory: Path, utterances: list[Utterance], name: Path, complete: bool) -> None:
    seen: set[str] = set()
    for utterance in utterances:
        where = f"{name}: utterance {utterance.id!r}"
        if utterance.id in seen:
            raise UserError(f"{where} is duplicated; give every utterance its own id")
        seen.add(utterance.id)
        _check_utterance(utterance, where)
    if len({utterance.num_samples is None for utterance in utterances}) > 1:
        raise UserError(f"{name}: some utterances have a number of samples and some have none; give it for all or none")
    missing = NA if complete else None
    speakers: dict[str, list[str]] = {}
    for utterance in sorted(utterances, key=lambda u: u.id):
        speakers.setdefault(utterance.speaker, []).append(utterance.id)
    columns: dict[str, dict[str, str | None]] = {
        "wav.scp": {u.id: str(u.audio) for u in utterances},
        "utt2spk": {u.id: u.speaker for u in utterances},
        "utt2lang": {u.id: u.language for u in utterances},
        "spk2utt": {speaker: " ".join(ids) for speaker, ids in speakers.items()},
        "text": {u.id: u.text or missing for u in utterances},
        "text_translation": {u.id: u.translation or missing for u in utterances},
        "utt2tgt": {u.id: u.target_language for u in utterances},
        "utt2num_samples": {u.id: None if u.num_samples is None else str(u.num_samples) for u in utterances},
    }
    for file, column in columns.items():
        rows = {identifier: value for identifier, value in column.items() if value is not None}
        if rows or file not in (*_TEXTS, "utt2tgt", "utt2num_samples"):
            write_table(directory / file, rows)


def _check_utterance(utterance: Utterance, where: str) -> None:
    check_id(utterance.id, where)
    check_id(utterance.speaker, f"{where}, speaker")
    check_id(utterance.language, f"{where}, language")
    check_value(str(utterance.audio), f"{where}, audio path")
    for name, text in (("text", utterance.text), ("translation", utterance.translation)):
        if text is not None:
            check_value(text, f"{where}, {name}")
        if text == NA:
            raise UserError(f"{where}: its {name} is {NA!r}; leave it out (None) instead")
    if not utterance.id.startswith(utterance.speaker):
        raise UserError(f"{where} does not start with its speaker id {utterance.speaker!r}; Kaldi needs it to")
    if not utterance.audio.is_absolute():
        raise UserError(f"{where}: its audio path {str(utterance.audio)!r} is not absolute")
    if utterance.num_samples is not None and utterance.num_samples <= 0:
        raise UserError(f"{where} has {utterance.num_samples} audio samples; drop it")
    if (utterance.translation is None) != (utterance.target_language is None):
        raise UserError(f"{where} needs both a translation and a target language, or neither")


def read_data_dir(path: Path) -> list[Utterance]:
    """Validate the data directory ``path`` and return its utterances in order; :data:`NA` becomes None.

    Raises:
        UserError: as :func:`validate_data_dir`.
    """
    tables = _read_tables(path)
    check_tables(path, tables)

    def value(file: str, identifier: str) -> str | None:
        cell = tables.get(file, {}).get(identifier)
        return None if cell is None or (file in _TEXTS and cell.value == NA) else cell.value

    utterances = []
    for identifier, audio in tables["wav.scp"].items():
        samples = value("utt2num_samples", identifier)
        utterance = Utterance(
            id=identifier,
            audio=Path(audio.value),
            speaker=tables["utt2spk"][identifier].value,
            language=tables["utt2lang"][identifier].value,
            text=value("text", identifier),
            translation=value("text_translation", identifier),
            target_language=value("utt2tgt", identifier),
            num_samples=None if samples is None else int(samples),
        )
        utterances.append(utterance)
    return utterances


def validate_data_dir(path: Path, *, complete: bool = False) -> DataDirSummary:
    """Check every line of the data directory ``path``, and with ``complete`` that no utterance lacks one.

    Raises:
        UserError: naming file and line of the first thing that is wrong.
    """
    tables = _read_tables(path)
    check_tables(path, tables)
    if complete:
        for file in (*_TEXTS, "utt2num_samples"):
            if file not in tables:
                raise UserError(f"{path / file} is missing; format the audio (stage 3) to complete the directory")
            check_covers(path, tables, file)
    language = {identifier: cell.value for identifier, cell in tables["utt2lang"].items()}
    samples: Counter[str] = Counter()
    for identifier, cell in tables.get("utt2num_samples", {}).items():
        samples[language[identifier]] += int(cell.value)
    transcribed = (language[i] for i, cell in tables.get("text", {}).items() if cell.value != NA)
    translated = (f"{language[i]}-{cell.value}" for i, cell in tables.get("utt2tgt", {}).items())
    return DataDirSummary(
        path=path,
        utterances=_count(language.values()),
        transcribed=_count(transcribed),
        translated=_count(translated),
        samples=dict(sorted(samples.items())),
        speakers=len(tables["spk2utt"]),
    )


def _count(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _read_tables(path: Path) -> dict[str, dict[str, Cell]]:
    if not path.is_dir():
        raise UserError(f"{path} is not a directory; run the stage that makes this data directory first")
    required = ("wav.scp", "utt2spk", "spk2utt", "utt2lang")
    optional = (*_TEXTS, "utt2tgt", "utt2num_samples")
    files = (*required, *(file for file in optional if (path / file).exists()))
    return {file: read_table(path / file) for file in files}
