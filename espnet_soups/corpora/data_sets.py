"""Writing all data directories of a corpus, with no more memory than the largest of them takes."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from espnet_soups.corpora.data_dir import Utterance, write_data_dir


def write_data_sets(data_dir: Path, sets: Mapping[str, list[Utterance]]) -> None:
    """Write the data directories ``data_dir/<name>`` and print what they hold; ``sets`` is emptied."""
    for name, utterances in sets.items():
        print(write_data_dir(data_dir / name, _drain(utterances)))


def _drain(utterances: list[Utterance]) -> Iterator[Utterance]:
    while utterances:
        yield utterances.pop()
