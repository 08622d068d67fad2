"""Downloaded archives: a manifest of their checksums, and extraction of everything or nothing."""

import hashlib
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from espnet_soups.corpora.kaldi_table import replace_text
from espnet_soups.errors import UserError

MANIFEST = "SHA256SUMS"
_COMPLETE = ".complete"


def checksum(path: Path, algorithm: str = "sha256") -> str:
    """Return the hexadecimal digest of the file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def write_manifest(directory: Path, names: Sequence[str]) -> None:
    """Record the SHA-256 of the files ``names`` of ``directory``, in the format of ``sha256sum``."""
    lines = [f"{checksum(directory / name)}  {name}\n" for name in sorted(names)]
    replace_text(directory / MANIFEST, "".join(lines))


def intact_files(directory: Path) -> set[str]:
    """Return the files of the manifest of ``directory`` that are unchanged; delete those that are not."""
    manifest = directory / MANIFEST
    intact: set[str] = set()
    if not manifest.exists():
        return intact
    for line in manifest.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        file = directory / name
        if not file.exists():
            continue
        if checksum(file) == digest:
            intact.add(name)
        else:
            print(f"{file}: its checksum is not the one in {manifest}; it is fetched again")
            file.unlink()
    return intact


def extract_all(archives: Sequence[Path], target: Path) -> Path:
    """Extract ``archives`` (``.deb`` or ``.tar.gz``) into one folder of ``target`` each; return ``target``.

    Nothing is done when ``target`` was completely extracted from the same archives before.

    Raises:
        UserError: if an archive is damaged, or holds a member that would land outside its folder.
    """
    state = "".join(f"{checksum(archive)}  {archive.name}\n" for archive in sorted(archives))
    marker = target / _COMPLETE
    if marker.exists() and marker.read_text(encoding="utf-8") == state:
        return target
    temporary = target.with_name(f".{target.name}.tmp")
    for leftover in (temporary, target):
        if leftover.exists():
            shutil.rmtree(leftover)
    for archive in tqdm(archives, desc="extracting", unit="archive"):
        folder = temporary / archive.name.removesuffix(".deb").removesuffix(".tar.gz")
        folder.mkdir(parents=True)
        _extract(archive, folder)
    replace_text(temporary / _COMPLETE, state)
    temporary.rename(target)
    return target


def _extract(archive: Path, folder: Path) -> None:
    if archive.suffix == ".deb":
        _extract_deb(archive, folder)
        return
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except tarfile.FilterError as error:
        raise UserError(f"{archive}: the archive is not safe to extract ({error}); do not use it") from error
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UserError(f"{archive}: the archive is damaged ({error}); delete it and get it again") from error


def _extract_deb(archive: Path, folder: Path) -> None:
    if shutil.which("dpkg") is None:
        raise UserError(f"{archive}: the command dpkg is missing; extract the package elsewhere or use --source web")
    result = subprocess.run(["dpkg", "-x", str(archive), str(folder)], capture_output=True, text=True)
    if result.returncode != 0:
        raise UserError(f"{archive}: the package is damaged ({result.stderr.strip()}); delete it and get it again")
