"""Getting the corpus as release archives from the web: resumable, checked by published checksums."""

import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from espnet_soups.corpora.asterisk.archives import checksum, intact_files, write_manifest
from espnet_soups.errors import UserError

BASE_URL = "https://downloads.asterisk.org/pub/telephony/sounds/releases"
VERSION = "1.6.1"

_ALGORITHMS = ("sha256", "sha1", "md5")
_ATTEMPTS = 3
_TIMEOUT_SECONDS = 60
_BLOCK_BYTES = 1 << 16


def archive_names(languages: Sequence[str], version: str = VERSION) -> list[str]:
    """Return the release archives with the transcripts and 16 kHz recordings of ``languages``."""
    return [f"asterisk-core-sounds-{language}-g722-{version}.tar.gz" for language in languages]


def download_archives(names: Sequence[str], directory: Path, base_url: str = BASE_URL) -> list[Path]:
    """Download the archives that ``directory`` does not have yet and return all of them.

    Raises:
        UserError: if an archive or its checksum cannot be downloaded, or they do not agree twice in a row.
    """
    directory.mkdir(parents=True, exist_ok=True)
    intact = intact_files(directory)
    for name in names:
        if name not in intact:
            _download_checked(f"{base_url}/{name}", directory / name)
            intact.add(name)
            write_manifest(directory, sorted(intact))
    return [directory / name for name in names]


def _download_checked(url: str, target: Path) -> None:
    algorithm, expected = _published_checksum(url)
    part = target.with_name(f"{target.name}.part")
    for _ in range(2):
        _download(url, part)
        if checksum(part, algorithm) == expected:
            part.rename(target)
            return
        print(f"{url}: the {algorithm} checksum of the download is wrong; it is fetched again from the start")
        part.unlink()
    raise UserError(f"{url}: the {algorithm} checksum is wrong twice in a row; try later or use --audio_dir")


def _published_checksum(url: str) -> tuple[str, str]:
    for algorithm in _ALGORITHMS:
        try:
            with urllib.request.urlopen(f"{url}.{algorithm}", timeout=_TIMEOUT_SECONDS) as response:
                content = response.read(_BLOCK_BYTES).decode("ascii", errors="replace")
        except urllib.error.HTTPError as error:
            if error.code != http.client.NOT_FOUND:
                raise UserError(f"{url}.{algorithm}: the server says {error}; try later or use --audio_dir") from error
            continue
        except (OSError, http.client.HTTPException) as error:
            raise UserError(f"{url}.{algorithm}: no connection ({error}); check it or use --audio_dir") from error
        digest = re.search(r"\b[0-9a-fA-F]{32,64}\b", content)
        if digest is not None:
            return algorithm, digest[0].lower()
    raise UserError(f"{url}: no checksum is published beside it, so it cannot be trusted; use --audio_dir")


def _download(url: str, part: Path) -> None:
    """Download to ``part``, going on where an earlier attempt stopped."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _continue_download(url, part)
            return
        except urllib.error.HTTPError as error:
            raise UserError(f"{url}: the server says {error}; check the version or use --audio_dir") from error
        except (OSError, http.client.HTTPException) as error:
            if attempt == _ATTEMPTS:
                raise UserError(f"{url}: the download stopped ({error}); start again to go on with it") from error
            time.sleep(attempt)


def _continue_download(url: str, part: Path) -> None:
    done = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and done:
            return  # there is nothing left to fetch; the checksum tells whether it is right
        raise
    with response:
        if response.status != http.client.PARTIAL_CONTENT:
            done = 0  # the server cannot resume and sends everything
        length = int(response.headers.get("Content-Length", 0))
        bar = tqdm(total=done + length, initial=done, desc=part.stem, unit="B", unit_scale=True)
        with bar, part.open("ab" if done else "wb") as file:
            while block := response.read(_BLOCK_BYTES):
                file.write(block)
                bar.update(len(block))
    if length and part.stat().st_size < done + length:
        raise http.client.IncompleteRead(b"", done + length - part.stat().st_size)
