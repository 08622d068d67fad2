"""The report of utterances that a stage drops: counted on the screen, listed in the data directory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.corpora.tables import format_tsv

DROPPED_FILE = "dropped.tsv"


@dataclass(frozen=True, slots=True)
class Drop:
    """An utterance that is not used any more, and why."""

    id: str
    reason: str
    """A few words, the same for all utterances with the same fate."""
    detail: str
    """What was found in this one."""


def drops_as_tsv(drops: Sequence[Drop]) -> str:
    """Return the content of :data:`DROPPED_FILE`, by id."""
    rows = sorted((drop.id, drop.reason, drop.detail) for drop in drops)
    return format_tsv(("utterance", "reason", "detail"), rows)


def summarize_drops(directory: Path, kept: int, drops: Sequence[Drop]) -> str:
    """Return a sentence such as ``data/x: kept 8 of 10 utterances; dropped no text: 2 (listed in ...)``."""
    total = kept + len(drops)
    sentence = f"{directory}: kept {kept} of {total} utterances"
    if not drops:
        return sentence
    counts = sorted(Counter(drop.reason for drop in drops).items())
    reasons = ", ".join(f"{reason}: {count}" for reason, count in counts)
    return f"{sentence}; dropped {reasons} (listed in {directory / DROPPED_FILE})"
