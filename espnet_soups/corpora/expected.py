"""The numbers that the publishers of a corpus give, beside those that were found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.corpora.tables import format_table


@dataclass(frozen=True, slots=True)
class Expected:
    """One number that tells whether a corpus is complete."""

    name: str
    """What is counted, such as ``fr train``."""
    published: int
    found: int
    """In the corpus as it is on this disk, whether or not it can be used."""
    used: int
    """In the data directories."""


def compare_counts(counts: Sequence[Expected], listed: Path) -> str:
    """Return a table of the counts, and a line that says whether the corpus is complete.

    Args:
        counts: of the corpus.
        listed: the file that lists what is not used, for the reader.
    """
    table = format_table(
        ("part", "published", "found", "difference", "used"),
        [(c.name, c.published, c.found, f"{c.found - c.published:+d}", c.used) for c in counts],
    )
    differing = [count.name for count in counts if count.found != count.published]
    if not differing:
        return f"{table}\nThe corpus is complete: everything that is published was found."
    return (
        f"{table}\nwarning: {', '.join(differing)}: not as many as are published; the corpus may be"
        f" incomplete or another release ({listed} lists what is not used)"
    )
