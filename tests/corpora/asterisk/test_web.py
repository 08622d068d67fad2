import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from espnet_soups.corpora.asterisk.web import archive_names, download_archives
from espnet_soups.errors import UserError

CONTENT = bytes(range(256)) * 2000


@dataclass
class Site:
    """Files served over HTTP, and what was asked for."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    resumable: bool = True
    cut_after: list[int] = field(default_factory=list)
    """Break off the next answers after so many bytes."""
    fail_with: int | None = None


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr("time.sleep", lambda _: None)
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, byte_range = self.path.lstrip("/"), self.headers.get("Range")
            served.requests.append((name, byte_range))
            if served.fail_with is not None:
                return self.send_error(served.fail_with)
            if name not in served.files:
                return self.send_error(404)
            body, start = served.files[name], 0
            if byte_range is not None and served.resumable:
                start = int(byte_range.removeprefix("bytes=").removesuffix("-"))
                if start >= len(body):
                    return self.send_error(416)
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            is_archive = name.endswith(".gz")
            end = start + served.cut_after.pop(0) if is_archive and served.cut_after else len(body)
            self.wfile.write(body[start:end])
            return None

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    server.shutdown()
    server.server_close()


def publish(site: Site, name: str = "a.tar.gz", algorithm: str = "sha1", content: bytes = CONTENT) -> None:
    site.files[name] = content
    site.files[f"{name}.{algorithm}"] = f"{hashlib.new(algorithm, content).hexdigest()}  {name}\n".encode()


def archive_requests(site: Site) -> list[str | None]:
    return [byte_range for name, byte_range in site.requests if name.endswith(".gz")]


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
def test_download_is_checked_and_kept(tmp_path: Path, site: Site, algorithm: str) -> None:
    publish(site, algorithm=algorithm)
    for _ in range(2):
        assert download_archives(["a.tar.gz"], tmp_path, site.url) == [tmp_path / "a.tar.gz"]
    assert (tmp_path / "a.tar.gz").read_bytes() == CONTENT
    assert archive_requests(site) == [None]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["SHA256SUMS", "a.tar.gz"]


def test_a_damaged_file_is_fetched_again(tmp_path: Path, site: Site) -> None:
    publish(site)
    publish(site, "b.tar.gz")
    download_archives(["a.tar.gz", "b.tar.gz"], tmp_path, site.url)
    (tmp_path / "a.tar.gz").write_bytes(CONTENT[:-1] + b"x")
    download_archives(["a.tar.gz", "b.tar.gz"], tmp_path, site.url)
    assert (tmp_path / "a.tar.gz").read_bytes() == CONTENT
    assert [name for name, _ in site.requests if name.endswith(".gz")] == ["a.tar.gz", "b.tar.gz", "a.tar.gz"]


def test_an_interrupted_download_goes_on(tmp_path: Path, site: Site) -> None:
    publish(site)
    site.cut_after = [100_000, 50_000]
    download_archives(["a.tar.gz"], tmp_path, site.url)
    assert (tmp_path / "a.tar.gz").read_bytes() == CONTENT
    assert archive_requests(site) == [None, "bytes=100000-", "bytes=150000-"]


def test_a_stopped_program_goes_on(tmp_path: Path, site: Site) -> None:
    publish(site)
    site.cut_after = [1000, 1000, 1000]
    with pytest.raises(UserError, match=r"a.tar.gz: the download stopped .*; start again to go on with it"):
        download_archives(["a.tar.gz"], tmp_path, site.url)
    assert (tmp_path / "a.tar.gz.part").stat().st_size == 3000
    download_archives(["a.tar.gz"], tmp_path, site.url)
    assert archive_requests(site)[-1] == "bytes=3000-"
    assert (tmp_path / "a.tar.gz").read_bytes() == CONTENT


def test_a_complete_part_is_not_fetched_again(tmp_path: Path, site: Site) -> None:
    publish(site)
    (tmp_path / "a.tar.gz.part").write_bytes(CONTENT)
    download_archives(["a.tar.gz"], tmp_path, site.url)
    assert (tmp_path / "a.tar.gz").read_bytes() == CONTENT


def test_servers_that_cannot_resume_send_everything(tmp_path: Path, site: Site) -> None:
    publish(site)
    site.resumable = False
    (tmp_path / "a.tar.gz.part").write_bytes(b"the beginning of something else")
    download_archives(["a.tar.gz"], tmp_path, site.url)
    assert (tmp_path / "a.tar.gz").read_bytes() == CONTENT


def test_a_wrong_part_is_thrown_away_once(tmp_path: Path, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    publish(site)
    (tmp_path / "a.tar.gz.part").write_bytes(b"x" * 1000)
    download_archives(["a.tar.gz"], tmp_path, site.url)
    assert (tmp_path / "a.tar.gz").read_bytes() == CONTENT
    assert "the sha1 checksum of the download is wrong; it is fetched again from the start" in capsys.readouterr().out


def test_what_never_matches_its_checksum_is_refused(tmp_path: Path, site: Site) -> None:
    publish(site)
    site.files["a.tar.gz"] = b"tampered"
    with pytest.raises(UserError, match=r"a.tar.gz: the sha1 checksum is wrong twice in a row"):
        download_archives(["a.tar.gz"], tmp_path, site.url)
    assert list(tmp_path.iterdir()) == []


def test_missing_things_are_explained(tmp_path: Path, site: Site) -> None:
    site.files["a.tar.gz"] = CONTENT
    with pytest.raises(UserError, match=r"a.tar.gz: no checksum is published beside it"):
        download_archives(["a.tar.gz"], tmp_path, site.url)
    publish(site)
    del site.files["a.tar.gz"]
    with pytest.raises(UserError, match=re.escape("a.tar.gz: the server says HTTP Error 404")):
        download_archives(["a.tar.gz"], tmp_path, site.url)
    site.fail_with = 503
    with pytest.raises(UserError, match=re.escape("a.tar.gz.sha256: the server says HTTP Error 503")):
        download_archives(["a.tar.gz"], tmp_path, site.url)
    with pytest.raises(UserError, match="no connection"):
        download_archives(["a.tar.gz"], tmp_path, "http://127.0.0.1:1")


def test_names() -> None:
    assert archive_names(["it"], "1.6.1") == ["asterisk-core-sounds-it-g722-1.6.1.tar.gz"]
