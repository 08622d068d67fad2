"""Uploading, with a stand-in for the Hub, and the line for the zoo's table."""

import csv
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from espnet_model_zoo import downloader
from huggingface_hub.errors import HTTPError, LocalTokenNotFoundError
from zoo.conftest import Packed
from zoo.test_pack import MEMBERS

from espnet_soups.bin.pack import main as pack
from espnet_soups.bin.push import main as push


class Hub:
    """Takes the place of HfApi, and remembers what it is asked to do."""

    asked: list[tuple[str, dict[str, Any]]]
    logged_in = True
    online = True

    def __init__(self, **options: Any) -> None:
        Hub.asked.append(("connect", options))

    def create_repo(self, name: str, **options: Any) -> str:
        if not Hub.logged_in:
            raise LocalTokenNotFoundError("no token")
        if not Hub.online:
            raise HTTPError("no network")
        Hub.asked.append(("create", {"name": name, **options}))
        return f"https://huggingface.co/{name}"

    def upload_folder(self, **options: Any) -> None:
        Hub.asked.append(("upload", options))


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> type[Hub]:
    monkeypatch.setattr(Hub, "asked", [], raising=False)
    monkeypatch.setattr(Hub, "logged_in", True)
    monkeypatch.setattr(Hub, "online", True)
    monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
    return Hub


def test_a_dry_run_lists_what_would_go(packed: Packed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    push([str(packed.zip), "--hf_repo", "me/tones", "--dry_run", "--cache", str(tmp_path)])
    first, *listed = capsys.readouterr().out.splitlines()
    assert first == "would upload to me/tones:"
    assert {line.split()[1] for line in listed[: len(MEMBERS)]} == MEMBERS
    sizes = {line.split()[1]: int(line.split()[0].replace(",", "")) for line in listed[: len(MEMBERS)]}
    assert sizes["valid.loss.ave.pth"] == (packed.recipe / "exp/tiny/valid.loss.ave.pth").stat().st_size
    assert Hub.asked == []


def test_the_files_go_up_in_one_commit(packed: Packed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    push([str(packed.zip), "--hf_repo", "me/tones", "--private", "--cache", str(tmp_path)])
    (_, create), (_, upload) = Hub.asked[1:]
    assert create == {"name": "me/tones", "private": True, "exist_ok": True}
    assert upload["repo_id"] == "me/tones"
    assert set(upload["allow_patterns"]) == MEMBERS
    assert all((upload["folder_path"] / name).is_file() for name in MEMBERS)
    assert "uploaded: https://huggingface.co/me/tones" in capsys.readouterr().out


def test_the_line_is_one_of_the_zoo_s_table(packed: Packed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    push([str(packed.zip), "--hf_repo", "me/tones", "--dry_run", "--cache", str(tmp_path)])
    line = capsys.readouterr().out.splitlines()[-1]
    with (Path(downloader.__file__).parent / "table.csv").open(encoding="utf-8") as table:
        columns = next(csv.reader(table))
    row = dict(zip(columns, next(csv.reader([line])), strict=True))
    chosen = {key: row[key] for key in ("corpus", "task", "name", "url", "fs", "lang", "valid")}
    assert chosen == {
        "corpus": "Tones",
        "task": "asr_st",
        "name": "me/tones",
        "url": "https://huggingface.co/me/tones",
        "fs": "16000",
        "lang": "multilingual",
        "valid": "true",
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hf_repo", "tones"], "--hf_repo 'tones' is not owner/name."),
        (["--hf_repo", "me/to/nes"], "--hf_repo 'me/to/nes' is not owner/name."),
        (["--hf_repo", "me/to--nes"], "--hf_repo 'me/to--nes' is no name that the Hub takes (Cannot have -- or .."),
        (["--hf_repo", "me/tones"], "Nobody is logged in to the Hugging Face Hub"),
    ],
)
def test_what_cannot_be_pushed(
    packed: Packed,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    hub: type[Hub],
    options: list[str],
    message: str,
) -> None:
    hub.logged_in = False
    with pytest.raises(SystemExit, match="1"):
        push([str(packed.zip), "--cache", str(tmp_path), *options])
    assert message in capsys.readouterr().err


def test_without_the_network(
    packed: Packed, tmp_path: Path, capsys: pytest.CaptureFixture[str], hub: type[Hub]
) -> None:
    hub.online = False
    with pytest.raises(SystemExit, match="1"):
        push([str(packed.zip), "--hf_repo", "me/tones", "--cache", str(tmp_path)])
    assert "The upload to me/tones failed (no network); run again to go on." in capsys.readouterr().err


def test_a_model_without_a_licence_stays_here(
    packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(packed.recipe)
    out = str(tmp_path / "bare.zip")
    pack(["--exp_dir", "exp/tiny", "--out", out])
    with pytest.raises(SystemExit, match="1"):
        push([out, "--hf_repo", "me/tones", "--cache", str(tmp_path)])
    assert "The model has no licence" in capsys.readouterr().err


def test_a_zip_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"):
        push([str(tmp_path / "none.zip"), "--hf_repo", "me/tones"])
    assert "none.zip does not exist; pack the model first" in capsys.readouterr().err
