"""Preparation of LibriSpeech: from its parts to data directories.

``train`` has all parts to train on, ``valid`` both dev parts, as in ESPnet's recipe; the dev and test parts
are also there by themselves, as ``dev_clean`` and so on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from espnet_soups.corpora.audio_files import MISSING, AudioCheck, check_audio
from espnet_soups.corpora.combine import add_sibling
from espnet_soups.corpora.data_dir import Utterance
from espnet_soups.corpora.data_sets import write_data_sets
from espnet_soups.corpora.expected import Expected, compare_counts
from espnet_soups.corpora.librispeech.published import PARTS
from espnet_soups.corpora.librispeech.read import read_part
from espnet_soups.corpora.parallel import check_nj
from espnet_soups.corpora.row_report import RowReport
from espnet_soups.errors import UserError
from espnet_soups.text.normalize import Case


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of the preparation."""

    parts: Sequence[str] = tuple(PARTS)
    src_case: Case = "lc.rm"
    check_audio: bool = False
    """Read the headers of all recordings."""
    nj: int = 1

    def __post_init__(self) -> None:
        """Raise :class:`UserError` for settings that cannot work."""
        check_nj(self.nj)
        unknown = [part for part in self.parts if part not in PARTS]
        if unknown:
            raise UserError(f"--parts {unknown[0]}: choose from {' '.join(PARTS)}")
        if len(set(self.parts)) < len(self.parts):
            raise UserError(f"--parts {' '.join(self.parts)}: a part is given twice")
        for kind in ("train-", "dev-"):
            if not any(part.startswith(kind) for part in self.parts):
                raise UserError(f"--parts {' '.join(self.parts)}: at least one part must be {kind}...")


def prepare(
    folders: Mapping[str, Path],
    data_dir: Path,
    local_dir: Path,
    options: Options,
    siblings: Mapping[str, Path] | None = None,
) -> None:
    """Write the data directories; if anything fails before they are written, those of before are left.

    Args:
        folders: of the parts ``options.parts``.
        data_dir: gets the data directories.
        local_dir: gets the report.
        options: what is wanted.
        siblings: prepared data of other recipes that is added, by the name of the corpus
            (:func:`espnet_soups.corpora.combine.add_sibling`).

    Raises:
        UserError: if a part is not one, nothing is left of it, or a sibling is not prepared.
    """
    sets: dict[str, list[Utterance]] = {}
    counts = []
    with RowReport(local_dir) as report:
        for part in options.parts:
            found, utterances = _read(part, folders[part], local_dir, report, options)
            counts.append(Expected(part, PARTS[part].utterances, found, len(utterances)))
            if not utterances:
                raise UserError(f"nothing of {part} is left; {report.path} lists what was skipped, and why")
            for name in data_sets(part):
                sets.setdefault(name, []).extend(utterances)
    for corpus, sibling in (siblings or {}).items():
        add_sibling(sets, sibling, corpus)
    print(report.table(options.parts), end="\n\n")
    write_data_sets(data_dir, sets)
    print("", compare_counts(counts, report.path), sep="\n")


def data_sets(part: str) -> list[str]:
    """Return the data directories that a part belongs to."""
    if part.startswith("train-"):
        return ["train"]
    return ["valid"] * part.startswith("dev-") + [part.replace("-", "_")]


def _read(part: str, folder: Path, local_dir: Path, report: RowReport, options: Options) -> tuple[int, list[Utterance]]:
    """Return how many utterances have a transcript and a recording, and those that can be used."""
    rows = read_part(folder, report, options.src_case)
    utterances = list(tqdm(rows, f"reading {part}", PARTS[part].utterances, unit="utterance", mininterval=1))
    headers_dir = local_dir / "headers" / part if options.check_audio else None
    check = AudioCheck(folder.absolute().parent, part, options.nj, headers_dir)
    checked = list(check_audio(utterances, check, report))
    found = sum(problem is not MISSING for _, problem in checked)
    return found, [utterance for utterance, problem in checked if problem is None]
