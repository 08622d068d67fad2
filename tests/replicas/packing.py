"""Archives as the corpora's publishers make them."""

import tarfile
from collections.abc import Mapping
from pathlib import Path


def pack(archive: Path, members: Mapping[str, Path]) -> Path:
    """Write the files and folders ``members``, by their names in it, to a ``.tar.gz``; return it."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz") as tar:
        for name, path in members.items():
            tar.add(path, name)
    return archive
