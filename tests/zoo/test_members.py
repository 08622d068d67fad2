"""Hostile archives: each is refused with one sentence, before anything is written."""

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from espnet_soups.errors import UserError
from espnet_soups.zoo import members
from espnet_soups.zoo.members import extract, is_safe_name


def write_zip(path: Path, *content: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in content:
            archive.writestr(name, data)
    return path


def special(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def refused(archive: Path, tmp_path: Path) -> str:
    """The reason; nothing has been written anywhere."""
    before = files_below(tmp_path)
    with pytest.raises(UserError) as error:
        extract(archive, tmp_path / "cache/model")
    assert [name for name in files_below(tmp_path) if name not in (*before, "cache")] == []
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/evil", "C:/evil", "a\\..\\evil", "a//b", "./a", "..", "a/\x1b[2Jb", "a\nb", "a/./b"],
)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    assert not is_safe_name(name)
    archive = write_zip(tmp_path / "a.zip", ("meta.yaml", b"fine"), (name, b"evil"))
    assert refused(archive, tmp_path) == (
        f"{archive} is refused: its member {name!r} would be written outside the folder."
    )


def test_a_name_that_ends_early_for_some(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", ("aXb", b"evil"))
    archive.write_bytes(archive.read_bytes().replace(b"aXb", b"a\0b"))
    assert "is refused: its member 'a' would be written outside" in refused(archive, tmp_path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices(tmp_path: Path, kind: int) -> None:
    archive = write_zip(tmp_path / "a.zip", (special("weights.pth", kind), b"/etc/passwd"))
    assert refused(archive, tmp_path) == (
        f"{archive} is refused: its member 'weights.pth' is a link or a device, not a file."
    )


def test_a_giant_member(tmp_path: Path) -> None:
    size = 8 << 20
    archive = write_zip(tmp_path / "a.zip", ("weights.pth", bytes(size)), compression=zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(archive) as content:
        compressed = content.infolist()[0].compress_size
    assert refused(archive, tmp_path) == (
        f"{archive} is refused: its member 'weights.pth' would grow from {compressed} to {size} bytes."
    )


def test_a_giant_member_that_says_it_is_small(tmp_path: Path) -> None:
    size = 8 << 20
    archive = write_zip(tmp_path / "a.zip", ("weights.pth", bytes(size)), compression=zipfile.ZIP_DEFLATED)
    archive.write_bytes(archive.read_bytes().replace(struct.pack("<L", size), struct.pack("<L", 1000)))
    assert "is not a zip archive, or it is damaged" in refused(archive, tmp_path)


def test_too_much_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = write_zip(tmp_path / "a.zip", ("a", bytes(600)), ("b", bytes(600)))
    monkeypatch.setattr(members, "MOST_BYTES", 1000)
    assert refused(archive, tmp_path) == (
        f"{archive} is refused: it would take 1200 bytes, and a model takes at most 1000."
    )


def test_too_many_members(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", *((f"{n}", b"") for n in range(1001)))
    assert "has 1001 members, and a model has at most 1000" in refused(archive, tmp_path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_in_each_other_s_place(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", ("meta.yaml", b"one"), ("meta.yaml", b"other"))
    assert "has the member 'meta.yaml' twice" in refused(archive, tmp_path)
    archive = write_zip(tmp_path / "b.zip", ("a", b"one"), ("a/b", b"other"))
    assert "its member 'a' is a file and a folder" in refused(archive, tmp_path)


def test_encryption(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", ("a", b"content"))
    content = bytearray(archive.read_bytes())
    content[6] |= 1  # flags of the local header
    content[content.index(b"PK\1\2") + 8] |= 1  # and of the directory
    archive.write_bytes(content)
    assert "its member 'a' is encrypted" in refused(archive, tmp_path)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\5\6" + bytes(17)])
def test_what_is_no_zip(tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(content)
    assert "is not a zip archive, or it is damaged" in refused(archive, tmp_path)


def test_damage(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", ("a", b"the content"))
    archive.write_bytes(archive.read_bytes().replace(b"the content", b"thE content"))
    assert "Bad CRC-32" in refused(archive, tmp_path)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = write_zip(tmp_path / "a.zip", ("a", b"content"))
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert "unpacking a.zip needs 1.0 GiB of free disk" in refused(archive, tmp_path)


def test_an_honest_archive(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", ("folder/", b""), ("folder/ünïcode.txt", b"1"), ("meta.yaml", b"2"))
    extract(archive, tmp_path / "cache/model")
    assert files_below(tmp_path / "cache") == ["model", "model/folder", "model/folder/ünïcode.txt", "model/meta.yaml"]
    assert (tmp_path / "cache/model/meta.yaml").read_bytes() == b"2"


def test_a_second_extraction_of_the_same_is_welcome(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", ("meta.yaml", b"2"))
    extract(archive, tmp_path / "cache/model")
    extract(archive, tmp_path / "cache/model")
    assert files_below(tmp_path / "cache") == ["model", "model/meta.yaml"]
