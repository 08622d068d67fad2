"""The table of a translation pair: which clips it uses, for which split, and how they are translated."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from espnet_soups.corpora.covost2.tsv import read_rows
from espnet_soups.corpora.row_report import RowReport

type Split = Literal["train", "dev", "test"]

SPLITS: tuple[Split, ...] = ("train", "dev", "test")

NOT_A_NAME = "path is not a file name"
UNKNOWN_SPLIT = "unknown split"
LISTED_TWICE = "clip is listed twice"

# As in the corpus' own script: clips added to the training set of Common Voice count, no other additions do.
_SPLIT_OF: dict[str, Split] = {"train": "train", "train_covost": "train", "dev": "dev", "test": "test"}


@dataclass(slots=True)
class Translation:
    """What the table says of one clip."""

    line: int
    split: Split
    text: str
    """As it is written; may be empty."""
    recorded: int = 0
    """The line of the clip in the table of recordings; 0 as long as it was not found there."""


def read_translations(path: Path, report: RowReport, group: str) -> dict[str, Translation]:
    """Return the usable rows of the table ``path`` by the name of the clip.

    Raises:
        UserError: if the table cannot be read or lacks a column.
    """
    translations: dict[str, Translation] = {}
    for row in read_rows(path, ("path", "translation", "split"), path.name, report, group):
        clip, text, split = row.values
        if not is_clip_name(clip):
            reason, detail = NOT_A_NAME, repr(clip)
        elif split not in _SPLIT_OF:
            reason, detail = UNKNOWN_SPLIT, repr(split)
        elif clip in translations:
            reason, detail = LISTED_TWICE, f"first on line {translations[clip].line}"
        else:
            translations[clip] = Translation(row.line, _SPLIT_OF[split], text)
            continue
        report.add("skipped", reason, path.name, group=group, line=row.line, item=clip, detail=detail)
    return translations


def is_clip_name(name: str) -> bool:
    """Tell whether ``name`` is that of a file and can be part of an utterance id."""
    return name.split() == [name] and name.isprintable() and "/" not in name and name not in (".", "..")
