"""Getting the corpus as Debian packages: apt verifies them, nothing is installed, no root is needed."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from espnet_soups.corpora.asterisk.archives import intact_files, write_manifest
from espnet_soups.errors import UserError


def package_names(languages: Sequence[str], transcripts_only: Sequence[str] = ()) -> list[str]:
    """Return the packages with the transcripts and the 16 kHz recordings of ``languages``."""
    names = [f"asterisk-core-sounds-{language}" for language in (*languages, *transcripts_only)]
    return sorted([*names, *(f"asterisk-core-sounds-{language}-g722" for language in languages)])


def download_packages(packages: Sequence[str], directory: Path) -> list[Path]:
    """Download the packages that ``directory`` does not have yet and return all their ``.deb`` files.

    The package lists of the system are used where they know the packages, else lists of our own below
    ``directory``.

    Raises:
        UserError: if this is not a Debian-like system, or a package cannot be downloaded.
    """
    for command in ("apt-get", "dpkg"):
        if shutil.which(command) is None:
            raise UserError(f"the command {command} is missing, so Debian packages cannot be used; try --source web")
    directory = directory.absolute()
    directory.mkdir(parents=True, exist_ok=True)
    intact = intact_files(directory)
    found = {name.partition("_")[0]: name for name in intact}
    missing = [package for package in packages if package not in found]
    options = _private_options(directory) if (directory / "apt").exists() else []
    for package in tqdm(missing, desc="downloading packages", unit="package", disable=not missing):
        error = _apt(["download", package], options, directory)
        if error is not None and not options:
            options = _private_options(directory)
            update_error = _apt(["update"], options, directory)
            error = update_error or _apt(["download", package], options, directory)
        if error is not None:
            raise UserError(
                f"apt-get cannot download {package} ({error}); check the network and the apt sources (perhaps"
                " run 'apt-get update' as root), or try --source web or --audio_dir"
            )
        found[package] = _downloaded_file(package, directory)
        write_manifest(directory, sorted({*intact, *found.values()}))
    return [directory / found[package] for package in packages]


def _downloaded_file(package: str, directory: Path) -> str:
    files = sorted(directory.glob(f"{package}_*.deb"), key=lambda file: file.stat().st_mtime)
    if not files:
        raise UserError(f"apt-get said it downloaded {package}, but {directory} has no such package; try --source web")
    return files[-1].name


def _private_options(directory: Path) -> list[str]:
    """Make apt keep its package lists below ``directory``, where no root is needed."""
    base = directory / "apt"
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    settings = {
        "Dir::State": base / "state",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": base / "cache",
        "Debug::NoLocking": "1",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def _apt(arguments: Sequence[str], options: Sequence[str], directory: Path) -> str | None:
    """Run apt-get in ``directory`` and return its last error message, or None."""
    # As root, apt would drop its privileges to a user that may not be allowed to write here.
    sandbox = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    command = ["apt-get", *sandbox, *options, *arguments]
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    if result.returncode == 0:
        return None
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"exit status {result.returncode}"
