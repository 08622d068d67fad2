"""Getting CoVoST 2: the translations are downloaded, the recordings of Common Voice 4.0 are the user's."""

import os
from collections.abc import Iterable
from pathlib import Path

from espnet_soups.corpora.covost2.published import (
    BASE_URL,
    archive,
    common_voice_code,
    table_name,
)
from espnet_soups.corpora.download import Remote, obtain
from espnet_soups.corpora.unpack import unpacked
from espnet_soups.errors import UserError

RELEASE = "cv-corpus-4-2019-12-10"
HOMEPAGE = "https://commonvoice.mozilla.org/datasets"

_UNPACKED_RATIO = 6


def find_recordings(audio_dir: Path | None, languages: Iterable[str]) -> dict[str, Path]:
    """Return the Common Voice folder of every language: it has ``validated.tsv`` and ``clips``.

    Args:
        audio_dir: has a folder for each language, named as Common Voice names it; or a folder
            ``cv-corpus-4-2019-12-10`` that has them. None if the user gave none.
        languages: ISO codes.

    Raises:
        UserError: if one is missing; it says what to get, where, under which licence, and where to put it.
    """
    found: dict[str, Path] = {}
    missing = []
    for language in languages:
        code = common_voice_code(language)
        candidates = [] if audio_dir is None else [audio_dir / code, audio_dir / RELEASE / code]
        complete = [path for path in candidates if (path / "validated.tsv").is_file() and (path / "clips").is_dir()]
        if complete:
            found[language] = complete[0]
        else:
            missing.append(code)
    if missing:
        raise UserError(_what_to_get(audio_dir, missing))
    return found


def _what_to_get(audio_dir: Path | None, codes: list[str]) -> str:
    place = Path("COMMON_VOICE") if audio_dir is None else audio_dir
    where = "no folder with recordings is given" if audio_dir is None else f"{audio_dir} has no recordings"
    archives = ", ".join(f"{code}.tar.gz" for code in codes)
    return (
        f"{where} of {' '.join(codes)}: get 'Common Voice Corpus 4' ({RELEASE}, no other release; licence"
        f" CC0-1.0), that is {archives}, from {HOMEPAGE} or from someone who has a copy (there is no public"
        f" direct link any more), extract each into a folder of its own, so that"
        f" {place}/{codes[0]}/validated.tsv and {place}/{codes[0]}/clips are there, and name {place} in db.sh"
        f" (COMMON_VOICE) or by --audio_dir"
    )


def get_translations(
    pairs: Iterable[str],
    download_dir: Path,
    *,
    translations_dir: Path | None = None,
    base_url: str = BASE_URL,
) -> dict[str, Path]:
    """Return the tables of translations of ``pairs``, downloading and extracting them where they are missing.

    Args:
        pairs: such as ``fr-en``.
        download_dir: gets archives and tables.
        translations_dir: a folder of the user's that has the tables or their archives; nothing is downloaded
            then, and nothing is written into it.
        base_url: where the archives are published.

    Raises:
        UserError: if a table cannot be got.
    """
    return {pair: _get_table(pair, archive(pair, base_url), download_dir, translations_dir) for pair in pairs}


def _get_table(pair: str, remote: Remote, download_dir: Path, own_dir: Path | None) -> Path:
    name = table_name(pair)
    table = (own_dir or download_dir) / name
    if table.is_file():
        return table
    packed = obtain(
        remote,
        download_dir,
        own_dir,
        option="--translations_dir",
        licence="CC0-1.0",
        unpacked_ratio=_UNPACKED_RATIO,
    )
    with unpacked(packed, download_dir) as folder:
        extracted = next((path for path in folder.rglob(name) if path.is_file()), None)
        if extracted is None:
            raise UserError(f"{packed}: there is no {name} in it; is it the right archive?")
        os.replace(extracted, download_dir / name)
    return download_dir / name
