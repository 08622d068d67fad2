"""What must hold between the tables of one data directory."""

from collections.abc import Mapping
from pathlib import Path

from espnet_soups.corpora.kaldi_table import Cell
from espnet_soups.errors import UserError

UNDETERMINED = "und"
"""Language (ISO 639-2) of speech whose language nobody needs to know: it serves self-supervision only."""

NA = "<na>"
"""What stands for a missing transcript or translation in a complete directory."""

type Table = Mapping[str, Cell]
type Tables = Mapping[str, Table]


def check_tables(path: Path, tables: Tables) -> None:
    """Raise :class:`UserError` naming file and line unless the ``tables`` of ``path`` (by name) agree."""
    if not tables["wav.scp"]:
        raise UserError(f"{path / 'wav.scp'}: there is no utterance; check the step that made this directory")
    known = tables["wav.scp"]
    for file in tables.keys() - {"wav.scp", "spk2utt"}:
        for identifier, cell in tables[file].items():
            if identifier not in known:
                raise UserError(f"{path / file}:{cell.line}: utterance {identifier!r} is not in wav.scp")
    for file in ("utt2spk", "utt2lang", "utt2num_samples"):
        if file in tables:
            check_covers(path, tables, file)
    for cell in known.values():
        if not Path(cell.value).is_absolute():
            raise UserError(f"{path / 'wav.scp'}:{cell.line}: {cell.value!r} is not an absolute path")
    for cell in tables.get("utt2num_samples", {}).values():
        if not (cell.value.isascii() and cell.value.isdigit() and int(cell.value) > 0):
            raise UserError(f"{path / 'utt2num_samples'}:{cell.line}: {cell.value!r} is not a positive whole number")
    _check_speakers(path, tables)
    _check_targets(path, tables)


def check_covers(path: Path, tables: Tables, file: str) -> None:
    """Raise :class:`UserError` unless every utterance of ``wav.scp`` has a line in ``file``."""
    for identifier, cell in tables["wav.scp"].items():
        if identifier not in tables[file]:
            raise UserError(f"{path / 'wav.scp'}:{cell.line}: utterance {identifier!r} is not in {path / file}")


def _check_speakers(path: Path, tables: Tables) -> None:
    expected: dict[str, list[str]] = {}
    for identifier, cell in tables["utt2spk"].items():
        if not identifier.startswith(cell.value):
            raise UserError(
                f"{path / 'utt2spk'}:{cell.line}: utterance id {identifier!r} does not start with its speaker"
                f" id {cell.value!r}, so the files cannot be sorted by both"
            )
        expected.setdefault(cell.value, []).append(identifier)
    for speaker, cell in tables["spk2utt"].items():
        if cell.value.split(" ") != expected.get(speaker):
            raise UserError(f"{path / 'spk2utt'}:{cell.line}: the line of {speaker!r} does not agree with utt2spk")
    for speaker, ids in expected.items():
        if speaker not in tables["spk2utt"]:
            line = tables["utt2spk"][ids[0]].line
            raise UserError(f"{path / 'utt2spk'}:{line}: speaker {speaker!r} is not in {path / 'spk2utt'}")


def _check_targets(path: Path, tables: Tables) -> None:
    targets = tables.get("utt2tgt", {})
    translations = tables.get("text_translation", {})
    for identifier, cell in translations.items():
        if cell.value != NA and identifier not in targets:
            file = path / "text_translation"
            raise UserError(f"{file}:{cell.line}: utterance {identifier!r} has no target language in utt2tgt")
    for identifier, cell in targets.items():
        if identifier not in translations or translations[identifier].value == NA:
            file = path / "utt2tgt"
            raise UserError(f"{file}:{cell.line}: utterance {identifier!r} has no translation in text_translation")
