"""Preparation of AISHELL-1: from recordings and transcripts to the data directories train, valid and test."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from espnet_soups.corpora.aishell.acquire import Corpus
from espnet_soups.corpora.aishell.published import RECORDINGS, SPEAKERS, SPLITS, UTTERANCES
from espnet_soups.corpora.aishell.read import Reader
from espnet_soups.corpora.audio_files import MISSING, AudioCheck, check_audio
from espnet_soups.corpora.combine import add_sibling
from espnet_soups.corpora.data_dir import Utterance
from espnet_soups.corpora.data_sets import write_data_sets
from espnet_soups.corpora.expected import Expected, compare_counts
from espnet_soups.corpora.parallel import check_nj
from espnet_soups.corpora.row_report import RowReport
from espnet_soups.errors import UserError
from espnet_soups.text.normalize import Case

DATA_SETS = {"train": "train", "dev": "valid", "test": "test"}


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of the preparation."""

    src_case: Case = "lc.rm"
    check_audio: bool = False
    """Read the headers of all recordings."""
    nj: int = 1

    def __post_init__(self) -> None:
        """Raise :class:`UserError` for settings that cannot work."""
        check_nj(self.nj)


def prepare(
    corpus: Corpus,
    data_dir: Path,
    local_dir: Path,
    options: Options,
    siblings: Mapping[str, Path] | None = None,
) -> None:
    """Write the data directories; if anything fails before they are written, those of before are left.

    Args:
        corpus: where it is.
        data_dir: gets ``train``, ``valid`` and ``test``.
        local_dir: gets the report.
        options: what is wanted.
        siblings: prepared data of other recipes that is added, by the name of the corpus
            (:func:`espnet_soups.corpora.combine.add_sibling`).

    Raises:
        UserError: if the corpus cannot be read, nothing is left of a split, or a sibling is not prepared.
    """
    with RowReport(local_dir) as report:
        reader = Reader(corpus.transcript, corpus.speech, report, options.src_case)
        by_split: dict[str, list[Utterance]] = {split: [] for split in SPLITS}
        for split, utterance in tqdm(reader.utterances(), "reading", RECORDINGS, unit="wav", mininterval=1):
            by_split[split].append(utterance)
        counts = []
        for split in SPLITS:
            found, usable = _check(split, by_split[split], corpus, local_dir, report, options)
            counts += _counts(split, by_split[split], found, usable)
            by_split[split] = usable
            if not usable:
                raise UserError(f"nothing of {split} is left; {report.path} lists what was skipped, and why")
    counts.append(Expected("recordings", RECORDINGS, reader.recordings, sum(map(len, by_split.values()))))
    sets = {name: by_split[split] for split, name in DATA_SETS.items()}
    for name, sibling in (siblings or {}).items():
        add_sibling(sets, sibling, name)
    print(report.table(["transcripts", *SPLITS]), end="\n\n")
    write_data_sets(data_dir, sets)
    print("", compare_counts(counts, report.path), sep="\n")


def _check(
    split: str,
    utterances: list[Utterance],
    corpus: Corpus,
    local_dir: Path,
    report: RowReport,
    options: Options,
) -> tuple[int, list[Utterance]]:
    """Return how many recordings there are, and the utterances whose recordings can be used."""
    headers_dir = local_dir / "headers" / split if options.check_audio else None
    check = AudioCheck(corpus.speech[0].absolute().parent, split, options.nj, headers_dir)
    checked = list(check_audio(utterances, check, report))
    found = sum(problem is not MISSING for _, problem in checked)
    return found, [utterance for utterance, problem in checked if problem is None]


def _counts(split: str, read: list[Utterance], found: int, usable: list[Utterance]) -> list[Expected]:
    speakers, used = len({u.speaker for u in read}), len({u.speaker for u in usable})
    return [
        Expected(f"{split} utterances", UTTERANCES[split], found, len(usable)),
        Expected(f"{split} speakers", SPEAKERS[split], speakers, used),
    ]
