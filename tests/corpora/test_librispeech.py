import os
import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from espnet_soups.bin.prepare_librispeech import main
from espnet_soups.corpora.checksums import digest_of
from espnet_soups.corpora.data_dir import read_data_dir
from espnet_soups.corpora.download import Remote
from espnet_soups.corpora.librispeech import acquire
from espnet_soups.corpora.librispeech.acquire import get_parts
from espnet_soups.corpora.librispeech.prepare import Options
from espnet_soups.corpora.librispeech.published import PARTS, archive
from espnet_soups.errors import UserError
from tests.replicas.librispeech import FULL_SIZE, make_librispeech, pack_part
from tests.replicas.server import Server, serve

Usage = namedtuple("Usage", "total used free")

SIZES = {"train-clean-100": 5, "train-other-500": 4, "dev-clean": 2, "dev-other": 3, "test-clean": 2}
CHAPTER = Path("train-clean-100", "18", "1000")
FIRST = "18-1000-0000"


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_librispeech(tmp_path_factory.mktemp("replica"), SIZES, utterances_per_chapter=3)


@pytest.fixture
def corpus(replica: Path, tmp_path: Path) -> Path:
    """Return a copy of the replica that may be changed: the folder of its parts."""
    return Path(shutil.copytree(replica, tmp_path / "corpus")) / "LibriSpeech"


def run(corpus: Path, folder: Path, *options: str) -> None:
    parts = ("--parts", *SIZES) if "--parts" not in options else ()
    places = ("--audio_dir", str(corpus), "--download_dir", str(folder / "downloads"))
    main([*places, "--data_dir", str(folder / "data"), *parts, *options])


def report(folder: Path) -> list[str]:
    """Return the lines of the report without its header."""
    return (folder / "data" / "local" / "rows.tsv").read_text(encoding="utf-8").splitlines()[1:]


def line(*cells: str | int) -> str:
    return "\t".join(map(str, cells))


def test_parts_become_data_sets(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path)
    found = {path.name: len(read_data_dir(path)) for path in (tmp_path / "data").glob("*_*")}
    assert found == {"dev_clean": 2, "dev_other": 3, "test_clean": 2}
    assert len(read_data_dir(tmp_path / "data" / "train")) == 9
    assert len(read_data_dir(tmp_path / "data" / "valid")) == 5
    assert report(tmp_path) == []


def test_the_speaker_is_reader_and_chapter(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path)
    first = read_data_dir(tmp_path / "data" / "train")[0]
    assert (first.id, first.speaker, first.language) == (f"en-{FIRST}", "en-18-1000", "en")
    assert first.text == "today the house sees friend today"
    assert first.audio == replica / "LibriSpeech" / CHAPTER / f"{FIRST}.flac"
    assert first.audio.is_file()


def test_headers_are_read_if_asked_for(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path, "--check_audio", "--nj", "2")
    assert all((u.num_samples or 0) > 16000 for u in read_data_dir(tmp_path / "data" / "train"))


@pytest.mark.parametrize("inside", [True, False])
def test_the_folder_of_the_parts_or_that_above_it_is_given(inside: bool, replica: Path, tmp_path: Path) -> None:
    run(replica / "LibriSpeech" if inside else replica, tmp_path)
    assert len(read_data_dir(tmp_path / "data" / "train")) == 9


def test_a_recording_without_transcript(corpus: Path, tmp_path: Path) -> None:
    transcripts = corpus / CHAPTER / "18-1000.trans.txt"
    transcripts.write_text("".join(transcripts.read_text().splitlines(keepends=True)[1:]))
    run(corpus, tmp_path)
    place = f"{CHAPTER}/{FIRST}.flac"
    assert report(tmp_path) == [line("skipped", "no transcript", place, "", FIRST, "18-1000.trans.txt")]


def test_a_chapter_without_transcripts(corpus: Path, tmp_path: Path) -> None:
    (corpus / CHAPTER / "18-1000.trans.txt").unlink()
    run(corpus, tmp_path)
    assert [row.split("\t")[1] for row in report(tmp_path)] == ["no transcript"] * 3


def test_a_transcript_without_recording(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (corpus / CHAPTER / f"{FIRST}.flac").unlink()
    run(corpus, tmp_path)
    place = f"{CHAPTER}/{FIRST}.flac"
    assert report(tmp_path) == [line("skipped", "audio is missing", place, "", f"en-{FIRST}", "no such file")]
    assert ["train-clean-100", "28539", "4", "-28535", "4"] in map(str.split, capsys.readouterr().out.splitlines())


def test_an_empty_recording(corpus: Path, tmp_path: Path) -> None:
    (corpus / CHAPTER / f"{FIRST}.flac").write_bytes(b"")
    run(corpus, tmp_path)
    place = f"{CHAPTER}/{FIRST}.flac"
    assert report(tmp_path) == [line("skipped", "audio is empty", place, "", f"en-{FIRST}", "0 bytes")]


def test_odd_transcripts(corpus: Path, tmp_path: Path) -> None:
    name = f"{CHAPTER}/18-1000.trans.txt"
    lines = [
        f"{FIRST} HELLO\r\n",
        f"{FIRST} AGAIN\n",
        "\n",
        "18-1001-0000 ELSEWHERE\n",
        "18-1000-0001 \n",
        "18-1000-0002 CAFE\u0301\n",
    ]
    (corpus / name).write_text("".join(lines), encoding="utf-8", newline="")
    run(corpus, tmp_path)
    assert report(tmp_path) == [
        line("skipped", "utterance is listed twice", name, 2, FIRST, "first on line 1"),
        line("skipped", "malformed row", name, 4, "", "18-1001-0000 ELSEWHERE"),
        line("skipped", "no text", name, 5, "18-1000-0001", ""),
        line("changed", "not NFC", name, 6, "18-1000-0002", ""),
        line("changed", "Windows line ends", name, 1, "", "1 of 6 lines"),
        line("skipped", "no transcript", f"{CHAPTER}/18-1000-0001.flac", "", "18-1000-0001", "18-1000.trans.txt"),
    ]
    texts = {u.id: u.text for u in read_data_dir(tmp_path / "data" / "train") if u.speaker == "en-18-1000"}
    assert texts == {f"en-{FIRST}": "hello", "en-18-1000-0002": "caf\u00e9"}


def test_a_complete_part_is_called_complete(
    replica: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for part, size in SIZES.items():
        known = PARTS[part]
        monkeypatch.setitem(PARTS, part, type(known)(size, known.size, known.md5))
    run(replica, tmp_path)
    assert "The corpus is complete" in capsys.readouterr().out


def test_a_part_that_is_missing_is_named_with_its_licence(
    replica: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(replica, tmp_path, "--parts", "train-clean-360", "dev-clean")
    assert capsys.readouterr().err == (
        f"error: --audio_dir {replica}: neither train-clean-360.tar.gz is there nor what it holds; get it from"
        " https://www.openslr.org/resources/12/train-clean-360.tar.gz (licence CC BY 4.0)\n"
    )


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["train-clean-200"], "train-clean-200: choose from"),
        (["train-clean-100", "train-clean-100", "dev-clean"], "a part is given twice"),
        (["train-clean-100"], r"at least one part must be dev-\.\.\."),
        (["dev-clean"], r"at least one part must be train-\.\.\."),
    ],
)
def test_impossible_parts_are_refused(parts: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Options(parts)


def test_translations_are_refused(replica: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(replica, tmp_path, "--st_pairs", "en-de")
    assert capsys.readouterr().err == (
        "error: LibriSpeech is asked for en-de but has no translations; leave --st_pairs empty\n"
    )


def test_other_languages_are_refused(replica: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(replica, tmp_path, "--languages", "en", "zh")
    assert capsys.readouterr().err == (
        "error: LibriSpeech is asked for zh but has en only; change --asr_langs, or add a corpus by --with_aishell\n"
    )


def test_published_counts_and_archives() -> None:
    assert {part: known.utterances for part, known in PARTS.items()} == FULL_SIZE
    assert sum(size for part, size in FULL_SIZE.items() if part.startswith("train")) == 281_241
    assert archive("dev-clean") == Remote(
        "https://www.openslr.org/resources/12/dev-clean.tar.gz", 337_926_286, "md5:42e2234ba48799c1f50f24a7926300a1"
    )


class TestArchives:
    """The parts as archives on a web server, or in a folder of the user's."""

    PARTS = ("train-clean-100", "dev-clean")

    @pytest.fixture
    def server(self, replica: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
        for part in self.PARTS:
            pack_part(replica, part, tmp_path / "web")

        def archive(part: str, base_url: str) -> Remote:
            file = tmp_path / "web" / f"{part}.tar.gz"
            return Remote(f"{base_url}/{file.name}", file.stat().st_size, digest_of(file, "md5"))

        monkeypatch.setattr(acquire, "archive", archive)
        with serve(tmp_path / "web") as server:
            yield server

    def test_parts_are_downloaded_and_extracted_once(self, server: Server, tmp_path: Path) -> None:
        for _ in range(2):
            folders = get_parts(self.PARTS, tmp_path / "d", base_url=server.url)
            corpus = tmp_path / "d" / "LibriSpeech"
            assert folders == {part: corpus / part for part in self.PARTS}
        assert len(server.requests) == 2
        assert (corpus / "SPEAKERS.TXT").is_file()
        assert len(list(corpus.glob("train-clean-100/*/*/*.flac"))) == 5

    def test_archives_can_be_removed(self, server: Server, tmp_path: Path) -> None:
        for _ in range(2):
            get_parts(self.PARTS, tmp_path / "d", base_url=server.url, remove_archives=True)
        assert list((tmp_path / "d").glob("*.tar.gz")) == []
        assert len(server.requests) == 2

    def test_the_users_archives_are_extracted_elsewhere(self, server: Server, tmp_path: Path) -> None:
        before = sorted(server.folder.iterdir())
        folders = get_parts(["dev-clean"], tmp_path / "d", audio_dir=server.folder, remove_archives=True)
        assert folders == {"dev-clean": tmp_path / "d" / "LibriSpeech" / "dev-clean"}
        assert sorted(server.folder.iterdir()) == before

    def test_a_stopped_extraction_is_done_again(self, server: Server, tmp_path: Path) -> None:
        half = tmp_path / "d" / ".dev-clean.tar.gz.tmp" / "LibriSpeech" / "dev-clean"
        half.mkdir(parents=True)
        folders = get_parts(["dev-clean"], tmp_path / "d", base_url=server.url)
        assert list(folders["dev-clean"].glob("*/*/*.flac"))
        assert not (tmp_path / "d" / ".dev-clean.tar.gz.tmp").exists()

    def test_an_archive_of_another_part_is_refused(self, server: Server, tmp_path: Path) -> None:
        os.replace(server.folder / "train-clean-100.tar.gz", server.folder / "dev-clean.tar.gz")
        with pytest.raises(UserError, match="there is no folder LibriSpeech/dev-clean in it"):
            get_parts(["dev-clean"], tmp_path / "d", base_url=server.url)

    def test_the_disk_is_checked_for_all_parts_at_once(
        self, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(acquire, "archive", lambda part, _: archive(part))
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 0, 40 << 30))
        with pytest.raises(UserError, match=r"train-clean-360\.tar\.gz, dev-clean\.tar\.gz needs 44\.6 GiB"):
            get_parts(["train-clean-360", "dev-clean"], tmp_path / "d")
        assert server.requests == []
