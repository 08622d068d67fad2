import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from espnet_soups.corpora.headers import CUT_OFF, UNREADABLE, Unusable, read_headers
from espnet_soups.corpora.truncation import declared_size, is_cut_off

TONE = np.sin(np.arange(16000) / 10)


def write(path: Path) -> bytes:
    formats = {".mp3": ("MP3", "MPEG_LAYER_III"), ".wav": ("WAV", "PCM_16"), ".flac": ("FLAC", "PCM_16")}
    container, subtype = formats[path.suffix]
    soundfile.write(path, TONE, 16000, format=container, subtype=subtype)
    return path.read_bytes()


@pytest.mark.parametrize("suffix", [".mp3", ".wav"])
def test_a_whole_file_has_the_size_that_it_declares(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    content = write(path)
    assert declared_size(path) == len(content)


def test_a_tag_before_the_stream_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    content = write(path)
    path.write_bytes(b"ID3\x04\x00\x00" + bytes([0, 0, 1, 44]) + b"\x00" * 172 + content)
    assert declared_size(path) == 182 + len(content)


@pytest.mark.parametrize("content", [b"", b"ID3", b"no audio at all", b"RIFF\x00\x00\x00\x00WAVE", b"Xing"])
def test_a_file_without_a_size_declares_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert declared_size(path) is None


@pytest.mark.parametrize("size", [0x7FFFF024, 0x7FFFF020, 0xFFFFFFFF])
def test_wav_from_a_pipe_declares_none(size: int, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    content = write(path)
    path.write_bytes(content[:4] + struct.pack("<I", size) + content[8:])
    assert declared_size(path) is None


def test_a_header_without_bytes_declares_none(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"\xff\xfb\x94\xc4" + b"\x00" * 17 + b"Info" + struct.pack(">II", 1, 85) + b"\x00" * 100)
    assert declared_size(path) is None
    path.write_bytes(b"\xff\xfb\x94\xc4" + b"\x00" * 17 + b"Info" + struct.pack(">II", 2, 9000) + b"\x00" * 100)
    assert declared_size(path) == 9000


def test_rounding_is_no_truncation() -> None:
    assert not is_cut_off(995, 1000)
    assert is_cut_off(985, 1000)
    assert not is_cut_off(1, None)
    assert not is_cut_off(1200, 1000)


def test_headers_give_lengths_and_tell_what_is_wrong(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.flac", "b.mp3", "c.wav", "d.wav")]
    for path in paths[:3]:
        write(path)
    paths[2].write_bytes(paths[2].read_bytes()[:9000])
    paths[3].write_bytes(b"something else")
    flac, mp3, cut, other = read_headers(paths, tmp_path / "headers", nj=1)
    assert flac == 16000
    assert mp3 == 16000
    assert cut == Unusable(CUT_OFF, "9000 of 32044 bytes")
    assert isinstance(other, Unusable)
    assert other.reason == UNREADABLE


def test_headers_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.flac"
    write(path)
    assert list(read_headers([path], tmp_path / "headers", nj=1)) == [16000]
    monkeypatch.setattr(soundfile, "info", lambda _: pytest.fail("the header was read again"))
    assert list(read_headers([path], tmp_path / "headers", nj=1)) == [16000]
    path.unlink()
    assert isinstance(next(read_headers([path], tmp_path / "headers", nj=1)), Unusable)
