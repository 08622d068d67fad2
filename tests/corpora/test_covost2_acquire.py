import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from espnet_soups.corpora.checksums import digest_of
from espnet_soups.corpora.covost2 import acquire
from espnet_soups.corpora.covost2.acquire import get_translations
from espnet_soups.corpora.download import Remote
from espnet_soups.errors import UserError
from tests.replicas.covost2 import make_covost2, pack_translations
from tests.replicas.packing import pack
from tests.replicas.server import Server, serve

NAME = "covost_v2.fr_en.tsv"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    root = make_covost2(tmp_path / "replica", {"fr": (2, 1, 1)}, few_clips=True)
    shutil.copy(root / "covost" / NAME, tmp_path / NAME)
    pack_translations(root)
    with serve(root / "covost") as server:
        yield server


@pytest.fixture(autouse=True)
def _archive_of_the_replica(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def archive(_: str, base_url: str) -> Remote:
        file = server.folder / f"{NAME}.tar.gz"
        return Remote(f"{base_url}/{file.name}", file.stat().st_size, digest_of(file, "sha256"))

    monkeypatch.setattr(acquire, "archive", archive)


def test_tables_are_downloaded_and_extracted_once(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        tables = get_translations(["fr-en"], tmp_path / "downloads", base_url=server.url)
        assert tables == {"fr-en": tmp_path / "downloads" / NAME}
        assert tables["fr-en"].read_bytes() == (tmp_path / NAME).read_bytes()
    assert len(server.requests) == 1


def test_archives_of_the_user_are_extracted_elsewhere(server: Server, tmp_path: Path) -> None:
    before = sorted(server.folder.iterdir())
    tables = get_translations(["fr-en"], tmp_path / "downloads", translations_dir=server.folder)
    assert tables["fr-en"].read_bytes() == (tmp_path / NAME).read_bytes()
    assert sorted(server.folder.iterdir()) == before
    assert server.requests == []


def test_tables_of_the_user_are_used_as_they_are(server: Server, tmp_path: Path) -> None:
    assert get_translations(["fr-en"], tmp_path / "d", translations_dir=tmp_path) == {"fr-en": tmp_path / NAME}
    assert server.requests == []


def test_an_archive_without_the_table_is_refused(server: Server, tmp_path: Path) -> None:
    pack(server.folder / f"{NAME}.tar.gz", {"readme.txt": tmp_path / NAME})
    with pytest.raises(UserError, match=rf"there is no {NAME} in it; is it the right archive\?"):
        get_translations(["fr-en"], tmp_path / "downloads", base_url=server.url)
    assert not (tmp_path / "downloads" / NAME).exists()


def test_neither_table_nor_archive(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UserError, match=r"--translations_dir .*empty: neither .* \(licence CC0-1\.0\)"):
        get_translations(["fr-en"], tmp_path / "downloads", translations_dir=empty)
