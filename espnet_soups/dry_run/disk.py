"""The disk space that the planned stages will take, as far as it can be told before."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from espnet_soups.corpora.audio import RATE, read_audio
from espnet_soups.corpora.data_dir import read_data_dir
from espnet_soups.corpora.disk import require_space

_BYTES_PER_SAMPLE = 2
_BYTES_PER_PARAMETER = 4


def checkpoint_bytes(parameters: int, trained: int, nbest: int) -> int:
    """Return the size of a training's files: epochs that are kept, their average, the last one and its checkpoint.

    Args:
        parameters: of the model.
        trained: of them; Adam-like optimisers keep two numbers for each.
        nbest: epochs that are kept.
    """
    models = nbest + 3  # besides: the average, the epoch that is about to go, the model within the checkpoint
    return _BYTES_PER_PARAMETER * (models * parameters + 2 * trained)


def audio_bytes(directories: Iterable[Path]) -> int | None:
    """Return an upper bound of the formatted audio of data directories; None if their lengths are not known yet.

    All recordings of a directory are taken to have the sampling rate of the first.
    """
    seconds = 0.0
    for directory in directories:
        utterances = read_data_dir(directory) if directory.is_dir() else []
        lengths = [utterance.num_samples for utterance in utterances if utterance.num_samples is not None]
        if not lengths:
            return None
        seconds += sum(lengths) / read_audio(utterances[0].audio)[1]
    return round(_BYTES_PER_SAMPLE * RATE * seconds)


def check_disk(needs: Sequence[tuple[Path, int | None, str]]) -> str:
    """Check the space of (folder, bytes, purpose); return a line for each.

    Raises:
        UserError: if a disk is too small.
    """
    lines = []
    for folder, size, purpose in needs:
        if size is None:
            lines.append(f"  {purpose}: not known before the lengths of the recordings are")
            continue
        require_space(_existing(folder), size, purpose)
        lines.append(f"  {purpose}: {size / (1 << 30):.2f} GiB at most, which are free")
    return "\n".join(lines)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
