import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from espnet_soups.corpora.asterisk import acquire as module
from espnet_soups.corpora.asterisk.acquire import acquire
from espnet_soups.corpora.asterisk.voices import find_voices
from espnet_soups.errors import UserError

type MakeCorpus = Callable[..., Path]
type MakeTarball = Callable[[Path, dict[str, bytes]], Path]


def pack(root: Path, make_tarball: MakeTarball, to: Path) -> list[Path]:
    """Pack every folder of a release layout as the archive it came from."""
    archives = []
    for folder in sorted(root.iterdir()):
        members = {f.relative_to(folder).as_posix(): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}
        archives.append(make_tarball(to / f"{folder.name}.tar.gz", members))
    return archives


def test_an_extracted_directory_is_used_where_it_is(tmp_path: Path, make_corpus: MakeCorpus) -> None:
    root = make_corpus()
    assert acquire(["en", "it"], tmp_path / "downloads", audio_dir=root) == root
    assert not (tmp_path / "downloads").exists()


def test_a_directory_of_release_archives(tmp_path: Path, make_corpus: MakeCorpus, make_tarball: MakeTarball) -> None:
    pack(make_corpus(layout="release"), make_tarball, tmp_path / "archives")
    root = acquire(["it"], tmp_path / "downloads", audio_dir=tmp_path / "archives", transcripts_only=["en"])
    assert [voice.language for voice in find_voices(root, ["en", "it"])] == ["en", "it"]
    assert sorted(p.name for p in root.iterdir() if p.is_dir()) == [
        "asterisk-core-sounds-en-g722-1.6.1",
        "asterisk-core-sounds-it-g722-1.6.1",
    ]


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_a_directory_of_packages(tmp_path: Path, make_corpus: MakeCorpus) -> None:
    tree = make_corpus()
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(
        "Package: asterisk-core-sounds-it\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n"
    )
    (tmp_path / "debs").mkdir()
    name = tmp_path / "debs/asterisk-core-sounds-it_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", str(tree), str(name)], check=True, capture_output=True)
    root = acquire(["it"], tmp_path / "downloads", audio_dir=tmp_path / "debs")
    assert len(find_voices(root, ["it"])[0].audio_files()) == 39


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"--audio_dir {tmp_path}/absent is not a directory"):
        acquire(["en"], tmp_path, audio_dir=tmp_path / "absent")


@pytest.fixture
def sources(
    tmp_path: Path, make_corpus: MakeCorpus, make_tarball: MakeTarball, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Replace both downloads, the Debian one by a failure; the result is what the web was asked for."""
    archives = pack(make_corpus(layout="release"), make_tarball, tmp_path / "archives")
    asked: list[str] = []

    def from_web(names: list[str], directory: Path, base_url: str) -> list[Path]:
        asked.extend([*names, base_url, directory.name])
        return archives

    def fail(*_: object) -> list[Path]:
        raise UserError("the command apt-get is missing")

    monkeypatch.setattr(module.debian, "download_packages", fail)
    monkeypatch.setattr(module.web, "download_archives", from_web)
    return asked


def test_auto_says_why_it_goes_to_the_web(
    tmp_path: Path, sources: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    root = acquire(["it"], tmp_path / "downloads", transcripts_only=["en"], base_url="http://x", version="9")
    assert find_voices(root, ["it"])[0].language == "it"
    assert sources == [
        "asterisk-core-sounds-it-g722-9.tar.gz",
        "asterisk-core-sounds-en-g722-9.tar.gz",
        "http://x",
        "web",
    ]
    assert "Debian packages: the command apt-get is missing; now trying the web" in capsys.readouterr().out


def test_debian_alone_does_not(tmp_path: Path, sources: list[str]) -> None:
    with pytest.raises(UserError, match="the command apt-get is missing"):
        acquire(["it"], tmp_path / "downloads", source="debian")
    assert sources == []
