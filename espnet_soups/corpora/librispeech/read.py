"""Reading a part of LibriSpeech: folders ``<reader>/<chapter>`` with recordings and one file of transcripts.

Lines of the report (:mod:`espnet_soups.corpora.row_report`) are those on transcripts
(:mod:`espnet_soups.corpora.transcripts`), on audio (:mod:`espnet_soups.corpora.audio_files`), and
``no transcript`` for recordings that the transcripts of their chapter do not have.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from espnet_soups.corpora.data_dir import Utterance
from espnet_soups.corpora.row_report import RowReport
from espnet_soups.corpora.transcripts import NO_TRANSCRIPT, read_transcripts
from espnet_soups.errors import UserError
from espnet_soups.text.normalize import Case

LANGUAGE = "en"


def read_part(folder: Path, report: RowReport, case: Case) -> Iterator[Utterance]:
    """Yield the utterances of the part ``folder`` that have a transcript, whether or not they have audio.

    The speaker of an utterance is reader and chapter together, as in Kaldi's recipe: a reader's chapters were
    recorded at different times.

    Raises:
        UserError: if the folder has no chapter.
    """
    folder = folder.absolute()
    readers = [reader for reader in folder.iterdir() if reader.is_dir()]
    chapters = sorted(chapter for reader in readers for chapter in reader.iterdir() if chapter.is_dir())
    if not chapters:
        raise UserError(f"{folder}: there is no folder <reader>/<chapter> in it; is it a part of LibriSpeech?")
    for chapter in chapters:
        yield from _read_chapter(chapter, report, case)


def _read_chapter(chapter: Path, report: RowReport, case: Case) -> Iterator[Utterance]:
    part, reader = chapter.parent.parent.name, chapter.parent.name
    place = f"{part}/{reader}/{chapter.name}"
    name = f"{reader}-{chapter.name}"
    file = chapter / f"{name}.trans.txt"
    ids = re.compile(rf"{re.escape(name)}-\d+")
    texts = {}
    if file.exists():
        texts = read_transcripts(file, ids, LANGUAGE, case, report, name=f"{place}/{file.name}", group=part)
    recorded = {path.stem for path in chapter.iterdir() if path.suffix == ".flac"}
    for identifier in sorted(recorded - texts.keys()):
        report.add(
            "skipped",
            NO_TRANSCRIPT,
            f"{place}/{identifier}.flac",
            group=part,
            item=identifier,
            detail=file.name,
        )
    for identifier, text in texts.items():
        yield Utterance(
            id=f"{LANGUAGE}-{identifier}",
            audio=chapter / f"{identifier}.flac",
            speaker=f"{LANGUAGE}-{name}",
            language=LANGUAGE,
            text=text,
        )
