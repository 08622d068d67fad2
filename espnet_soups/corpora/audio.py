"""Reading, resampling and writing audio: float32 mono in [-1, 1) inside, 16-bit files outside."""

import io
from pathlib import Path
from typing import Literal

import av
import kaldiio
import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from espnet_soups.corpora.kaldi_table import replace_bytes
from espnet_soups.corpora.truncation import declared_size, is_cut_off
from espnet_soups.errors import UserError

type Samples = npt.NDArray[np.float32]
"""Mono audio of shape ``(N,)``, in [-1, 1)."""

RATE = 16000
"""Sampling rate of everything after formatting, in Hz."""

_FULL_SCALE = 32768


class AudioError(UserError):
    """An audio file that cannot be used; preparers count and list these."""


def read_audio(path: Path) -> tuple[Samples, int]:
    """Read the audio of ``path`` and return it with its sampling rate in Hz; channels are averaged.

    Reads ``FILE.ark:OFFSET`` (an entry of a Kaldi archive), ``.g722`` and ``.sln16`` (headerless telephony
    formats, 16 kHz), all that libsndfile knows and, where libsndfile does not know the format, all that
    FFmpeg knows.

    Raises:
        AudioError: if the file is missing, cannot be decoded, is empty, or holds values that are not finite.
    """
    try:
        samples, rate = _decode(path)
    except (OSError, ValueError, RuntimeError, av.FFmpegError) as error:
        raise AudioError(f"{path}: the audio cannot be read ({error})") from error
    if samples.ndim == 2:
        samples = samples.mean(axis=1, dtype=np.float32)
    if samples.size == 0:
        raise AudioError(f"{path}: the file holds no audio")
    if not np.isfinite(samples).all():
        raise AudioError(f"{path}: the audio holds values that are not finite")
    return samples, rate


def read_whole_audio(path: Path) -> tuple[Samples, int]:
    """Read audio as :func:`read_audio` does, but refuse a file that was cut off: its text would say more than it.

    Decoders return what there is of such a file. It is told by the size that its own header declares
    (:mod:`espnet_soups.corpora.truncation`).

    Raises:
        AudioError: as :func:`read_audio`, and if the file is shorter than its header says.
    """
    samples, rate = read_audio(path)
    if path.is_file():  # not an entry of an archive
        size, declared = path.stat().st_size, declared_size(path)
        if is_cut_off(size, declared):
            raise AudioError(f"{path}: the audio is cut off ({size} of {declared} bytes)")
    return samples, rate


def _decode(path: Path) -> tuple[Samples, int]:
    archive, colon, offset = str(path).rpartition(":")
    if colon and offset.isdigit() and archive.endswith(".ark"):
        rate, samples = kaldiio.load_mat(str(path))
        return np.asarray(samples, dtype=np.float32), int(rate)
    if not path.is_file():
        raise AudioError(f"{path}: there is no such audio file")
    if path.stat().st_size == 0:
        raise AudioError(f"{path}: the file is empty")
    match path.suffix.lower():
        case ".g722":
            return _decode_with_ffmpeg(path, "g722")
        case ".sln16":
            return np.fromfile(path, dtype="<i2").astype(np.float32) / np.float32(_FULL_SCALE), RATE
    try:
        samples, rate = soundfile.read(path, dtype="float32")
    except soundfile.LibsndfileError as error:
        if error.code != 1:  # 1: libsndfile does not recognise the format
            raise
        return _decode_with_ffmpeg(path, None)
    return samples, rate


def _decode_with_ffmpeg(path: Path, container_format: str | None) -> tuple[Samples, int]:
    with av.open(str(path), format=container_format) as container:
        if not container.streams.audio:
            raise AudioError(f"{path}: the file holds no audio")
        rate = container.streams.audio[0].rate
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
        decoded = [frame for packet in container.decode(audio=0) for frame in resampler.resample(packet)]
        decoded.extend(resampler.resample(None))
    blocks = [frame.to_ndarray()[0] for frame in decoded]
    return (np.concatenate(blocks) if blocks else np.zeros(0, np.float32)), rate


def resample(samples: Samples, rate: float, new_rate: float) -> Samples:
    """Resample ``samples (N,)`` from ``rate`` to ``new_rate`` Hz: about ``N * new_rate / rate`` of them."""
    if rate == new_rate:
        return samples
    return np.asarray(soxr.resample(samples, rate, new_rate), dtype=np.float32)


def to_int16(samples: Samples) -> npt.NDArray[np.int16]:
    """Quantise to 16 bits, clipping at full scale; what was 16-bit audio comes back exactly."""
    return np.clip(np.rint(samples * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)


def write_audio(path: Path, samples: Samples, rate: int, audio_format: Literal["flac", "wav"]) -> None:
    """Write ``samples (N,)`` as 16-bit mono audio; an existing file is replaced in one step.

    Raises:
        AudioError: if there are no samples.
    """
    if samples.size == 0:
        raise AudioError(f"{path}: there is no audio to write")
    path.parent.mkdir(parents=True, exist_ok=True)
    # Through memory, because libsndfile makes the system wait for the disk at the end of every file.
    content = io.BytesIO()
    soundfile.write(content, to_int16(samples), rate, subtype="PCM_16", format=audio_format.upper())
    replace_bytes(path, content.getvalue())
