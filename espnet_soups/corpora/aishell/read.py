"""Reading AISHELL-1: folders ``{train,dev,test}/<speaker>`` with recordings, and one file of all transcripts.

Lines of the report (:mod:`espnet_soups.corpora.row_report`) are those on transcripts
(:mod:`espnet_soups.corpora.transcripts`), on audio (:mod:`espnet_soups.corpora.audio_files`), and:

=======  =========================  ==========================================================================
action   reason                     when, and the detail
=======  =========================  ==========================================================================
skipped  no transcript              a recording that the transcripts do not have; the corpus has 325 of them
skipped  no recording               a transcript whose recording is in no folder
skipped  not a recording's name     a file in a speaker's folder that is not called as the speaker's are
=======  =========================  ==========================================================================
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from espnet_soups.corpora.aishell.published import SPLITS
from espnet_soups.corpora.data_dir import Utterance
from espnet_soups.corpora.row_report import RowReport
from espnet_soups.corpora.transcripts import NO_TRANSCRIPT, read_transcripts
from espnet_soups.errors import UserError
from espnet_soups.text.normalize import Case

LANGUAGE = "zh"
NO_RECORDING = "no recording"
NOT_A_NAME = "not a recording's name"

_ID = re.compile(r"BAC\d+(S\d{4})W\d+")


class Reader:
    """Reads the corpus and counts its recordings.

    Args:
        transcript: the file of transcripts.
        speech: folders that hold the splits.
        report: gets what is not used as it stands.
        case: the form that the transcripts get.
    """

    def __init__(self, transcript: Path, speech: Sequence[Path], report: RowReport, case: Case) -> None:
        self.recordings = 0
        """With and without a transcript, so far."""
        self._transcript, self._report, self._case = transcript, report, case
        self._speech = [folder.absolute() for folder in speech]

    def utterances(self) -> Iterator[tuple[str, Utterance]]:
        """Yield split and utterance of all recordings that have a transcript.

        Raises:
            UserError: if the transcripts cannot be read, or there is no speaker's folder.
        """
        name = self._transcript.name
        texts = read_transcripts(
            self._transcript, _ID, LANGUAGE, self._case, self._report, name=name, group="transcripts"
        )
        speakers = sorted({path for folder in self._speech for path in folder.glob("*/*") if _is_speaker(path)})
        if not speakers:
            raise UserError(f"{self._transcript.parent.parent}: there is no folder wav/{{train,dev,test}}/<speaker>")
        for speaker in speakers:
            yield from self._read_speaker(speaker, texts)
        for identifier in texts:  # those that were found are not in it any more
            self._report.add("skipped", NO_RECORDING, name, group="transcripts", item=identifier)

    def _read_speaker(self, folder: Path, texts: dict[str, str]) -> Iterator[tuple[str, Utterance]]:
        split = folder.parent.name
        speaker = f"{LANGUAGE}-{folder.name}"
        for path in sorted(folder.iterdir()):
            match = _ID.fullmatch(path.stem)
            where = f"wav/{split}/{folder.name}/{path.name}"
            if path.suffix != ".wav" or match is None or match[1] != folder.name:
                self._report.add("skipped", NOT_A_NAME, where, group=split)
                continue
            self.recordings += 1
            text = texts.pop(path.stem, None)
            if text is None:
                self._report.add("skipped", NO_TRANSCRIPT, where, group=split, item=path.stem)
                continue
            yield split, Utterance(f"{speaker}-{path.stem}", path, speaker, LANGUAGE, text)


def _is_speaker(path: Path) -> bool:
    return path.parent.name in SPLITS and re.fullmatch(r"S\d{4}", path.name) is not None and path.is_dir()
