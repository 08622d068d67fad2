"""Getting LibriSpeech: the user's copy, extracted or not, or else downloads from OpenSLR."""

from collections.abc import Sequence
from pathlib import Path

from espnet_soups.corpora.disk import require_space
from espnet_soups.corpora.download import Remote, bytes_to_fetch, obtain
from espnet_soups.corpora.librispeech.published import BASE_URL, LICENCE, archive
from espnet_soups.corpora.unpack import unpacked
from espnet_soups.errors import UserError

_FOLDER = "LibriSpeech"


def get_parts(
    parts: Sequence[str],
    download_dir: Path,
    *,
    audio_dir: Path | None = None,
    base_url: str = BASE_URL,
    remove_archives: bool = False,
) -> dict[str, Path]:
    """Return the folder of every part, downloading and extracting those that are missing.

    Args:
        parts: such as ``dev-clean``.
        download_dir: gets archives and, in ``LibriSpeech``, what they hold.
        audio_dir: a folder of the user's, with the parts or their archives, in itself or in ``LibriSpeech``;
            nothing is downloaded then, and nothing is written into it.
        base_url: where the archives are published.
        remove_archives: remove downloaded archives once they are extracted.

    Raises:
        UserError: if a part cannot be got.
    """
    folders = {part: _find(part, download_dir, audio_dir) for part in parts}
    missing = [part for part, folder in folders.items() if folder is None]
    remotes = {part: archive(part, base_url) for part in missing}
    if audio_dir is None and missing:
        _require_space(list(remotes.values()), download_dir, remove_archives)
    for part, remote in remotes.items():
        folders[part] = _extract(part, remote, download_dir, audio_dir)
        if remove_archives and audio_dir is None:
            (download_dir / remote.name).unlink()
    return {part: folder for part, folder in folders.items() if folder is not None}


def _find(part: str, download_dir: Path, audio_dir: Path | None) -> Path | None:
    own = [] if audio_dir is None else [audio_dir / _FOLDER / part, audio_dir / part]
    return next((folder for folder in [*own, download_dir / _FOLDER / part] if folder.is_dir()), None)


def _require_space(remotes: Sequence[Remote], download_dir: Path, remove_archives: bool) -> None:
    """Check the space for all parts at once, so that it does not run out after days."""
    download_dir.mkdir(parents=True, exist_ok=True)
    fetched = [bytes_to_fetch(remote, download_dir) for remote in remotes]
    content = sum(remote.size or 0 for remote in remotes)
    needed = content + (max(fetched) if remove_archives else sum(fetched))
    require_space(download_dir, needed, "downloading and extracting " + ", ".join(r.name for r in remotes))


def _extract(part: str, remote: Remote, download_dir: Path, audio_dir: Path | None) -> Path:
    packed = obtain(remote, download_dir, audio_dir, option="--audio_dir", licence=LICENCE, unpacked_ratio=1.0)
    target = download_dir / _FOLDER
    with unpacked(packed, download_dir) as folder:
        extracted = folder / _FOLDER
        if not (extracted / part).is_dir():
            raise UserError(f"{packed}: there is no folder {_FOLDER}/{part} in it; is it the right archive?")
        target.mkdir(exist_ok=True)
        for document in extracted.iterdir():
            if document.is_file():  # README.TXT, SPEAKERS.TXT and so on, the same in every archive
                document.replace(target / document.name)
        (extracted / part).rename(target / part)  # the last step: that it is there means that it is whole
    return target / part
