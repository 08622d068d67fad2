"""Formatting: every utterance as 16 kHz mono audio in one container, and complete data directories."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import kaldiio
import soundfile

from espnet_soups.corpora.audio import RATE, AudioError, Samples, read_whole_audio, resample, to_int16, write_audio
from espnet_soups.corpora.data_dir import DataDirSummary, Utterance, read_data_dir, write_data_dir
from espnet_soups.corpora.drops import DROPPED_FILE, Drop, drops_as_tsv, summarize_drops
from espnet_soups.corpora.jobs import Job, audio_signature, output_path, run_jobs
from espnet_soups.errors import UserError

type AudioFormat = Literal["flac", "wav", "ark"]
"""ESPnet reads ``flac`` and ``wav`` as its type ``sound``, ``ark`` (archives of flac) as ``kaldi_ark``."""

_ARK_UTTERANCES = 500


@dataclass(frozen=True, slots=True)
class Format:
    """The task of writing one audio file."""

    source: Path
    output: Path
    audio_format: Literal["flac", "wav"]


@dataclass(frozen=True, slots=True)
class FormatArk:
    """The task of writing one Kaldi archive."""

    ids: tuple[str, ...]
    sources: tuple[Path, ...]
    output: Path


def format_file(task: Format) -> int | str:
    """Write one file, or link it if nothing has to change; return its samples, or why it is unusable."""
    try:
        samples, rate = read_whole_audio(task.source)
        if _is_formatted(task):
            _link(task.source, task.output)
        else:
            samples = resample(samples, rate, RATE)
            write_audio(task.output, samples, RATE, task.audio_format)
    except AudioError as error:
        return str(error)
    return len(samples)


def format_ark(task: FormatArk) -> list[tuple[int, int] | str]:
    """Write one archive; return (offset, samples) of every utterance, or why it cannot be used."""
    results: list[tuple[int, int] | str] = []
    task.output.parent.mkdir(parents=True, exist_ok=True)
    temporary = task.output.with_name(f".{task.output.name}.tmp")
    with temporary.open("wb") as ark:
        for identifier, source in zip(task.ids, task.sources, strict=True):
            try:
                samples = _read_formatted(source)
            except AudioError as error:
                results.append(str(error))
                continue
            offset = ark.tell() + len(f"{identifier} ".encode())
            kaldiio.save_ark(
                ark,
                {identifier: (RATE, to_int16(samples))},
                write_function="soundfile",
                write_kwargs={"format": "flac", "subtype": "PCM_16"},
            )
            results.append((offset, len(samples)))
    os.replace(temporary, task.output)
    return results


def format_audio(
    data_dir: Path, out_dir: Path, audio_dir: Path, audio_format: AudioFormat = "flac", nj: int = 1
) -> DataDirSummary:
    """Write the complete data directory ``out_dir`` for the utterances of ``data_dir``.

    Their audio goes to ``audio_dir``. What cannot be read or is empty is dropped and listed in
    ``out_dir/dropped.tsv``.

    Raises:
        UserError: if ``data_dir`` is not valid or nothing is left of it.
    """
    utterances = read_data_dir(data_dir)
    audio_dir = audio_dir.absolute()
    if audio_format == "ark":
        outcomes = _format_arks(utterances, audio_dir, nj)
    else:
        outcomes = _format_files(utterances, audio_dir, audio_format, nj)
    kept: list[Utterance] = []
    drops: list[Drop] = []
    for utterance, outcome in zip(utterances, outcomes, strict=True):
        if isinstance(outcome, str):
            drops.append(Drop(utterance.id, "unreadable, empty or cut off audio", outcome))
        else:
            kept.append(replace(utterance, audio=outcome[0], num_samples=outcome[1]))
    if not kept:
        raise UserError(f"{data_dir}: none of its {len(utterances)} audio files can be used, first: {drops[0].detail}")
    summary = write_data_dir(out_dir, kept, complete=True, extra={DROPPED_FILE: drops_as_tsv(drops)})
    print(summarize_drops(out_dir, len(kept), drops))
    return summary


def _format_files(
    utterances: Sequence[Utterance], audio_dir: Path, audio_format: Literal["flac", "wav"], nj: int
) -> list[tuple[Path, int] | str]:
    outputs = [output_path(audio_dir, u.speaker, u.id, f".{audio_format}") for u in utterances]
    jobs = [
        Job(output, audio_signature(utterance.audio), Format(utterance.audio, output, audio_format))
        for utterance, output in zip(utterances, outputs, strict=True)
    ]
    results = run_jobs(jobs, format_file, directory=audio_dir, nj=nj, label=f"formatting as {audio_format}")
    return [r if isinstance(r, str) else (output, r) for output, r in zip(outputs, results, strict=True)]


def _format_arks(utterances: Sequence[Utterance], audio_dir: Path, nj: int) -> list[tuple[Path, int] | str]:
    jobs = []
    for number, start in enumerate(range(0, len(utterances), _ARK_UTTERANCES)):
        part = utterances[start : start + _ARK_UTTERANCES]
        output = audio_dir / f"audio.{number}.ark"
        signature = " ".join(f"{utterance.id} {audio_signature(utterance.audio)}" for utterance in part)
        task = FormatArk(tuple(u.id for u in part), tuple(u.audio for u in part), output)
        jobs.append(Job(output, signature, task))
    results = run_jobs(jobs, format_ark, directory=audio_dir, nj=nj, label="formatting as ark")
    return [
        entry if isinstance(entry, str) else (Path(f"{job.output}:{entry[0]}"), entry[1])
        for job, entries in zip(jobs, results, strict=True)
        for entry in entries
    ]


def _read_formatted(source: Path) -> Samples:
    samples, rate = read_whole_audio(source)
    return resample(samples, rate, RATE)


def _is_formatted(task: Format) -> bool:
    if task.source.suffix.lower() != f".{task.audio_format}":
        return False
    info = soundfile.info(task.source)
    return bool(info.format == task.audio_format.upper() and info.samplerate == RATE and info.channels == 1)


def _link(source: Path, output: Path) -> None:
    """Link ``output`` to the file ``source``, or copy it where links are impossible (another file system)."""
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_name(f".{output.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        temporary.hardlink_to(source.resolve())
    except OSError:
        shutil.copyfile(source, temporary)
    os.replace(temporary, output)
