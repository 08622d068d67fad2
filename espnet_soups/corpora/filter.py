"""Filtering: utterances that are too short, too long or without text do not go on to training."""

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from espnet_soups.corpora.audio import RATE
from espnet_soups.corpora.data_dir import (
    UNDETERMINED,
    DataDirSummary,
    Utterance,
    read_data_dir,
    validate_data_dir,
    write_data_dir,
)
from espnet_soups.corpora.drops import DROPPED_FILE, Drop, drops_as_tsv, summarize_drops
from espnet_soups.errors import UserError

_HOP_SAMPLES = 160
_SUBSAMPLING = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """What an utterance must be like to be kept."""

    min_seconds: float = 0.1
    max_seconds: float = 30.0
    unlabeled: bool = False
    """Keep all as speech without text, in no particular language, for self-supervision."""

    def __post_init__(self) -> None:
        """Raise :class:`UserError` for limits that drop everything."""
        if not 0 <= self.min_seconds < self.max_seconds:
            raise UserError(
                f"--min_seconds {self.min_seconds:g} and --max_seconds {self.max_seconds:g} leave nothing;"
                " the first must be smaller"
            )


def filter_utterances(data_dir: Path, out_dir: Path, limits: Limits) -> DataDirSummary:
    """Write to ``out_dir`` the utterances of the complete directory ``data_dir`` that are within ``limits``.

    Dropped ones are counted on the screen and listed in ``out_dir/dropped.tsv``. Transcripts that are likely
    too long for CTC are counted only, because that depends on the model.

    Raises:
        UserError: if ``data_dir`` is not valid and complete, or nothing is left of it.
    """
    validate_data_dir(data_dir, complete=True)
    kept: list[Utterance] = []
    drops: list[Drop] = []
    for utterance in read_data_dir(data_dir):
        drop = _judge(utterance, limits)
        if drop is None:
            kept.append(_without_labels(utterance) if limits.unlabeled else utterance)
        else:
            drops.append(drop)
    if not kept:
        raise UserError(f"{data_dir}: all of its {len(drops)} utterances are dropped, first: {drops[0].detail}")
    summary = write_data_dir(out_dir, kept, complete=True, extra={DROPPED_FILE: drops_as_tsv(drops)})
    print(summarize_drops(out_dir, len(kept), drops))
    dense = [utterance for utterance in kept if is_too_dense_for_ctc(utterance)]
    if dense:
        print(
            f"warning: {len(dense)} transcripts, such as that of {dense[0].id}, have more characters"
            f" than an encoder with {_SUBSAMPLING}-fold subsampling gives frames; CTC over characters cannot"
            " learn them"
        )
    return summary


def is_too_dense_for_ctc(utterance: Utterance) -> bool:
    """Tell whether CTC over characters lacks frames for the transcript (10 ms hop, 4-fold subsampling)."""
    frames = (utterance.num_samples or 0) // _HOP_SAMPLES // _SUBSAMPLING
    text = utterance.text or ""
    # CTC needs a blank between two equal characters.
    repeats = sum(first == second for first, second in pairwise(text))
    return len(text) + repeats > frames


def _without_labels(utterance: Utterance) -> Utterance:
    return replace(utterance, language=UNDETERMINED, text=None, translation=None, target_language=None)


def _judge(utterance: Utterance, limits: Limits) -> Drop | None:
    assert utterance.num_samples is not None  # the directory is complete
    seconds = utterance.num_samples / RATE
    if seconds < limits.min_seconds:
        return Drop(utterance.id, f"shorter than {limits.min_seconds:g} s", f"{seconds:.3f} s")
    if seconds > limits.max_seconds:
        return Drop(utterance.id, f"longer than {limits.max_seconds:g} s", f"{seconds:.3f} s")
    if utterance.text is None and utterance.translation is None and not limits.unlabeled:
        return Drop(utterance.id, "no text", "neither a transcript nor a translation")
    return None
