import io
import tarfile
from pathlib import Path

import pytest

from espnet_soups.corpora.unpack import unpacked
from espnet_soups.errors import UserError


def make_tar(path: Path, members: dict[str, bytes], links: dict[str, str] | None = None) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return path


def test_the_content_is_there_until_the_end_of_the_context(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "a.tar.gz", {"a/b.txt": b"hello"})
    with unpacked(archive, tmp_path / "to") as folder:
        assert (folder / "a" / "b.txt").read_bytes() == b"hello"
    assert list((tmp_path / "to").iterdir()) == []


def test_what_an_interrupted_extraction_left_is_removed(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "a.tar.gz", {"a": b"hello"})
    leftover = tmp_path / ".a.tar.gz.tmp"
    leftover.mkdir()
    (leftover / "half").touch()
    with unpacked(archive, tmp_path) as folder:
        assert [path.name for path in folder.iterdir()] == ["a"]


@pytest.mark.parametrize("name", ["../outside", "a/../../outside"])
def test_members_that_would_land_outside_are_refused(name: str, tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "a.tar.gz", {name: b"evil"})
    with pytest.raises(UserError, match=r"a\.tar\.gz: the archive is not safe to extract"), unpacked(archive, tmp_path):
        pass
    assert not (tmp_path.parent / "outside").exists()


def test_links_to_the_outside_are_refused(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "a.tar.gz", {}, {"link": "../../secret"})
    with pytest.raises(UserError, match="not safe to extract"), unpacked(archive, tmp_path):
        pass


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_truncated_archive_is_damaged(share: float, tmp_path: Path) -> None:
    content = bytes(i * i % 251 for i in range(200_000))
    archive = make_tar(tmp_path / "a.tar.gz", {"a": content, "b": content})
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(UserError, match="the archive is damaged"), unpacked(archive, tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


def test_a_flipped_byte_is_damage(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "a.tar.gz", {"a": bytes(range(256)) * 50})
    content = bytearray(archive.read_bytes())
    content[-6] ^= 0xFF  # in the checksum that gzip wrote
    archive.write_bytes(content)
    with pytest.raises(UserError, match="the archive is damaged"), unpacked(archive, tmp_path):
        pass
