"""Speed perturbation: slower and faster copies of every utterance, as audio files of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from espnet_soups.corpora.audio import AudioError, read_whole_audio, resample, write_audio
from espnet_soups.corpora.data_dir import DataDirSummary, Utterance, read_data_dir, write_data_dir
from espnet_soups.corpora.drops import DROPPED_FILE, Drop, drops_as_tsv, summarize_drops
from espnet_soups.corpora.jobs import Job, audio_signature, output_path, run_jobs
from espnet_soups.errors import UserError

_SLOWEST, _FASTEST = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Perturb:
    """The task of writing one audio file at another speed."""

    source: Path
    output: Path
    factor: float


def perturb(task: Perturb) -> int | str:
    """Write the audio ``task.factor`` times as fast; return its samples, or why it is unusable."""
    try:
        samples, rate = read_whole_audio(task.source)
        # Audio that is taken to have been sampled at rate * factor lasts 1 / factor times as long.
        perturbed = resample(samples, rate * task.factor, rate)
        write_audio(task.output, perturbed, rate, "flac")
    except AudioError as error:
        return str(error)
    return len(perturbed)


def speed_perturb(
    data_dir: Path, out_dir: Path, audio_dir: Path, factors: Sequence[str], nj: int = 1
) -> DataDirSummary:
    """Write to ``out_dir`` the utterances of ``data_dir`` at all speeds ``factors``.

    The utterances at factor 1 are those of ``data_dir``; the others get audio of their own in ``audio_dir``
    and ids and speaker ids that begin with ``sp<factor>-``. Audio that cannot be read is dropped and listed
    in ``out_dir/dropped.tsv``.

    Args:
        factors: as on the command line, such as ``["0.9", "1.0", "1.1"]``; ids are made from them as they are
            written.

    Raises:
        UserError: for factors that are not between 0.5 and 2, or given twice; if nothing is left.
    """
    values = _parse_factors(factors)
    utterances = read_data_dir(data_dir)
    kept = list(utterances) if 1.0 in values.values() else []
    drops: list[Drop] = []
    audio_dir = audio_dir.absolute()
    copies = [(name, value, utterance) for name, value in values.items() if value != 1.0 for utterance in utterances]
    jobs = [
        Job(output, f"{audio_signature(u.audio)} speed {value}", Perturb(u.audio, output, value))
        for name, value, u in copies
        for output in [output_path(audio_dir, f"sp{name}-{u.speaker}", f"sp{name}-{u.id}", ".flac")]
    ]
    results = run_jobs(jobs, perturb, directory=audio_dir, nj=nj, label="perturbing speed")
    for (name, _, utterance), job, result in zip(copies, jobs, results, strict=True):
        if isinstance(result, str):
            drops.append(Drop(f"sp{name}-{utterance.id}", "unreadable, empty or cut off audio", result))
        else:
            kept.append(_renamed(utterance, f"sp{name}-", job.output, result))
    if any(utterance.num_samples is None for utterance in kept):
        kept = [replace(utterance, num_samples=None) for utterance in kept]
    summary = write_data_dir(out_dir, kept, extra={DROPPED_FILE: drops_as_tsv(drops)})
    print(summarize_drops(out_dir, len(kept), drops))
    return summary


def _parse_factors(factors: Sequence[str]) -> dict[str, float]:
    values: dict[str, float] = {}
    for factor in factors:
        try:
            value = float(factor)
        except ValueError:
            raise UserError(f"speed factor {factor!r} is not a number; give some such as 0.9 1.0 1.1") from None
        if not _SLOWEST <= value <= _FASTEST:
            raise UserError(f"speed factor {factor} is not between {_SLOWEST} and {_FASTEST}")
        if value in values.values():
            raise UserError(f"speed factor {factor} is given twice")
        values[factor] = value
    if not values:
        raise UserError("no speed factor is given; give some such as 0.9 1.0 1.1, or leave the stage out")
    return values


def _renamed(utterance: Utterance, prefix: str, audio: Path, num_samples: int) -> Utterance:
    return replace(
        utterance,
        id=prefix + utterance.id,
        speaker=prefix + utterance.speaker,
        audio=audio,
        num_samples=num_samples,
    )
