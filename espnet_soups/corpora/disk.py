"""Free disk space is checked before it is needed, not when it is gone."""

import shutil
from pathlib import Path

from espnet_soups.errors import UserError

_GIB = 1 << 30
_RESERVE_BYTES = _GIB


def require_space(directory: Path, needed: int, purpose: str) -> None:
    """Raise :class:`UserError` unless the disk of ``directory`` has ``needed`` bytes, and 1 GiB besides.

    Args:
        directory: where the files will be; it exists.
        needed: number of bytes; nothing is checked if it is not positive.
        purpose: what the space is for, such as "extracting train.tar.gz".
    """
    free = shutil.disk_usage(directory).free
    if needed > 0 and free < needed + _RESERVE_BYTES:
        raise UserError(
            f"{directory}: {purpose} needs {(needed + _RESERVE_BYTES) / _GIB:.1f} GiB of free disk,"
            f" {free / _GIB:.1f} GiB are free; make room or use another folder"
        )
