"""Audio files are looked at before an utterance is used, and opened only where that is asked for.

Lines of the report (:mod:`espnet_soups.corpora.row_report`), all skipped, with the audio as ``file``:

====================  =============================================================
reason                detail
====================  =============================================================
audio is missing      ``no such file``
audio is empty        ``0 bytes``
audio is unreadable   what the decoder says (only if headers are read)
audio is cut off      ``SIZE of DECLARED bytes`` (only if headers are read)
====================  =============================================================
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from espnet_soups.corpora.data_dir import Utterance
from espnet_soups.corpora.headers import Unusable, read_headers
from espnet_soups.corpora.parallel import file_sizes
from espnet_soups.corpora.row_report import RowReport

MISSING = Unusable("audio is missing", "no such file")
EMPTY = Unusable("audio is empty", "0 bytes")


@dataclass(frozen=True, slots=True)
class AudioCheck:
    """How the audio of a group of utterances is checked.

    Attributes:
        root: folder of the corpus; the report has paths below it.
        group: where the report counts.
        nj: number of threads, and of processes for headers.
        headers_dir: if it is given, every file's header is read as well. That finds unreadable and truncated
            files, takes minutes for a large corpus, and gives the utterances their ``num_samples``. The
            folder remembers the headers, so that reading them can be stopped and started again.
    """

    root: Path
    group: str
    nj: int = 1
    headers_dir: Path | None = None


def check_audio(
    utterances: Sequence[Utterance], check: AudioCheck, report: RowReport
) -> Iterator[tuple[Utterance, Unusable | None]]:
    """Yield all utterances, in any order, with what is wrong with their audio; report that too."""
    for utterance, problem in _check(utterances, check):
        if problem is not None:
            path = utterance.audio
            name = path.relative_to(check.root) if path.is_relative_to(check.root) else path
            reason, detail, item = problem.reason, problem.detail, utterance.id
            report.add("skipped", reason, str(name), group=check.group, item=item, detail=detail)
        yield utterance, problem


def _check(utterances: Sequence[Utterance], check: AudioCheck) -> Iterator[tuple[Utterance, Unusable | None]]:
    sizes = file_sizes([utterance.audio for utterance in utterances], check.nj)
    present: list[Utterance] = []
    for utterance, size in zip(utterances, sizes, strict=True):
        if not size:
            yield utterance, MISSING if size is None else EMPTY
        elif check.headers_dir is None:
            yield utterance, None
        else:
            present.append(utterance)
    if check.headers_dir is None:
        return
    headers = read_headers([utterance.audio for utterance in present], check.headers_dir, check.nj)
    for utterance, header in zip(present, headers, strict=True):
        if isinstance(header, Unusable):
            yield utterance, header
        else:
            yield replace(utterance, num_samples=header), None
