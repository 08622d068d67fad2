"""Several corpora as one, by reference: texts are put together, audio stays where it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from espnet_soups.corpora.data_dir import DataDirSummary, Utterance, read_data_dir, write_data_dir
from espnet_soups.errors import UserError

_JOINED = ("train", "valid")


def combine_data_dirs(sources: Sequence[Path], out_dir: Path, *, complete: bool = False) -> DataDirSummary:
    """Write to ``out_dir`` all utterances of the data directories ``sources``; ``complete`` as they are after stage 4.

    Raises:
        UserError: if a source is not valid, two of them share an utterance id, or ``out_dir`` is one of them.
    """
    if out_dir.resolve() in {source.resolve() for source in sources}:
        raise UserError(f"{out_dir} would be combined into itself; give another --out_dir")
    return write_data_dir(
        out_dir, combine({str(source): read_data_dir(source) for source in sources}), complete=complete
    )


def combine(groups: Mapping[str, Sequence[Utterance]]) -> list[Utterance]:
    """Return the utterances of all ``groups`` (by name); lengths are kept only if all of them have one.

    Raises:
        UserError: if two utterances have the same id.
    """
    origin: dict[str, str] = {}
    for name, group in groups.items():
        for utterance in group:
            if utterance.id in origin:
                other = origin[utterance.id]
                raise UserError(f"utterance {utterance.id!r} is in {other} and in {name}; use either")
            origin[utterance.id] = name
    utterances = [utterance for group in groups.values() for utterance in group]
    if any(utterance.num_samples is None for utterance in utterances):
        return [replace(utterance, num_samples=None) for utterance in utterances]
    return utterances


def add_sibling(sets: dict[str, list[Utterance]], sibling: Path, corpus: str) -> None:
    """Add the prepared data of another recipe to the data sets (by name) of this one.

    ``train`` and ``valid`` are joined. The sibling's test sets, all that are called ``test...``, come
    besides, ``test`` as ``test_<corpus>``.

    Args:
        sets: of this recipe; they are extended.
        sibling: folder of the sibling's data directories, ``data`` or ``dump/raw``, or that of its recipe.
        corpus: name of the sibling.

    Raises:
        UserError: if the sibling has no prepared data, or one of its data directories is not valid.
    """
    roots = [root for root in (sibling, sibling / "data") if _is_prepared(root)]
    if not roots:
        raise UserError(
            f"--with_{corpus} {sibling}: there is no prepared {' and '.join(_JOINED)} in it; run stage 1"
            f" of the recipe {corpus} first"
        )
    for name in _JOINED:
        sets[name] = combine({"this corpus": sets[name], corpus: read_data_dir(roots[0] / name)})
    for path in sorted(roots[0].glob("test*/wav.scp")):
        name = path.parent.name
        sets[f"test_{corpus}" if name == "test" else name] = read_data_dir(path.parent)


def _is_prepared(root: Path) -> bool:
    return all((root / name / "wav.scp").exists() for name in _JOINED)


def refuse_pairs(pairs: Sequence[str], corpus: str) -> None:
    """Raise :class:`UserError` if a recipe is asked to translate ``pairs`` though its corpus has no translations."""
    if pairs:
        raise UserError(f"{corpus} is asked for {' '.join(pairs)} but has no translations; leave --st_pairs empty")


def check_languages(wanted: Sequence[str] | None, present: Sequence[str], corpus: str, option: str) -> None:
    """Raise :class:`UserError` if a recipe is asked for languages that its corpora do not have.

    Args:
        wanted: the languages asked for; None if nobody asked.
        present: those that there are.
        corpus: name of the corpus.
        option: that adds another corpus.
    """
    absent = [language for language in wanted or [] if language not in present]
    if absent:
        raise UserError(
            f"{corpus} is asked for {' '.join(absent)} but has {' '.join(present)} only; change --asr_langs,"
            f" or add a corpus by {option}"
        )
