"""Three ways to the corpus: a directory of the user's, Debian packages, release archives from the web."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from espnet_soups.corpora.asterisk import archives, debian, web
from espnet_soups.errors import UserError

type Source = Literal["auto", "debian", "web"]

_ARCHIVE = re.compile(r"asterisk-core-sounds-([a-z]+)[-_].*\.(?:deb|tar\.gz)")


def acquire(
    languages: Sequence[str],
    download_dir: Path,
    *,
    audio_dir: Path | None = None,
    source: Source = "auto",
    transcripts_only: Sequence[str] = (),
    base_url: str = web.BASE_URL,
    version: str = web.VERSION,
) -> Path:
    """Return a directory with the recordings and transcripts of ``languages``, getting them if need be.

    Args:
        languages: ISO codes.
        download_dir: where downloads and extracted archives are kept; what is there and intact is not fetched
            again.
        audio_dir: a directory of the user's; it holds ``.deb`` packages, release archives, or either of them
            extracted.
        source: where to get the corpus from without ``audio_dir``; ``auto`` tries Debian packages, then the
            web.
        transcripts_only: further languages of which only the transcripts are needed.

    Raises:
        UserError: if the corpus cannot be got.
    """
    if audio_dir is not None:
        return _from_directory(audio_dir, {*languages, *transcripts_only}, download_dir)
    if source in ("auto", "debian"):
        try:
            packages = debian.download_packages(
                debian.package_names(languages, transcripts_only), download_dir / "debian"
            )
            return archives.extract_all(packages, download_dir / "debian" / "extracted")
        except UserError as error:
            if source == "debian":
                raise
            print(f"Debian packages: {error}; now trying the web")
    names = web.archive_names([*languages, *transcripts_only], version)
    releases = web.download_archives(names, download_dir / "web", base_url)
    return archives.extract_all(releases, download_dir / "web" / "extracted")


def _from_directory(directory: Path, languages: set[str], download_dir: Path) -> Path:
    if not directory.is_dir():
        raise UserError(f"--audio_dir {directory} is not a directory; give the one with the Asterisk sounds")
    matches = [(file, _ARCHIVE.fullmatch(file.name)) for file in sorted(directory.iterdir())]
    packed = [file for file, match in matches if match is not None and match[1] in languages]
    if not packed:
        return directory
    return archives.extract_all(packed, download_dir / "user" / "extracted")
