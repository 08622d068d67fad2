"""The data directories as far as they are there: what they hold, and whether it is what the objectives need."""

from collections.abc import Sequence
from pathlib import Path

from espnet_soups.corpora.data_dir import DataDirSummary, validate_data_dir
from espnet_soups.corpora.tables import format_table
from espnet_soups.errors import UserError


def check_data(
    directories: Sequence[Path], training: Sequence[Path], asr_langs: Sequence[str], st_pairs: Sequence[str]
) -> str:
    """Validate those of ``directories`` that are there; return a table of what they hold.

    Args:
        directories: the data directories of all sets.
        training: those of them that must have every language and every pair.
        asr_langs: languages to recognise.
        st_pairs: pairs to translate.

    Raises:
        UserError: if a directory is not valid, or one to train with lacks an objective's texts.
    """
    rows: list[tuple[str, ...]] = []
    for directory in directories:
        if not directory.is_dir():
            rows.append((str(directory), "not there yet", "", "", ""))
            continue
        summary = validate_data_dir(directory)
        if directory in training:
            _check_objectives(summary, asr_langs, st_pairs)
        counts = (summary.utterances, summary.transcribed, summary.translated)
        languages = " ".join(summary.utterances)
        rows.append((str(directory), languages, *(str(sum(count.values())) for count in counts)))
    return format_table(("data directory", "languages", "utterances", "transcribed", "translated"), rows)


def _check_objectives(summary: DataDirSummary, asr_langs: Sequence[str], st_pairs: Sequence[str]) -> None:
    for names, present, text in (
        (asr_langs, summary.transcribed, "transcript"),
        (st_pairs, summary.translated, "translation"),
    ):
        absent = [name for name in names if name not in present]
        if absent:
            raise UserError(
                f"{summary.path} has no {text} of {' '.join(absent)}; change --asr_langs or --st_pairs, or prepare the"
                " data again (--stage 1)"
            )
