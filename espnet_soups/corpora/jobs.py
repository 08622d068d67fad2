"""Long work on many audio files: in parallel, with progress, restartable without doing it twice."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

from espnet_soups.corpora.kaldi_table import replace_text
from espnet_soups.errors import UserError

_JOURNAL = ".journal.jsonl"


@dataclass(frozen=True, slots=True)
class Job[T]:
    """One output file and what it is made from."""

    output: Path
    signature: str
    """Names the sources and settings of the work: a job with the same output and signature is done once."""
    task: T
    """What the worker gets; it must be picklable."""


def file_signature(path: Path) -> str:
    """Return a string that changes when the file changes; that of a missing file says so."""
    try:
        status = path.stat()
    except OSError:
        return f"{path} missing"
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def audio_signature(path: Path) -> str:
    """Return :func:`file_signature` of an entry of ``wav.scp``, which may be ``FILE.ark:OFFSET``."""
    archive, colon, offset = str(path).rpartition(":")
    return file_signature(Path(archive)) + f" {offset}" if colon and offset.isdigit() else file_signature(path)


def output_path(directory: Path, speaker: str, identifier: str, suffix: str) -> Path:
    """Return the file for an utterance, in a folder per speaker; slashes in ids are escaped."""
    folder, name = (part.replace("%", "%25").replace("/", "%2F") for part in (speaker, identifier))
    return directory / folder / f"{name}{suffix}"


def run_jobs[T, R](jobs: Sequence[Job[T]], work: Callable[[T], R], *, directory: Path, nj: int, label: str) -> list[R]:
    """Return ``work(job.task)`` for every job, in order, whatever the number of processes ``nj``.

    ``work`` is a module-level function that writes ``job.output`` (or, if its result says why not, nothing)
    and returns something that JSON can hold. A journal in ``directory`` remembers finished jobs; files that
    it says were written here and that no job makes any more are deleted.

    Raises:
        UserError: if ``nj`` is not positive; also whatever ``work`` raises.
    """
    if nj < 1:
        raise UserError(f"--nj is {nj}; give at least one process")
    directory.mkdir(parents=True, exist_ok=True)
    journal = _read_journal(directory / _JOURNAL)
    results: dict[int, R] = {}
    for index, job in enumerate(jobs):
        entry = journal.get(str(job.output))
        if entry is not None and _is_done(entry, job):
            results[index] = entry["result"]
    pending = [index for index in range(len(jobs)) if index not in results]
    with (directory / _JOURNAL).open("a", encoding="utf-8") as lines:
        for index, result in _execute(jobs, pending, work, nj, label):
            results[index] = result
            lines.write(_entry(jobs[index], result))
            lines.flush()
    _remove_stale(journal, {str(job.output) for job in jobs})
    replace_text(directory / _JOURNAL, "".join(_entry(job, results[i]) for i, job in enumerate(jobs)))
    return [results[index] for index in range(len(jobs))]


def _execute[T, R](
    jobs: Sequence[Job[T]], pending: Sequence[int], work: Callable[[T], R], nj: int, label: str
) -> Iterator[tuple[int, R]]:
    progress = tqdm(
        total=len(jobs),
        initial=len(jobs) - len(pending),
        desc=label,
        unit="file",
        disable=not pending,
        mininterval=1,
    )
    with progress:
        if nj == 1:
            for index in pending:
                yield index, work(jobs[index].task)
                progress.update()
            return
        with ProcessPoolExecutor(nj, mp_context=get_context("spawn")) as pool:
            futures = {pool.submit(work, jobs[index].task): index for index in pending}
            try:
                for future in as_completed(futures):
                    yield futures[future], future.result()
                    progress.update()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def _entry(job: Job[Any], result: Any) -> str:
    written = job.output.exists()
    entry = {"output": str(job.output), "signature": job.signature, "written": written, "result": result}
    return json.dumps(entry) + "\n"


def _is_done(entry: dict[str, Any], job: Job[Any]) -> bool:
    return entry["signature"] == job.signature and entry["written"] == job.output.exists()


def _read_journal(path: Path) -> dict[str, dict[str, Any]]:
    """Read the finished jobs by output; a last line that was cut off by a stop does not count."""
    if not path.exists():
        return {}
    content = path.read_text(encoding="utf-8")
    complete = content[: content.rfind("\n") + 1]
    if complete != content:
        replace_text(path, complete)
    entries = [json.loads(line) for line in complete.splitlines()]
    return {entry["output"]: entry for entry in entries}


def _remove_stale(journal: dict[str, dict[str, Any]], wanted: set[str]) -> None:
    for output, entry in journal.items():
        if entry["written"] and output not in wanted:
            Path(output).unlink(missing_ok=True)
