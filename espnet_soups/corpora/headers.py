"""Lengths of audio files from their headers, without decoding; files that cannot be used are told apart."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

import soundfile

from espnet_soups.corpora.audio import AudioError, read_audio
from espnet_soups.corpora.jobs import Job, file_signature, run_jobs
from espnet_soups.corpora.truncation import declared_size, is_cut_off

UNREADABLE = "audio is unreadable"
CUT_OFF = "audio is cut off"

_FILES_PER_JOB = 500
_UNKNOWN_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why an audio file cannot be used."""

    reason: str
    """:data:`UNREADABLE` or :data:`CUT_OFF`."""
    detail: str


def read_headers(paths: Sequence[Path], directory: Path, nj: int) -> Iterator[int | Unusable]:
    """Yield the number of samples of every file, or why it cannot be used.

    Args:
        paths: of existing files.
        directory: remembers what was read, so that the work can be stopped and goes on where it was.
        nj: number of processes.
    """
    jobs = []
    for number, part in enumerate(batched(paths, _FILES_PER_JOB)):
        signatures = "\n".join(map(file_signature, part))
        state = hashlib.sha256(signatures.encode(errors="surrogateescape")).hexdigest()
        # The output is never written: only the journal is of interest.
        jobs.append(Job(directory / f"{number}", state, part))
    for results in run_jobs(jobs, _read_part, directory=directory, nj=nj, label="reading audio headers"):
        for result in results:
            yield result if isinstance(result, int) else Unusable(*result)


def _read_part(paths: tuple[Path, ...]) -> list[int | tuple[str, str]]:
    return [_read(path) for path in paths]


def _read(path: Path) -> int | tuple[str, str]:
    try:
        size, declared = path.stat().st_size, declared_size(path)
        if is_cut_off(size, declared):
            return CUT_OFF, f"{size} of {declared} bytes"
        frames = _count_samples(path)
    except (OSError, AudioError, soundfile.LibsndfileError) as error:
        return UNREADABLE, str(error).replace(f"{path}", path.name)
    return frames if frames > 0 else (UNREADABLE, "it holds no audio")


def _count_samples(path: Path) -> int:
    try:
        return int(soundfile.info(path).frames)
    except soundfile.LibsndfileError as error:
        if error.code != _UNKNOWN_FORMAT:
            raise
        return len(read_audio(path)[0])  # a format that only FFmpeg knows
