"""Getting AISHELL-1: the user's copy, extracted or not, or else a download from OpenSLR."""

from dataclasses import dataclass
from pathlib import Path

from espnet_soups.corpora.aishell.published import BASE_URL, LICENCE, archive
from espnet_soups.corpora.aishell.speakers import RATIO, extract_speakers
from espnet_soups.corpora.download import obtain
from espnet_soups.corpora.unpack import unpacked
from espnet_soups.errors import UserError

_FOLDER = Path("data_aishell")
_TRANSCRIPT = Path("transcript", "aishell_transcript_v0.8.txt")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Where the corpus is."""

    transcript: Path
    speech: tuple[Path, ...]
    """Folders with ``{train,dev,test}/<speaker>/*.wav``; together they have all speakers."""


def get_corpus(
    download_dir: Path,
    *,
    audio_dir: Path | None = None,
    base_url: str = BASE_URL,
    remove_archives: bool = False,
    nj: int = 1,
) -> Corpus:
    """Return where the corpus is, downloading and extracting what is missing.

    Args:
        download_dir: gets the archive and, in ``data_aishell``, what it holds.
        audio_dir: a folder of the user's that has ``data_aishell`` or ``data_aishell.tgz``, or is
            ``data_aishell`` itself; nothing is downloaded then, and nothing is written into it.
        base_url: where the archive is published.
        remove_archives: remove the downloaded archive once it is extracted.
        nj: number of processes that extract the speakers' archives.

    Raises:
        UserError: if the corpus cannot be got.
    """
    ours = download_dir / _FOLDER
    candidates = [*([] if audio_dir is None else [audio_dir / _FOLDER, audio_dir]), ours]
    corpus = next((folder for folder in candidates if (folder / _TRANSCRIPT).is_file()), None)
    if corpus is None:
        _unpack_corpus(ours, download_dir, audio_dir, base_url, remove_archives)
        corpus = ours
    extract_speakers(corpus / "wav", ours / "wav", [corpus / "wav"], nj)
    folders = dict.fromkeys([corpus / "wav", ours / "wav"])
    return Corpus(corpus / _TRANSCRIPT, tuple(folder for folder in folders if folder.is_dir()))


def _unpack_corpus(
    target: Path, download_dir: Path, audio_dir: Path | None, base_url: str, remove_archives: bool
) -> None:
    remote = archive(base_url)
    packed = obtain(remote, download_dir, audio_dir, option="--audio_dir", licence=LICENCE, unpacked_ratio=RATIO)
    with unpacked(packed, download_dir) as folder:
        if not (folder / _FOLDER / _TRANSCRIPT).is_file():
            raise UserError(f"{packed}: there is no {_FOLDER / _TRANSCRIPT} in it; is it the right archive?")
        if target.exists():
            raise UserError(f"{target}: it has no {_TRANSCRIPT}; move the folder away, so that it can be made anew")
        (folder / _FOLDER).rename(target)
    if remove_archives and audio_dir is None:
        packed.unlink()
