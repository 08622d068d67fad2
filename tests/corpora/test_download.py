import hashlib
import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from espnet_soups.corpora import download as module
from espnet_soups.corpora.download import Remote, bytes_to_fetch, download, obtain
from espnet_soups.errors import UserError
from tests.replicas.server import Server, serve

CONTENT = bytes(range(256)) * 1000
DIGEST = f"md5:{hashlib.md5(CONTENT).hexdigest()}"

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "a.tar.gz").write_bytes(CONTENT)
    with serve(tmp_path / "web") as server:
        yield server


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.time, "sleep", lambda _: None)


def remote(server: Server, digest: str | None = DIGEST, name: str = "a.tar.gz") -> Remote:
    return Remote(f"{server.url}/{name}", len(CONTENT), digest)


def fetch(server: Server, folder: Path, digest: str | None = DIGEST, name: str = "a.tar.gz") -> Path:
    return download(remote(server, digest, name), folder, by_hand="get it by hand")


def test_a_file_is_downloaded_once(server: Server, tmp_path: Path) -> None:
    first = fetch(server, tmp_path / "downloads")
    assert first.read_bytes() == CONTENT
    assert fetch(server, tmp_path / "downloads") == first
    assert server.requests == [("/a.tar.gz", None)]


def test_a_broken_download_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.break_after = 100_000
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.requests == [("/a.tar.gz", None), ("/a.tar.gz", "bytes=100000-")]


def test_the_part_of_an_earlier_run_is_used(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz.part").write_bytes(CONTENT[:50_000])
    assert bytes_to_fetch(remote(server), tmp_path) == len(CONTENT) - 50_000
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.requests == [("/a.tar.gz", "bytes=50000-")]
    assert bytes_to_fetch(remote(server), tmp_path) == 0


def test_a_part_that_is_whole_is_only_checked(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz.part").write_bytes(CONTENT)
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_server_that_cannot_resume_sends_everything_again(server: Server, tmp_path: Path) -> None:
    server.resumes = False
    (tmp_path / "a.tar.gz.part").write_bytes(b"x" * 50_000)
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_damaged_part_is_downloaded_again(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.tar.gz.part").write_bytes(b"x" * 50_000)
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert "checksum of the download is wrong" in capsys.readouterr().out


def test_a_wrong_checksum_stops_after_the_second_time(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="wrong twice in a row; get it by hand"):
        fetch(server, tmp_path, "md5:" + "0" * 32)
    assert list(tmp_path.glob("a.tar*")) == []


def test_a_file_that_changed_is_downloaded_again(server: Server, tmp_path: Path) -> None:
    file = fetch(server, tmp_path)
    file.write_bytes(b"damaged")
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_without_a_published_checksum_that_of_the_download_is_kept(server: Server, tmp_path: Path) -> None:
    file = fetch(server, tmp_path, None)
    file.write_bytes(b"damaged")
    assert fetch(server, tmp_path, None).read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_a_missing_file_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"b\.tar\.gz: the download failed \(HTTP Error 404: Not Found\); run again"):
        fetch(server, tmp_path, name="b.tar.gz")
    assert len(server.requests) == 1


def test_no_connection_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the download failed .* get it by hand"):
        download(Remote("http://127.0.0.1:9/a.tar.gz"), tmp_path, by_hand="get it by hand")


def test_the_disk_is_checked_before_the_download(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 0, 1 << 30))
    with pytest.raises(UserError, match=r"a\.tar\.gz needs 1\.0 GiB of free disk, 1\.0 GiB are free"):
        obtain(remote(server), tmp_path, None, option="--audio_dir", licence="CC0", unpacked_ratio=2)
    assert server.requests == []


def test_the_users_archive_is_checked_and_nothing_is_written_beside_it(server: Server, tmp_path: Path) -> None:
    own = server.folder
    got = obtain(remote(server), tmp_path / "d", own, option="--audio_dir", licence="CC0", unpacked_ratio=1)
    assert got == own / "a.tar.gz"
    assert [path.name for path in own.iterdir()] == ["a.tar.gz"]
    assert server.requests == []


def test_a_damaged_archive_of_the_users_is_refused(server: Server, tmp_path: Path) -> None:
    (server.folder / "a.tar.gz").write_bytes(b"damaged")
    with pytest.raises(UserError, match="its checksum is not the published md5"):
        obtain(remote(server), tmp_path, server.folder, option="--audio_dir", licence="CC0", unpacked_ratio=1)


def test_a_missing_archive_of_the_users_is_named_with_its_licence(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--audio_dir .*: neither a\.tar\.gz is there .* \(licence CC0\)"):
        obtain(remote(server), tmp_path, tmp_path, option="--audio_dir", licence="CC0", unpacked_ratio=1)
