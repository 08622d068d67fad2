"""Audio files that were cut off, as far as their first bytes tell: MP3 with a Xing header, and WAV."""

import struct
from pathlib import Path

_FIRST_BYTES = 4096
_XING_WITHIN = 64  # the tag stands 13, 21 or 36 bytes after the start of the first frame
_HAS_FRAMES, _HAS_BYTES = 1, 2
_TOLERANCE = 0.01  # encoders count the last frame in different ways
_UNKNOWN = 0x7FFFF000  # SoX writes this much, ffmpeg 0xFFFFFFFF, where the end cannot be known at the start


def declared_size(path: Path) -> int | None:
    """Return how many bytes ``path`` should have according to its own header, None if that does not say.

    Encoders of MP3 write a Xing (or Info) header with the size of the stream, WAV has it in its RIFF chunk.
    A program that writes to a pipe leaves it out, or puts zero or the most that fits. FLAC has no such field: it fails
    to decode.

    Raises:
        OSError: if the file cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(10)
        skipped = 0
        if start.startswith(b"ID3") and len(start) == 10:
            skipped = 10 + _synchsafe(start[6:])
        file.seek(skipped)
        head = file.read(_FIRST_BYTES)
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return _positive(8 + struct.unpack_from("<I", head, 4)[0], 8)
    stream = _xing_bytes(head)
    return None if stream is None else skipped + stream


def is_cut_off(size: int, declared: int | None) -> bool:
    """Tell whether a file of ``size`` bytes lacks more than rounding of the ``declared`` ones."""
    return declared is not None and size < declared * (1 - _TOLERANCE)


def _xing_bytes(head: bytes) -> int | None:
    found = max(head.find(tag, 0, _XING_WITHIN) for tag in (b"Xing", b"Info"))
    if found < 0 or len(head) < found + 16:
        return None
    (flags,) = struct.unpack_from(">I", head, found + 4)
    if not flags & _HAS_BYTES:
        return None
    place = found + 8 + (4 if flags & _HAS_FRAMES else 0)
    return _positive(struct.unpack_from(">I", head, place)[0], 0)


def _positive(size: int, empty: int) -> int | None:
    return size if empty < size < _UNKNOWN else None


def _synchsafe(octets: bytes) -> int:
    value = 0
    for octet in octets:
        value = value << 7 | octet & 0x7F
    return value
