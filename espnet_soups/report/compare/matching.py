"""The texts of several experiments side by side, or a sentence about why they cannot be compared."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from espnet_soups.errors import UserError
from espnet_soups.objectives import match_objectives
from espnet_soups.report.experiment import Experiment
from espnet_soups.report.scoring import ScoreOptions, Text, read_texts

type Texts = dict[str, dict[str, list[Text]]]
"""Test set, objective, utterances in the order of their ids; only those with a reference."""

_NAMED = 3


def read_matching(folders: Sequence[Path], test_sets: Sequence[str], patterns: Sequence[str]) -> list[Texts]:
    """Read the scored texts of each experiment.

    Args:
        folders: The experiments.
        test_sets: Those to compare; all, if empty.
        patterns: Objectives to compare, such as ``asr/*``; all, if empty.

    Raises:
        UserError: If one has no scores, or they are not scores of the same utterances against the same references.
    """
    found = [_read(folder, test_sets, patterns) for folder in folders]
    for folder, texts in zip(folders[1:], found[1:], strict=True):
        _check_same(folders[0], folder, found[0], texts, "test sets", "--test_sets")
        for test_set, first in found[0].items():
            other = texts[test_set]
            _check_same(folders[0], folder, first, other, f"objectives of {test_set}", "--objectives")
            for name, rows in first.items():
                _check_rows(f"{test_set}, {name}", (folders[0], rows), (folder, other[name]))
    if not any(rows for texts in found[0].values() for rows in texts.values()):
        raise UserError("There is nothing to compare: no objective has a reference.")
    return found


def _read(folder: Path, test_sets: Sequence[str], patterns: Sequence[str]) -> Texts:
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder; give experiments, such as exp/asr_st_...")
    scoring = Experiment(folder).scoring
    if scoring is None:
        raise UserError(f"{folder} has no scores; run stages 12 and 13 first.")
    for name in test_sets:
        if name not in scoring.test_sets:
            raise UserError(f"{folder} has no scores of {name}; it has {', '.join(scoring.test_sets)}.")
    options = ScoreOptions(scoring.asr_case, scoring.st_case)
    texts: Texts = {}
    for name in test_sets or scoring.test_sets:
        rows = read_texts(scoring.decode_dir / name, scoring.dump_dir / name, options)
        chosen = [one for pattern in patterns for one in match_objectives(pattern, list(rows))] if patterns else rows
        texts[name] = {one: [text for text in rows[one] if text.reference is not None] for one in rows if one in chosen}
        texts[name] = {one: kept for one, kept in texts[name].items() if any(text.reference for text in kept)}
    return texts


def _check_same(
    first: Path, second: Path, left: Mapping[str, object], right: Mapping[str, object], what: str, option: str
) -> None:
    if left.keys() != right.keys():
        raise UserError(
            f"The {what} differ: {first} has {', '.join(left) or 'none'}, {second} has {', '.join(right) or 'none'}; "
            f"name what they have in common with {option}."
        )


def _check_rows(where: str, left: tuple[Path, Sequence[Text]], right: tuple[Path, Sequence[Text]]) -> None:
    ids = [{text.id for text in rows} for _, rows in (left, right)]
    for (lacking, _), (having, _), missing in ((right, left, ids[0] - ids[1]), (left, right, ids[1] - ids[0])):
        if missing:
            raise UserError(
                f"{where}: {lacking} lacks utterances that {having} has ({_some(missing)}); decode both on the same "
                "data."
            )
    differing = [a.id for a, b in zip(left[1], right[1], strict=True) if a.reference != b.reference]
    if differing:
        raise UserError(
            f"{where}: {left[0]} and {right[0]} have different references ({_some(differing)}); score both on the same "
            "data and with the same options."
        )


def _some(ids: Sequence[str] | set[str]) -> str:
    names = sorted(ids)
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
