import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from espnet_soups.corpora.asterisk.archives import extract_all, intact_files, write_manifest
from espnet_soups.errors import UserError

type MakeTarball = Callable[[Path, dict[str, bytes]], Path]


def test_a_changed_or_missing_file_is_not_intact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert intact_files(tmp_path) == set()
    for name in "abc":
        (tmp_path / name).write_text(name)
    write_manifest(tmp_path, ["a", "b", "c"])
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path, check=True)
    assert intact_files(tmp_path) == {"a", "b", "c"}
    (tmp_path / "b").write_text("damaged")
    (tmp_path / "c").unlink()
    assert intact_files(tmp_path) == {"a"}
    assert not (tmp_path / "b").exists()
    assert f"{tmp_path / 'b'}: its checksum is not the one in" in capsys.readouterr().out


def test_extraction_happens_once_and_follows_the_archives(tmp_path: Path, make_tarball: MakeTarball) -> None:
    first = make_tarball(tmp_path / "one-1.6.1.tar.gz", {"digits/1.wav": b"1"})
    second = make_tarball(tmp_path / "two.tar.gz", {"x.txt": b"2"})
    target = tmp_path / "extracted"
    assert extract_all([first, second], target) == target
    assert (target / "one-1.6.1/digits/1.wav").read_bytes() == b"1"
    assert (target / "two/x.txt").read_bytes() == b"2"
    inode = (target / "two/x.txt").stat().st_ino
    os.utime(first)
    extract_all([second, first], target)
    assert (target / "two/x.txt").stat().st_ino == inode
    make_tarball(first, {"digits/1.wav": b"new"})
    extract_all([first, second], target)
    assert (target / "one-1.6.1/digits/1.wav").read_bytes() == b"new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["extracted", "one-1.6.1.tar.gz", "two.tar.gz"]


def add_link(tar: tarfile.TarFile, name: str, target: str) -> None:
    member = tarfile.TarInfo(name)
    member.type = tarfile.SYMTYPE
    member.linkname = target
    tar.addfile(member)


def add_file(tar: tarfile.TarFile, name: str) -> None:
    member = tarfile.TarInfo(name)
    member.size = 4
    tar.addfile(member, io.BytesIO(b"evil"))


@pytest.mark.parametrize(
    "attack",
    [
        lambda tar: add_file(tar, "../evil.txt"),
        lambda tar: add_file(tar, "a/../../../evil.txt"),
        lambda tar: (add_link(tar, "door", ".."), add_file(tar, "door/evil.txt")),
        lambda tar: add_link(tar, "door", "/etc/passwd"),
    ],
)
def test_hostile_archives_are_refused(tmp_path: Path, attack: Callable[[tarfile.TarFile], object]) -> None:
    archive = tmp_path / "download" / "hostile.tar.gz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as tar:
        add_file(tar, "good.txt")
        attack(tar)
    with pytest.raises(UserError, match=r"hostile.tar.gz: the archive is not safe to extract"):
        extract_all([archive], tmp_path / "download/extracted")
    assert not (tmp_path / "download/extracted").exists()
    assert [file for file in tmp_path.rglob("evil.txt") if ".extracted.tmp" not in file.parts] == []


def test_absolute_names_stay_inside(tmp_path: Path, make_tarball: MakeTarball) -> None:
    archive = make_tarball(tmp_path / "a.tar.gz", {"/etc/harmless.txt": b"x"})
    extract_all([archive], tmp_path / "extracted")
    assert (tmp_path / "extracted/a/etc/harmless.txt").exists()


def test_damaged_archives_are_named(tmp_path: Path, make_tarball: MakeTarball) -> None:
    archive = make_tarball(tmp_path / "cut.tar.gz", {"a": bytes(range(256)) * 99})
    archive.write_bytes(archive.read_bytes()[:200])
    with pytest.raises(UserError, match=r"cut.tar.gz: the archive is damaged"):
        extract_all([archive], tmp_path / "extracted")
    make_tarball(archive, {"a": b"x"})
    extract_all([archive], tmp_path / "extracted")  # what the failure left does not matter
    assert (tmp_path / "extracted/cut/a").read_bytes() == b"x"


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="needs dpkg")
def test_damaged_packages_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.deb").write_bytes(b"!<arch>\nno package")
    with pytest.raises(UserError, match=r"bad.deb: the package is damaged"):
        extract_all([tmp_path / "bad.deb"], tmp_path / "extracted")


def test_packages_need_dpkg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.deb").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="the command dpkg is missing"):
        extract_all([tmp_path / "a.deb"], tmp_path / "extracted")
