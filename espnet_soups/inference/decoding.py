"""Decoding of a whole data directory: batches, worker processes, restarts, and the files that scoring reads.

``OUTPUT/asr/<lang>/`` and ``OUTPUT/st/<pair>/`` get ``text``, ``token`` and ``score``: a line ``id content``
for every utterance of the language, the bare id where nothing was recognised. ``OUTPUT/decode.json`` says how
they were made.
"""

import json
import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from espnet_soups.corpora.audio import RATE
from espnet_soups.corpora.data_dir import Utterance, read_data_dir
from espnet_soups.corpora.jobs import Job, audio_signature, file_signature, run_jobs
from espnet_soups.corpora.kaldi_table import replace_text
from espnet_soups.errors import UserError
from espnet_soups.inference.batching import length_batches
from espnet_soups.inference.decode_worker import Batch, ModelFiles, decode_batch
from espnet_soups.inference.options import DecodeOptions

_BATCHES, _NEW, _OLD = ".batches", ".new", ".old"
_FILES = ("text", "token", "score")


@dataclass(frozen=True, slots=True)
class DecodeSummary:
    """What was decoded."""

    utterances: dict[str, int]
    """Per objective, such as ``asr/fr``."""
    skipped: dict[str, int]
    """Utterances per language that the model does not know."""

    def __str__(self) -> str:
        done = ", ".join(f"{name} {count}" for name, count in self.utterances.items())
        left = ", ".join(f"{name} {count}" for name, count in self.skipped.items())
        return done + (f"; not decoded, because the model does not know the language: {left}" if left else "")


def decode_data_dir(
    data_dir: Path, output_dir: Path, model: ModelFiles, options: DecodeOptions, nj: int, command: str
) -> DecodeSummary:
    """Decode every utterance of ``data_dir`` by the heads of its language.

    Batches that an interrupted run has finished, with the same model, options and audio, are not decoded
    again. Earlier results in ``output_dir`` stay until the new ones are complete.

    Raises:
        UserError: if a file is missing, or no utterance is in a language of the model.
    """
    heads = _read_heads(model.train_config)
    utterances = read_data_dir(data_dir)
    languages = dict.fromkeys(utterance.language for utterance in utterances)
    known = [language for language in languages if language in heads]
    skipped = {one: sum(u.language == one for u in utterances) for one in languages if one not in heads}
    if not known:
        raise UserError(f"{data_dir} has {', '.join(languages)}, but the model knows only {', '.join(heads)}.")
    work = output_dir / _BATCHES
    batches: list[Batch] = []
    for language in sorted(known):
        spoken = [utterance for utterance in utterances if utterance.language == language]
        batches += _plan(spoken, heads[language], model, options, work, first=len(batches))
    state = f"{file_signature(model.train_config)} {file_signature(model.model_file)} {model} {options}"
    jobs = [Job(batch.output, _signature(batch, state), batch) for batch in batches]
    try:
        run_jobs(jobs, decode_batch, directory=work, nj=nj, label=f"decode {data_dir.name}")
    except BrokenProcessPool as error:
        raise UserError(
            "A decoding process was killed, probably for lack of memory; lower --nj or batch_seconds and "
            "start again: finished batches are kept."
        ) from error
    rows = _collect(batches)
    wanted = {u.id: heads[u.language] for u in utterances if u.language in heads}
    tables = _tables(rows, {u.id: u.language for u in utterances}, wanted)
    _write(output_dir, tables, {"command": command, **_described(model), "options": asdict(options)})
    shutil.rmtree(work)
    return DecodeSummary({name: len(table) for name, table in sorted(tables.items())}, skipped)


@dataclass(frozen=True, slots=True)
class _Heads:
    """What the model does with a language."""

    recognized: bool
    target: str | None

    def objectives(self, language: str) -> list[str]:
        found = [f"asr/{language}"] if self.recognized else []
        return [*found, f"st/{language}-{self.target}"] if self.target else found


def _read_heads(train_config: Path) -> dict[str, _Heads]:
    """What the model does with each language that it knows."""
    if not train_config.is_file():
        raise UserError(f"{train_config} does not exist; train the model first (stage 11).")
    content = yaml.safe_load(train_config.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not {"asr_langs", "st_pairs"} <= content.keys():
        raise UserError(f"{train_config} has no asr_langs and st_pairs; give the config.yaml that training wrote.")
    targets = dict(pair.split("-") for pair in content["st_pairs"])
    names = [*content["asr_langs"], *targets]
    return {name: _Heads(name in content["asr_langs"], targets.get(name)) for name in names}


def _plan(
    spoken: Sequence[Utterance],
    heads: _Heads,
    model: ModelFiles,
    options: DecodeOptions,
    work: Path,
    first: int,
) -> list[Batch]:
    """Batches of the utterances of one language, numbered from ``first``."""
    if any(utterance.num_samples is None for utterance in spoken):
        raise UserError("The data has no utt2num_samples; decode a directory that stage 3 has formatted.")
    seconds = [(utterance.num_samples or 0) / RATE for utterance in spoken]
    return [
        Batch(
            model,
            options,
            spoken[0].language,
            heads.target,
            tuple(spoken[i].id for i in rows),
            tuple(spoken[i].audio for i in rows),
            work / f"{number:06d}.jsonl",
        )
        for number, rows in enumerate(length_batches(seconds, options.search_seconds), start=first)
    ]


def _signature(batch: Batch, state: str) -> str:
    audio = " ".join(map(audio_signature, batch.audio))
    return f"{state} {batch.lang} {batch.target} {' '.join(batch.ids)} {audio}"


def _collect(batches: Iterable[Batch]) -> dict[str, dict[str, Any]]:
    """What the batches wrote, by utterance."""
    lines = (line for batch in batches for line in batch.output.read_text(encoding="utf-8").splitlines())
    rows = [json.loads(line) for line in lines]
    return {row["id"]: row for row in rows}


def _tables(
    rows: dict[str, dict[str, Any]], languages: dict[str, str], wanted: dict[str, _Heads]
) -> dict[str, dict[str, dict[str, str]]]:
    """The content of the files, per objective and utterance; no utterance lacks one of its objectives."""
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for identifier in sorted(wanted):
        for objective in wanted[identifier].objectives(languages[identifier]):
            task = objective.partition("/")[0]
            if identifier not in rows or task not in rows[identifier]:
                raise UserError(f"The decoding of '{identifier}' for {objective} was lost; start the stage again.")
            tables.setdefault(objective, {})[identifier] = rows[identifier][task]
    return tables


def _described(model: ModelFiles) -> dict[str, str]:
    return {
        "train_config": str(model.train_config),
        "model_file": str(model.model_file),
        "dtype": model.dtype,
    }


def _write(output_dir: Path, tables: dict[str, dict[str, dict[str, str]]], description: dict[str, Any]) -> None:
    """Write all files beside the earlier ones, and put them in their place when they are complete."""
    new, old = output_dir / _NEW, output_dir / _OLD
    for leftover in (new, old):
        if leftover.exists():
            shutil.rmtree(leftover)
    for objective, table in tables.items():
        (new / objective).mkdir(parents=True)
        for name in _FILES:
            lines = (f"{identifier} {row[name]}".rstrip(" ") for identifier, row in table.items())
            (new / objective / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    old.mkdir()
    for task in ("asr", "st"):
        if (output_dir / task).exists():
            (output_dir / task).rename(old / task)
        if (new / task).exists():
            (new / task).rename(output_dir / task)
    replace_text(output_dir / "decode.json", json.dumps(description, indent=1, ensure_ascii=False) + "\n")
    shutil.rmtree(old)
    new.rmdir()
