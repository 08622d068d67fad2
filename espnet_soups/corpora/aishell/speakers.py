"""The recordings of AISHELL-1 come as one archive per speaker, which are extracted in several processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.corpora.aishell.published import SPLITS
from espnet_soups.corpora.disk import require_space
from espnet_soups.corpora.parallel import map_parallel
from espnet_soups.corpora.unpack import unpacked
from espnet_soups.errors import UserError

_SUFFIX = ".tar.gz"
RATIO = 1.4
"""The size of the recordings over that of their archives, about."""


@dataclass(frozen=True, slots=True)
class _Speaker:
    """The task of extracting one speaker's archive to ``speech``."""

    archive: Path
    speech: Path
    remove: bool


def extract_speakers(source: Path, speech: Path, others: Sequence[Path], nj: int) -> None:
    """Extract the archives of ``source`` to ``speech/{train,dev,test}/<speaker>``.

    A speaker whose folder is there, in ``speech`` or one of ``others``, is not extracted again: folders
    appear only when they are whole, so that the work can be stopped at any time. Archives that lie in
    ``speech`` itself are removed once they are extracted: the downloaded archive holds them too.

    Raises:
        UserError: if an archive is damaged, or the disk is too small.
    """
    there = {path.name for root in {speech, *others} for split in SPLITS for path in root.glob(f"{split}/*")}
    archives = [file for file in sorted(source.glob(f"*{_SUFFIX}")) if _name(file) not in there]
    if not archives:
        return
    remove = source == speech
    speech.mkdir(parents=True, exist_ok=True)
    size = sum(file.stat().st_size for file in archives)
    require_space(speech, int((RATIO - remove) * size), "extracting the speakers' archives")
    tasks = [_Speaker(archive, speech, remove) for archive in archives]
    list(map_parallel(_extract, tasks, nj=nj, label="extracting speakers", unit="speaker"))


def _name(archive: Path) -> str:
    return archive.name.removesuffix(_SUFFIX)


def _extract(task: _Speaker) -> None:
    with unpacked(task.archive, task.speech, show=False) as folder:
        found = next(iter(folder.glob(f"*/{_name(task.archive)}")), None)
        if found is None or found.parent.name not in SPLITS:
            raise UserError(
                f"{task.archive}: there is no folder {'|'.join(SPLITS)}/{_name(task.archive)} in it;"
                " is it an archive of AISHELL-1?"
            )
        target = task.speech / found.parent.name
        target.mkdir(exist_ok=True)
        found.rename(target / found.name)
    if task.remove:
        task.archive.unlink()
