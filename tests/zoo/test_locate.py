"""From a name to a folder: zip, folder, URL, tag."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError
from zoo.conftest import Packed

from espnet_soups.errors import UserError
from espnet_soups.zoo.bundle import open_bundle
from espnet_soups.zoo.locate import default_cache, locate


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, and counts."""

    asked: list[str]
    cut = 0

    def do_GET(self) -> None:
        Handler.asked.append(self.path)
        super().do_GET()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        content = source.read()
        outputfile.write(content[: len(content) - Handler.cut])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(packed: Packed, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Handler, "asked", [], raising=False)
    monkeypatch.setattr(Handler, "cut", 0)
    handler = functools.partial(Handler, directory=packed.zip.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_url_is_downloaded_once(server: str, tmp_path: Path) -> None:
    first = locate(f"{server}/model.zip", tmp_path)
    assert open_bundle(first).facts()["name"] == "tiny"
    assert locate(f"{server}/model.zip", tmp_path) == first
    assert Handler.asked == ["/model.zip"]


@pytest.mark.parametrize(("name", "cut", "message"), [("none.zip", 0, "404"), ("model.zip", 100, "")])
def test_a_download_that_fails_leaves_nothing(server: str, tmp_path: Path, name: str, cut: int, message: str) -> None:
    Handler.cut = cut
    with pytest.raises(UserError, match=f"{server}/{name}.*{message}"):
        locate(f"{server}/{name}", tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_page_in_the_place_of_a_model_is_not_kept(server: str, packed: Packed, tmp_path: Path) -> None:
    served = packed.zip.with_name("later.zip")
    served.write_text("<html>Come back later.</html>")
    with pytest.raises(UserError, match=f"{server}/later.zip is not a zip archive"):
        locate(f"{server}/later.zip", tmp_path)
    served.write_bytes(packed.zip.read_bytes())
    assert open_bundle(locate(f"{server}/later.zip", tmp_path)).facts()["name"] == "tiny"


def test_a_tag_of_the_hub(packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = locate(packed.zip, tmp_path)
    asked = []

    def snapshot(name: str, **options: Any) -> str:
        asked.append((name, options["revision"]))
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    for tag in ("me/tones", "me/tones@v2", "https://huggingface.co/me/tones"):
        assert locate(tag, tmp_path) == folder
    # The zoo's table sends this one to the Hub by a URL.
    assert locate("reazon-research/reazonspeech-espnet-v1", tmp_path) == folder
    assert asked == [
        ("me/tones", None),
        ("me/tones", "v2"),
        ("me/tones", None),
        ("reazon-research/reazonspeech-espnet-v1", None),
    ]


def test_a_tag_that_nobody_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def snapshot(*_: Any, **__: Any) -> str:
        raise LocalEntryNotFoundError("no such thing\nand more")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    with pytest.raises(UserError, match=r"no model 'me/none' in the zoo.*\(no such thing\)\.$"):
        locate("me/none", tmp_path)


@pytest.mark.parametrize("name", ["model.zip", "./none/model.zip", "exp/model.zip", "a b"])
def test_nothing_of_the_kind(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="neither a file or folder, nor a URL, nor the tag"):
        locate(name, tmp_path)


def test_the_cache_s_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("ESPNET_SOUPS_CACHE", raising=False)
    assert default_cache() == tmp_path / ".cache/espnet_soups"
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert default_cache() == Path("/x/espnet_soups")
    monkeypatch.setenv("ESPNET_SOUPS_CACHE", "/y")
    assert default_cache() == Path("/y")
