"""Extraction of large ``.tar.gz`` archives: safe, with progress, and either all of it or nothing."""

import gzip
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from tqdm import tqdm

from espnet_soups.errors import UserError

_BLOCK_BYTES = 1 << 20


@contextmanager
def unpacked(archive: Path, beside: Path, *, show: bool = True) -> Iterator[Path]:
    """Extract ``archive`` to a temporary folder in ``beside``, yield that, and remove what is left of it.

    The caller moves what it wants out of the folder in single steps, so that nothing half-extracted is ever
    where it could be taken for whole. What an interrupted extraction left is removed first.

    Args:
        archive: a ``.tar.gz`` file.
        beside: a folder on the file system where the content will stay.
        show: show the progress.

    Raises:
        UserError: if the archive is damaged, or holds something that would land outside the folder.
    """
    beside.mkdir(parents=True, exist_ok=True)
    folder = beside / f".{archive.name}.tmp"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    try:
        _extract(archive, folder, show)
        yield folder
    finally:
        shutil.rmtree(folder)


def _extract(archive: Path, folder: Path, show: bool) -> None:
    bar: dict[str, Any] = {"desc": archive.name, "unit": "B", "unit_scale": True, "disable": not show}
    try:
        with (
            archive.open("rb") as raw,
            tqdm.wrapattr(raw, "read", total=archive.stat().st_size, **bar) as watched,
            gzip.GzipFile(fileobj=cast("IO[bytes]", watched)) as content,
        ):
            with tarfile.open(fileobj=content, mode="r|") as tar:
                tar.extractall(folder, filter="data")
            while content.read(_BLOCK_BYTES):
                pass  # the checksum that gzip wrote stands at the very end
    except tarfile.FilterError as error:
        raise UserError(f"{archive}: the archive is not safe to extract ({error}); do not use it") from error
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{archive}: the archive is damaged ({error}); delete it and get it again") from error
    except OSError as error:
        raise UserError(f"{archive}: it cannot be extracted to {folder} ({error})") from error
