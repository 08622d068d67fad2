"""From what a user calls a model to a folder on this machine."""

import hashlib
import os
import re
from pathlib import Path

from espnet_soups.errors import UserError
from espnet_soups.zoo.members import MOST_BYTES, extract, opened_archive

_TAG = re.compile(r"[^/@\s.][^/@]*/[^/@]+(@[\w./-]+)?")
"""Owners in the zoo may have blanks in their names."""
_HUB = "https://huggingface.co/"
_BLOCK = 1 << 20
_TIMEOUT_SECONDS = 60


def default_cache() -> Path:
    """Where unpacked models stay: ``$ESPNET_SOUPS_CACHE``, or ``espnet_soups`` in the user's cache folder."""
    if own := os.environ.get("ESPNET_SOUPS_CACHE"):
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "espnet_soups"


def locate(source: str | Path, cache: Path) -> Path:
    """Return the folder of a model, fetched and unpacked into ``cache`` where that is needed.

    A zip is known by its content: the same content is unpacked once, another one at the same path anew.

    Args:
        source: a folder, a zip, the URL of a zip, a tag of ESPnet's model zoo, or ``owner/name`` or
            ``owner/name@revision`` on the Hugging Face Hub.

    Raises:
        UserError: if there is no such model, or its archive is refused.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        return path
    if path.is_file():
        return _unpacked(path, cache)
    name = str(source)
    if name.startswith(("http://", "https://")) and not name.startswith(_HUB):
        return _unpacked(_downloaded(name, cache), cache)
    if (_TAG.fullmatch(name) and not name.endswith(".zip")) or name.startswith(_HUB):
        return _by_tag(name, cache)
    raise UserError(f"{source} is neither a file or folder, nor a URL, nor the tag (owner/name) of a model.")


def _unpacked(archive: Path, cache: Path) -> Path:
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    folder = cache / digest
    if not folder.is_dir():
        extract(archive, folder)
    return folder


def _downloaded(url: str, cache: Path) -> Path:
    """The file at ``url``, downloaded once."""
    import requests
    from tqdm import tqdm

    target = cache / "downloads" / f"{hashlib.blake2b(url.encode(), digest_size=16).hexdigest()}.zip"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{os.getpid()}.part")
    try:
        with requests.get(url, stream=True, timeout=_TIMEOUT_SECONDS) as response, part.open("wb") as file:
            response.raise_for_status()
            size = int(response.headers.get("Content-Length", 0))
            done = 0
            with tqdm(total=size or None, desc="download", unit="B", unit_scale=True) as bar:
                for block in response.iter_content(_BLOCK):
                    done += file.write(block)
                    if done > MOST_BYTES:
                        raise UserError(f"{url} has more than {MOST_BYTES} bytes; it is not a model.")
                    bar.update(len(block))
        if size and done < size and not response.headers.get("Content-Encoding"):
            raise UserError(f"{url}: the download ended after {done} of {size} bytes; try again.")
        _check_archive(part, url)
        part.rename(target)
    except (requests.RequestException, OSError) as error:
        raise UserError(f"{url} cannot be downloaded ({error}).") from error
    finally:
        part.unlink(missing_ok=True)
    return target


def _check_archive(archive: Path, url: str) -> None:
    """Raise a UserError about ``url`` unless it gave an archive: what is kept is never asked for again."""
    try:
        with opened_archive(archive):
            pass
    except UserError as error:
        raise UserError(str(error).replace(str(archive), url)) from error


def _by_tag(tag: str, cache: Path) -> Path:
    """A model by its tag: the zoo's table says where it lies, and what it does not know is on the Hub."""
    from espnet_model_zoo.downloader import ModelDownloader

    url = ModelDownloader(cache / "zoo").get_url(tag)
    if url.startswith(("http://", "https://")) and not url.startswith(_HUB):
        return _unpacked(_downloaded(url, cache), cache)
    name = (url if url.startswith(_HUB) and len(url) > len(_HUB) else tag).removeprefix(_HUB).rstrip("/")
    return _from_hub(name)


def _from_hub(name: str) -> Path:
    """A snapshot in Hugging Face's own cache, which other programs share."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (  # type: ignore[attr-defined]
        HFValidationError,
        HTTPError,
        LocalEntryNotFoundError,
    )

    repository, _, revision = name.partition("@")
    try:
        return Path(snapshot_download(repository, revision=revision or None, library_name="espnet"))
    except (HTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"There is no model '{name}' in the zoo, nor can it be got from the Hub ({reason}).") from error
