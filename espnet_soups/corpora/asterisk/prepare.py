"""Preparation of the corpus ``asterisk_prompts``: from recordings and transcripts to data directories.

Written are ``train``, ``valid``, ``test_digits`` and ``test_prompts``, and in the local directory the audio
they refer to, ``dropped.tsv`` (what is not used, and why) and ``cleaned.tsv`` (how written texts were
changed).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from espnet_soups.corpora.asterisk.compose import Compose, Decode, compose, decode
from espnet_soups.corpora.asterisk.plausible import find_hasty
from espnet_soups.corpora.asterisk.prompts import Prompt, limit_prompts, load_prompts, load_texts
from espnet_soups.corpora.asterisk.splits import Split, assign_splits
from espnet_soups.corpora.asterisk.transcripts import Dropped
from espnet_soups.corpora.asterisk.utterances import (
    TARGET_LANGUAGE,
    Composition,
    Counts,
    Recording,
    composed_utterance,
    natural_utterance,
    plan_compositions,
    speaker_id,
)
from espnet_soups.corpora.asterisk.voices import LANGUAGES, find_transcripts, find_voices
from espnet_soups.corpora.audio import RATE
from espnet_soups.corpora.data_dir import Utterance, write_data_dir
from espnet_soups.corpora.jobs import Job, file_signature, run_jobs
from espnet_soups.corpora.tables import format_table, write_tsv
from espnet_soups.errors import UserError
from espnet_soups.text.normalize import Case, normalize

DATA_SETS = ("train", "valid", "test_digits", "test_prompts")

PAIRS = tuple(f"{language}-{TARGET_LANGUAGE}" for language in LANGUAGES if language != TARGET_LANGUAGE)

_NATURAL_SET: dict[Split, str] = {"train": "train", "valid": "valid", "test": "test_prompts"}


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of the preparation."""

    languages: Sequence[str] = LANGUAGES
    st_pairs: Sequence[str] = ()
    """Pairs that will be translated; what is prepared does not depend on them."""
    seed: int = 0
    src_case: Case = "lc.rm"
    tgt_case: Case = "lc.rm"
    max_seconds: float = 20.0
    """Longer prompts are dropped."""
    counts: Counts = field(default_factory=Counts)
    limit_per_language: int | None = None
    """Number of prompts per language of a reduced corpus; None is all of them."""
    nj: int = 1

    def __post_init__(self) -> None:
        """Raise :class:`UserError` for settings that cannot work."""
        unknown = [language for language in self.languages if language not in LANGUAGES]
        if unknown or not self.languages:
            raise UserError(f"--languages {' '.join(unknown)}: choose from {' '.join(LANGUAGES)}")
        if len(set(self.languages)) < len(self.languages):
            raise UserError(f"--languages {' '.join(self.languages)}: a language is given twice")
        absent = [pair for pair in self.st_pairs if pair not in PAIRS]
        if absent:
            raise UserError(f"--st_pairs {' '.join(absent)}: choose from {' '.join(PAIRS)}")
        if self.limit_per_language is not None and self.limit_per_language < 20:
            raise UserError("--limit_per_language must be at least 20: ten digits, and phrases for every split")


def prepare(root: Path, data_dir: Path, local_dir: Path, options: Options) -> None:
    """Prepare the corpus found below ``root`` and write the data directories ``data_dir/{train,...}``.

    Args:
        root: what :func:`espnet_soups.corpora.asterisk.acquire.acquire` returned.
        local_dir: for audio and reports; audio that is there already is not made again.

    Raises:
        UserError: if the corpus is not complete enough to be used.
    """
    local_dir = local_dir.absolute()
    prompts, dropped = _load(root, options)
    _write_cleaned(local_dir / "cleaned.tsv", prompts)
    recordings, too_bad = _decode(prompts, local_dir / "audio", options)
    dropped += too_bad
    write_tsv(
        local_dir / "dropped.tsv",
        ("language", "key", "reason", "text"),
        ((drop.language, drop.key, drop.reason, drop.text) for drop in dropped),
    )
    print(summarize_dropped(dropped, options.languages), end="\n\n")
    english = load_texts(find_transcripts(root)[TARGET_LANGUAGE], TARGET_LANGUAGE)
    sets = _make_sets(recordings, english, local_dir / "audio", options)
    for name in DATA_SETS:
        write_data_dir(data_dir / name, sets[name])
    print(summarize_sets(sets, options.languages))


def _load(root: Path, options: Options) -> tuple[dict[str, list[Prompt]], list[Dropped]]:
    if TARGET_LANGUAGE not in find_transcripts(root):
        raise UserError(
            f"{root}: there is no core-sounds-en.txt or .txt.gz below it; the translations are made from it"
        )
    prompts: dict[str, list[Prompt]] = {}
    dropped: list[Dropped] = []
    for voice in find_voices(root, options.languages):
        prompts[voice.language], dropped_here = load_prompts(voice)
        dropped += dropped_here
    if options.limit_per_language is not None:
        prompts = limit_prompts(prompts, options.limit_per_language, options.seed)
        print(f"reduced corpus: {options.limit_per_language} prompts per language")
    return prompts, dropped


def _write_cleaned(path: Path, prompts: Mapping[str, Sequence[Prompt]]) -> None:
    changed = (prompt for by_language in prompts.values() for prompt in by_language if prompt.text != prompt.written)
    rows = ((prompt.language, prompt.key, prompt.written, prompt.text) for prompt in changed)
    write_tsv(path, ("language", "key", "written", "said"), rows)


def _decode(
    prompts: Mapping[str, Sequence[Prompt]], audio_dir: Path, options: Options
) -> tuple[dict[str, dict[str, Recording]], list[Dropped]]:
    directory = audio_dir / "prompts"
    everything = [prompt for by_language in prompts.values() for prompt in by_language]
    outputs = [directory / p.language / f"{p.key.replace('/', '_')}.flac" for p in everything]
    jobs = [
        Job(output, file_signature(prompt.source), Decode(prompt.source, output))
        for prompt, output in zip(everything, outputs, strict=True)
    ]
    results = run_jobs(jobs, decode, directory=directory, nj=options.nj, label="decoding prompts")
    recordings: dict[str, dict[str, Recording]] = {language: {} for language in prompts}
    dropped = []
    for prompt, audio, result in zip(everything, outputs, results, strict=True):
        text = normalize(prompt.text, options.src_case, prompt.language)
        if isinstance(result, str):
            dropped.append(Dropped(prompt.language, prompt.key, "unreadable or empty audio", result))
        elif result > options.max_seconds * RATE:
            dropped.append(Dropped(prompt.language, prompt.key, f"longer than {options.max_seconds:g} s", prompt.text))
        else:
            recordings[prompt.language][prompt.key] = Recording(prompt.language, prompt.key, audio, result, text)
    for language, by_key in recordings.items():
        dropped += _drop_hasty(language, by_key)
    return recordings, dropped


def _drop_hasty(language: str, by_key: dict[str, Recording]) -> list[Dropped]:
    heard = {key: normalize(recording.text, "lc.rm", language) for key, recording in by_key.items()}
    hasty = sorted(find_hasty(heard, {key: recording.seconds for key, recording in by_key.items()}))
    return [Dropped(language, key, "text too long for its audio", by_key.pop(key).text) for key in hasty]


def _make_sets(
    recordings: Mapping[str, Mapping[str, Recording]],
    english: Mapping[str, str],
    audio_dir: Path,
    options: Options,
) -> dict[str, list[Utterance]]:
    # Texts that differ in case or punctuation only sound the same: they must not be torn apart either.
    heard = {
        language: {key: normalize(recording.text, "lc.rm", language) for key, recording in by_key.items()}
        for language, by_key in recordings.items()
    }
    used = set().union(*heard.values())
    english_heard = {key: normalize(text, "lc.rm", TARGET_LANGUAGE) for key, text in english.items() if key in used}
    splits = assign_splits({**heard, "translation": english_heard}, seed=options.seed)
    translations = {key: normalize(text, options.tgt_case, TARGET_LANGUAGE) for key, text in english.items()}
    sets: dict[str, list[Utterance]] = {name: [] for name in DATA_SETS}
    for by_key in recordings.values():
        for key, recording in by_key.items():
            sets[_NATURAL_SET[splits[key]]].append(natural_utterance(recording, translations))
    planned = plan_compositions(recordings, splits, options.counts, options.seed)
    for composition, audio, num_samples in _compose(planned, audio_dir, options.nj):
        sets[composition.split].append(composed_utterance(composition, audio, num_samples, translations))
    return sets


def _compose(planned: Sequence[Composition], audio_dir: Path, nj: int) -> Iterable[tuple[Composition, Path, int]]:
    outputs = [audio_dir / c.split / speaker_id(c.parts[0].language) / f"{c.name}.flac" for c in planned]
    jobs = []
    for composition, output in zip(planned, outputs, strict=True):
        parts = tuple(part.audio for part in composition.parts)
        signature = " ".join([f"gap {composition.max_gap_seconds}", *map(file_signature, parts)])
        jobs.append(Job(output, signature, Compose(parts, output, composition.max_gap_seconds)))
    results = run_jobs(jobs, compose, directory=audio_dir, nj=nj, label="composing utterances")
    return zip(planned, outputs, results, strict=True)


def summarize_dropped(dropped: Iterable[Dropped], languages: Sequence[str]) -> str:
    """Return a table of the number of dropped prompts by reason and language."""
    counts = Counter((drop.reason, drop.language) for drop in dropped)
    reasons = sorted({reason for reason, _ in counts})
    rows = [(reason, *(counts[reason, language] for language in languages)) for reason in reasons]
    return format_table(("dropped because", *languages), rows)


def summarize_sets(sets: Mapping[str, Sequence[Utterance]], languages: Sequence[str]) -> str:
    """Return a table of the utterances, the translated ones and the minutes of every set and language."""
    rows = []
    for name, utterances in sets.items():
        for language in languages:
            mine = [utterance for utterance in utterances if utterance.language == language]
            translated = sum(utterance.translation is not None for utterance in mine)
            minutes = sum(utterance.num_samples or 0 for utterance in mine) / RATE / 60
            rows.append((name, language, len(mine), translated, f"{minutes:.1f}"))
    return format_table(("set", "language", "utterances", "translated", "minutes"), rows)
