"""Many audio files to texts, JSON or subtitles, one after the other and with bounded memory."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from espnet_soups.corpora.audio import RATE, AudioError, Samples, read_audio, resample
from espnet_soups.corpora.kaldi_table import replace_text
from espnet_soups.errors import UserError
from espnet_soups.inference.results import Transcript
from espnet_soups.inference.speech2text import Speech2Text
from espnet_soups.inference.subtitles import as_srt, as_vtt, cues

FORMATS = ("text", "json", "srt", "vtt")
SUFFIXES = {"text": ".txt", "json": ".json", "srt": ".srt", "vtt": ".vtt"}


@dataclass(frozen=True, slots=True)
class TranscribeRequest:
    """What to do with the files."""

    lang: str | None
    """None: the model tells."""
    translate_to: str | None
    form: str
    """One of :data:`FORMATS`."""
    output_dir: Path | None
    """Gets a file for each recording; None for standard output."""


def check_outputs(files: Sequence[Path], request: TranscribeRequest) -> None:
    """Refuse what could not be told apart afterwards; this needs no model.

    Raises:
        UserError: if subtitles of several files would be mixed, or two files would have the same output.
    """
    if request.output_dir is None:
        if request.form in ("srt", "vtt") and len(files) > 1:
            raise UserError(f"Subtitles of {len(files)} files cannot share one output; give --output_dir.")
        return
    by_name: dict[str, Path] = {}
    for file in files:
        other = by_name.setdefault(file.stem, file)
        if other is not file:
            name = f"{file.stem}{SUFFIXES[request.form]}"
            raise UserError(f"{other} and {file} would both become {name}; give them to two calls.")


def transcribe_files(model: Speech2Text, files: Sequence[Path], request: TranscribeRequest) -> int:
    """Transcribe the files in their order; return how many could not be read, each of which is told on stderr.

    Raises:
        UserError: as :meth:`Speech2Text.batch`, or if an output cannot be written.
    """
    failed = 0
    with tqdm(total=len(files), desc="files", unit="file", disable=None) as progress:
        for group, broken in _groups(files, model.options.search_seconds):
            for error in broken:
                tqdm.write(f"error: {error}", file=sys.stderr)
            failed += len(broken)
            waves = [samples for _, samples in group]
            found = model.batch(waves, lang=request.lang, translate_to=request.translate_to)
            for (file, samples), result in zip(group, found, strict=True):
                _deliver(file, _render(model, file, len(samples) / RATE, result, request), request, len(files) > 1)
            progress.update(len(group) + len(broken))
    return failed


def _groups(files: Sequence[Path], seconds: float) -> Iterator[tuple[list[tuple[Path, Samples]], list[AudioError]]]:
    """Files and their samples, at most about ``seconds`` of audio at a time, with what could not be read."""
    group: list[tuple[Path, Samples]] = []
    broken: list[AudioError] = []
    for file in files:
        try:
            group.append((file, resample(*read_audio(file), RATE)))
        except AudioError as error:
            broken.append(error)
        if sum(len(samples) for _, samples in group) > seconds * RATE:
            yield group, broken
            group, broken = [], []
    if group or broken:
        yield group, broken


def _render(model: Speech2Text, file: Path, duration: float, result: Transcript, request: TranscribeRequest) -> str:
    if request.form == "json":
        row = {"file": str(file), "duration": round(duration, 3), **_plain(asdict(result))}
        indent = None if request.output_dir is None else 1
        return json.dumps(row, ensure_ascii=False, indent=indent) + "\n"
    if request.form == "text":
        texts = [result.text, result.translation.text if result.translation else None]
        return "\n".join(text for text in texts if text is not None) + "\n"
    writers: dict[str, Callable[..., str]] = {"srt": as_srt, "vtt": as_vtt}
    return writers[request.form](cues(result, duration, model.join))


def _plain(value: Any) -> Any:
    """Round seconds and log-probabilities, of which single precision has no more digits."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def _deliver(file: Path, content: str, request: TranscribeRequest, several: bool) -> None:
    if request.output_dir is not None:
        try:
            request.output_dir.mkdir(parents=True, exist_ok=True)
            replace_text(request.output_dir / f"{file.stem}{SUFFIXES[request.form]}", content)
        except OSError as error:
            raise UserError(f"{request.output_dir}: the output cannot be written ({error.strerror}).") from error
        return
    head = f"{file}:\n" if several and request.form == "text" else ""
    with tqdm.external_write_mode(file=sys.stdout):
        sys.stdout.write(head + content)
        sys.stdout.flush()
