"""The same work on many things, in several processes, with progress."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import batched
from multiprocessing import get_context
from pathlib import Path
from stat import S_ISREG

from tqdm import tqdm

from espnet_soups.errors import UserError

_FILES_PER_TASK = 1000


def map_parallel[T, R](work: Callable[[T], R], tasks: Sequence[T], *, nj: int, label: str, unit: str) -> Iterator[R]:
    """Yield ``work(task)`` for all ``tasks``, in order, whatever the number of processes ``nj``.

    ``work`` is a module-level function.

    Raises:
        UserError: if ``nj`` is not positive; also whatever ``work`` raises.
    """
    check_nj(nj)
    bar = tqdm(total=len(tasks), desc=label, unit=unit, mininterval=1, disable=not tasks)
    with bar:
        if nj == 1 or len(tasks) < 2:
            for task in tasks:
                yield work(task)
                bar.update()
            return
        with ProcessPoolExecutor(nj, mp_context=get_context("spawn")) as pool:
            try:
                for result in pool.map(work, tasks):
                    yield result
                    bar.update()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def file_sizes(paths: Sequence[Path], nj: int) -> Iterator[int | None]:
    """Yield the sizes of ``paths`` in bytes, None for those that are no files; none is opened.

    The work is waiting for the file system, so that ``nj`` threads do it.
    """
    check_nj(nj)
    with ThreadPoolExecutor(nj) as pool:
        for sizes in pool.map(_sizes, batched(paths, _FILES_PER_TASK)):
            yield from sizes


def check_nj(nj: int) -> None:
    """Raise :class:`UserError` unless the number of processes is positive."""
    if nj < 1:
        raise UserError(f"--nj is {nj}; give at least one process")


def _sizes(paths: tuple[Path, ...]) -> list[int | None]:
    return [_size(path) for path in paths]


def _size(path: Path) -> int | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size if S_ISREG(status.st_mode) else None
