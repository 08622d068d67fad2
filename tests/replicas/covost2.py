"""A replica of CoVoST 2: Common Voice folders, and tables of translations as they are published."""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.replicas.packing import pack
from tests.replicas.sentences import sentence
from tests.replicas.speech import write_clips

SPLITS = ("train", "dev", "test")
HEADER = ("client_id", "path", "sentence", "up_votes", "down_votes", "age", "gender", "accent")

FULL_SIZE = {
    "fr": (207_374, 14_760, 14_760),
    "de": (127_834, 13_511, 13_511),
    "es": (79_015, 13_221, 13_221),
    "ca": (95_854, 12_730, 12_730),
    "en": (289_430, 15_531, 15_531),
}
"""Rows of train, dev and test."""

_RATE = 48_000
_CLIPS_PER_SPEAKER = 10
_UNUSED_EVERY = 10  # so many validated recordings are for each that CoVoST 2 does not use


def make_covost2(
    root: Path,
    rows: Mapping[str, Sequence[int]],
    *,
    few_clips: bool = False,
    pairs: Sequence[str] | None = None,
) -> Path:
    """Make ``root/common_voice/<language>`` and ``root/covost``; return ``root``.

    Args:
        root: where to.
        rows: numbers of train, dev and test rows by language.
        few_clips: make all recordings hard links to a few.
        pairs: whose tables are made; if not given, into English, and ``en-de`` for English.
    """
    (root / "covost").mkdir(parents=True, exist_ok=True)
    for language, sizes in rows.items():
        clips, table = _write_table(root / "common_voice" / language, language, sizes)
        pool = root / "pool" / language if few_clips else None
        write_clips(clips, _RATE, pool)
        default = "en-de" if language == "en" else f"{language}-en"
        for pair in pairs or [default]:
            source, _, target = pair.partition("-")
            if source == language:
                _write_translations(root / "covost", source, target, table)
    return root


def pack_translations(root: Path) -> list[Path]:
    """Replace the tables of ``root/covost`` by the archives in which they are published."""
    tables = sorted((root / "covost").glob("*.tsv"))
    archives = [pack(table.with_name(f"{table.name}.tar.gz"), {table.name: table}) for table in tables]
    for table in tables:
        table.unlink()
    return archives


def append_rows(table: Path, *rows: bytes) -> None:
    """Add rows to a table as they are, each with the line end that it brings."""
    with table.open("ab") as file:
        file.writelines(rows)


def client(number: int) -> str:
    """Return the ``client_id`` of a speaker: 128 letters."""
    return hashlib.sha512(str(number).encode()).hexdigest()


def clip_name(language: str, index: int) -> str:
    """Return the name of recording ``index``."""
    return f"common_voice_{language}_{17_000_000 + index}.mp3"


def _write_table(
    folder: Path, language: str, sizes: Sequence[int]
) -> tuple[list[tuple[Path, str]], list[tuple[str, int, str]]]:
    """Write ``validated.tsv``; return the recordings with their texts, and those used (name, index, split)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clips").mkdir(exist_ok=True)
    splits = [split for split, size in zip(SPLITS, sizes, strict=True) for _ in range(size)]
    used, clips = [], []
    index = 0
    with (folder / "validated.tsv").open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(HEADER) + "\n")
        while len(used) < len(splits):
            name, text = clip_name(language, index), sentence(index, language)
            speaker = client(index // _CLIPS_PER_SPEAKER)
            file.write("\t".join((speaker, name, text, "2", "0", "", "", "")) + "\n")
            clips.append((folder / "clips" / name, text))
            if index % _UNUSED_EVERY != _UNUSED_EVERY - 1:
                split = splits[len(used)]
                # Clips that CoVoST 2 moved into the training set carry a name of their own.
                used.append((name, index, "train_covost" if split == "train" and index % 7 == 0 else split))
            index += 1
    return clips, used


def _write_translations(folder: Path, source: str, target: str, table: Sequence[tuple[str, int, str]]) -> None:
    path = folder / f"covost_v2.{source}_{target}.tsv"
    with path.open("w", encoding="utf-8", newline="") as file:
        # As pandas writes it: what would be quoted is escaped instead.
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\", lineterminator="\n")
        writer.writerow(("path", "translation", "split"))
        writer.writerows((name, sentence(index, target), split) for name, index, split in table)
