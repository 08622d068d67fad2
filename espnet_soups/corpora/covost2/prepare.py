"""Preparation of CoVoST 2: from recordings and translations to the data directories train, valid and test.

Every directory holds all languages. Written besides, in the local directory: ``rows.tsv``, which lists all
that is not used as it stands (:mod:`espnet_soups.corpora.row_report`), and what headers said that were read.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from espnet_soups.corpora.audio_files import MISSING, AudioCheck, check_audio
from espnet_soups.corpora.covost2.join import Join, Language
from espnet_soups.corpora.covost2.published import check_pair, published_rows
from espnet_soups.corpora.covost2.translations import SPLITS, Split, read_translations
from espnet_soups.corpora.data_dir import Utterance
from espnet_soups.corpora.data_sets import write_data_sets
from espnet_soups.corpora.expected import Expected, compare_counts
from espnet_soups.corpora.parallel import check_nj
from espnet_soups.corpora.row_report import RowReport
from espnet_soups.errors import UserError
from espnet_soups.objectives import list_objectives
from espnet_soups.text.normalize import Case

LANGUAGES = ("en", "fr", "de", "es", "ca")

DATA_SETS: dict[Split, str] = {"train": "train", "dev": "valid", "test": "test"}

_ENGLISH = "en"
_ENGLISH_SPLITS = "en-de"  # all pairs from English have the same splits


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of the preparation."""

    asr_langs: Sequence[str]
    """Languages to recognise, as ISO codes."""
    st_pairs: Sequence[str]
    """Pairs to translate, at most one for a source language."""
    src_case: Case = "lc.rm"
    tgt_case: Case = "tc"
    check_audio: bool = False
    """Read the headers of all recordings."""
    nj: int = 1

    def __post_init__(self) -> None:
        """Raise :class:`UserError` for settings that cannot work."""
        check_nj(self.nj)
        list_objectives(self.asr_langs, self.st_pairs, ssl=False)
        for pair in self.pairs().values():
            check_pair(pair)

    def pairs(self) -> dict[str, str]:
        """Return for every language the pair whose table says which of its clips are used, and for what."""
        sources = {pair.partition("-")[0]: pair for pair in self.st_pairs}
        languages = dict.fromkeys([*self.asr_langs, *sources])
        default = {_ENGLISH: _ENGLISH_SPLITS}
        return {
            language: sources.get(language) or default.get(language) or f"{language}-{_ENGLISH}"
            for language in languages
        }

    def language(self, code: str) -> Language:
        """Return what is wanted of a language."""
        target = {pair.partition("-")[0]: pair.partition("-")[2] for pair in self.st_pairs}.get(code)
        return Language(code, code in self.asr_langs, target, self.src_case, self.tgt_case)


def complete_pairs(languages: Iterable[str], pairs: Sequence[str] = ()) -> list[str]:
    """Return ``pairs`` and, for those of ``languages`` that they do not translate, pairs into English.

    So the data of a language are the same whether or not a model is to translate it.
    """
    sources = {pair.partition("-")[0] for pair in pairs}
    return [*pairs, *(f"{language}-{_ENGLISH}" for language in languages if language not in {*sources, _ENGLISH})]


@dataclass(slots=True)
class _Sets:
    """The utterances by split, and how many rows were found by language and split."""

    utterances: dict[Split, list[Utterance]] = field(default_factory=lambda: {split: [] for split in SPLITS})
    found: Counter[tuple[str, Split]] = field(default_factory=Counter)
    used: Counter[tuple[str, Split]] = field(default_factory=Counter)


def prepare(
    recordings: Mapping[str, Path],
    tables: Mapping[str, Path],
    data_dir: Path,
    local_dir: Path,
    options: Options,
) -> None:
    """Write the data directories ``data_dir/{train,valid,test}``; if it fails, those of before are left.

    Args:
        recordings: the Common Voice folder of every language.
        tables: the table of translations of every pair of ``options.pairs()``.
        data_dir: gets the data directories.
        local_dir: gets the report.
        options: what is wanted.

    Raises:
        UserError: if a table cannot be read, or a language has nothing left in a split.
    """
    sets = _Sets()
    pairs = options.pairs()
    with RowReport(local_dir) as report:
        for code, pair in pairs.items():
            headers_dir = local_dir / "headers" / code if options.check_audio else None
            join = Join(options.language(code), recordings[code], tables[pair].name, report)
            _read_language(join, tables[pair], sets, headers_dir, options.nj)
        _check_complete(sets, pairs, report.path)
    print(report.table(list(pairs)), end="\n\n")
    write_data_sets(data_dir, {name: sets.utterances[split] for split, name in DATA_SETS.items()})
    counts = [
        Expected(f"{code} {split}", published, sets.found[code, split], sets.used[code, split])
        for code, pair in pairs.items()
        for split, published in zip(SPLITS, published_rows(pair), strict=True)
    ]
    print("", compare_counts(counts, report.path), sep="\n")


def _read_language(join: Join, table: Path, sets: _Sets, headers_dir: Path | None, nj: int) -> None:
    code = join.language.code
    translations = read_translations(table, join.report, code)
    rows = tqdm(join.utterances(translations), f"reading {code}", len(translations), unit="row", mininterval=1)
    splits: dict[str, Split] = {}
    utterances: list[Utterance] = []
    for split, utterance in rows:
        utterances.append(utterance)
        splits[utterance.id] = split
    del translations  # it is large
    if join.unused:
        print(f"{code}: {join.unused} validated recordings are not part of CoVoST 2")
    check = AudioCheck(join.root, code, nj, headers_dir)
    for utterance, problem in check_audio(utterances, check, join.report):
        split = splits[utterance.id]
        sets.found[code, split] += problem is not MISSING
        if problem is None:
            sets.utterances[split].append(utterance)
            sets.used[code, split] += 1


def _check_complete(sets: _Sets, languages: Iterable[str], listed: Path) -> None:
    for code in languages:
        for split, name in DATA_SETS.items():
            if not sets.used[code, split]:
                raise UserError(f"nothing of {code} is left for {name}; {listed} lists what was skipped, and why")
