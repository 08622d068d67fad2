"""Downloads of large files: resumed where they stopped, checked against published sums, never done twice."""

import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from espnet_soups.corpora.checksums import is_intact
from espnet_soups.corpora.disk import require_space
from espnet_soups.errors import UserError

_ATTEMPTS = 5
_TIMEOUT_SECONDS = 60
_BLOCK_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Remote:
    """A published file."""

    url: str
    size: int | None = None
    """In bytes; None if it is not known."""
    digest: str | None = None
    """Algorithm and hexadecimal digest, such as ``md5:2a93...``; None if none is published."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.url.rpartition("/")[2]


def marker_of(directory: Path, name: str) -> Path:
    """Return the file in ``directory`` that remembers that the archive ``name`` was checked."""
    return directory / f"{name}.checked"


def download(remote: Remote, directory: Path, *, by_hand: str) -> Path:
    """Return the file of ``remote`` in ``directory``, downloading it unless it is there and intact.

    Where no digest is published, that of the download is recorded, so that later damage is noticed.

    Args:
        remote: what to download.
        directory: where to; it is made if need be.
        by_hand: what the user can do if the download does not work; it ends the error's message.

    Raises:
        UserError: if the download fails, or the digest is wrong twice in a row.
    """
    directory.mkdir(parents=True, exist_ok=True)
    target, marker = directory / remote.name, marker_of(directory, remote.name)
    if target.exists():
        if is_intact(target, remote.digest, marker):
            return target
        print(f"{target}: its checksum is wrong; it is downloaded again")
    part = target.with_name(f"{target.name}.part")
    marker.unlink(missing_ok=True)
    for _ in range(2):
        _fetch(remote.url, part, by_hand)
        if is_intact(part, remote.digest, marker):
            part.rename(target)
            return target
        print(f"{remote.url}: the checksum of the download is wrong; it is downloaded again from the start")
        part.unlink()
    raise UserError(f"{remote.url}: the checksum is wrong twice in a row; {by_hand}")


def bytes_to_fetch(remote: Remote, directory: Path) -> int:
    """Return how much of ``remote`` is not in ``directory`` yet, 0 if its size is not known."""
    if (directory / remote.name).exists():
        return 0
    part = directory / f"{remote.name}.part"
    return max(0, (remote.size or 0) - (part.stat().st_size if part.exists() else 0))


def obtain(
    remote: Remote,
    download_dir: Path,
    own_dir: Path | None,
    *,
    option: str,
    licence: str,
    unpacked_ratio: float,
) -> Path:
    """Return the archive of ``remote``: the user's in ``own_dir``, or else a download in ``download_dir``.

    Args:
        remote: the archive.
        download_dir: gets what is downloaded, and the note that the archive was checked.
        own_dir: a folder of the user's; nothing is written into it, and nothing is downloaded if it is given.
        option: with which the user names ``own_dir``, for messages.
        licence: of the archive's content, for messages.
        unpacked_ratio: the size of the archive's content over its own.

    Raises:
        UserError: if the archive cannot be got, is not the published one, or the disk is too small for it
            and its content.
    """
    download_dir.mkdir(parents=True, exist_ok=True)
    if own_dir is None:
        content = int(unpacked_ratio * (remote.size or 0))
        needed = bytes_to_fetch(remote, download_dir) + content
        require_space(download_dir, needed, f"downloading and extracting {remote.name}")
        by_hand = f"get {remote.name} elsewhere (licence {licence}) and name its folder by {option}"
        return download(remote, download_dir, by_hand=by_hand)
    archive = own_dir / remote.name
    if not archive.is_file():
        raise UserError(
            f"{option} {own_dir}: neither {remote.name} is there nor what it holds; get it from {remote.url}"
            f" (licence {licence})"
        )
    content = int(unpacked_ratio * archive.stat().st_size)
    require_space(download_dir, content, f"extracting {archive}")
    if not is_intact(archive, remote.digest, marker_of(download_dir, remote.name)):
        raise UserError(f"{archive}: its checksum is not the published {remote.digest}; get it again")
    return archive


def _fetch(url: str, part: Path, by_hand: str) -> None:
    """Download to ``part``, going on where an earlier attempt stopped."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _resume(url, part)
            return
        except (OSError, http.client.HTTPException) as error:
            if _is_refused(error) or attempt == _ATTEMPTS:
                raise UserError(
                    f"{url}: the download failed ({error}); run again to go on where it stopped, or {by_hand}"
                ) from error
            time.sleep(attempt)


def _is_refused(error: Exception) -> bool:
    """Tell whether trying again is of no use."""
    return isinstance(error, urllib.error.HTTPError) and error.code < http.client.INTERNAL_SERVER_ERROR


def _resume(url: str, part: Path) -> None:
    done = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and done:
            return  # nothing is left to fetch; the checksum tells whether it is right
        raise
    with response:
        if response.status != http.client.PARTIAL_CONTENT:
            done = 0  # the server cannot resume and sends everything
        length = int(response.headers.get("Content-Length", 0))
        total = done + length
        bar = tqdm(total=total, initial=done, desc=part.stem, unit="B", unit_scale=True, mininterval=1)
        with bar, part.open("ab" if done else "wb") as file:
            while block := response.read(_BLOCK_BYTES):
                file.write(block)
                bar.update(len(block))
    missing = total - part.stat().st_size
    if length and missing > 0:
        raise http.client.IncompleteRead(b"", missing)
