import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from espnet_soups.bin.prepare_aishell import main
from espnet_soups.corpora.aishell import acquire
from espnet_soups.corpora.aishell.acquire import get_corpus
from espnet_soups.corpora.aishell.published import RECORDINGS, SPEAKERS, UTTERANCES, archive
from espnet_soups.corpora.checksums import digest_of
from espnet_soups.corpora.data_dir import read_data_dir
from espnet_soups.corpora.download import Remote
from espnet_soups.errors import UserError
from tests.replicas.aishell import make_aishell, pack_corpus
from tests.replicas.packing import pack
from tests.replicas.server import Server, serve

TRANSCRIPT = Path("transcript", "aishell_transcript_v0.8.txt")
UNTRANSCRIBED = "BAC009S0002W0121"
FIRST = "BAC009S0002W0122"


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_aishell(tmp_path_factory.mktemp("replica"))


@pytest.fixture
def corpus(replica: Path, tmp_path: Path) -> Path:
    """Return a copy of the replica that may be changed: its folder ``data_aishell``."""
    return Path(shutil.copytree(replica, tmp_path / "corpus")) / "data_aishell"


def run(corpus: Path, folder: Path, *options: str) -> None:
    places = ("--audio_dir", str(corpus), "--download_dir", str(folder / "downloads"))
    main([*places, "--data_dir", str(folder / "data"), *options])


def report(folder: Path) -> list[str]:
    """Return the lines of the report without its header and the one on the recording without transcript."""
    _, *lines = (folder / "data" / "local" / "rows.tsv").read_text(encoding="utf-8").splitlines()
    expected = line("skipped", "no transcript", f"wav/train/S0002/{UNTRANSCRIBED}.wav", "", UNTRANSCRIBED, "")
    assert expected in lines
    return [found for found in lines if found != expected]


def line(*cells: str | int) -> str:
    return "\t".join(map(str, cells))


def test_the_splits_become_data_sets(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path)
    assert {name: len(read_data_dir(tmp_path / "data" / name)) for name in ("train", "valid", "test")} == {
        "train": 11,
        "valid": 6,
        "test": 6,
    }
    assert report(tmp_path) == []


def test_ids_speakers_and_texts(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path)
    utterances = read_data_dir(tmp_path / "data" / "train")
    assert (utterances[0].id, utterances[0].speaker) == (f"zh-S0002-{FIRST}", "zh-S0002")
    assert all(u.language == "zh" and u.text and not any(c.isspace() for c in u.text) for u in utterances)
    assert any((u.text or "").endswith("tf") for u in utterances)  # full-width letters in the corpus


def test_the_case_is_an_option(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path, "--src_case", "tc")
    assert any((u.text or "").endswith("TF") for u in read_data_dir(tmp_path / "data" / "train"))


def test_counts(replica: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(replica, tmp_path)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["train", "utterances", "120098", "11", "-120087", "11"] in rows
    assert ["train", "speakers", "340", "2", "-338", "2"] in rows
    assert ["recordings", "141925", "24", "-141901", "23"] in rows


def test_published_counts() -> None:
    assert (sum(UTTERANCES.values()), sum(SPEAKERS.values())) == (141_600, 400)
    assert RECORDINGS - sum(UTTERANCES.values()) == 325
    assert archive().name == "data_aishell.tgz"


def test_a_missing_recording(corpus: Path, tmp_path: Path) -> None:
    (corpus / "wav" / "train" / "S0002" / f"{FIRST}.wav").unlink()
    run(corpus, tmp_path)
    assert report(tmp_path) == [line("skipped", "no recording", TRANSCRIPT.name, "", FIRST, "")]


def test_an_empty_recording(corpus: Path, tmp_path: Path) -> None:
    place = f"wav/train/S0002/{FIRST}.wav"
    (corpus / place).write_bytes(b"")
    run(corpus, tmp_path)
    assert report(tmp_path) == [line("skipped", "audio is empty", place, "", f"zh-S0002-{FIRST}", "0 bytes")]


def test_a_truncated_recording(corpus: Path, tmp_path: Path) -> None:
    place = f"wav/train/S0002/{FIRST}.wav"
    content = (corpus / place).read_bytes()
    (corpus / place).write_bytes(content[:5000])
    run(corpus, tmp_path, "--check_audio")
    detail = f"5000 of {len(content)} bytes"
    assert report(tmp_path) == [line("skipped", "audio is cut off", place, "", f"zh-S0002-{FIRST}", detail)]


def test_files_of_another_kind(corpus: Path, tmp_path: Path) -> None:
    (corpus / "wav" / "train" / "S0002" / ".DS_Store").touch()
    shutil.copy(
        corpus / "wav" / "train" / "S0002" / f"{FIRST}.wav",
        corpus / "wav" / "train" / "S0003" / f"{FIRST}.wav",
    )
    (corpus / "wav" / "train" / "notes").mkdir()
    run(corpus, tmp_path)
    assert sorted(report(tmp_path)) == [
        line("skipped", "not a recording's name", "wav/train/S0002/.DS_Store", "", "", ""),
        line("skipped", "not a recording's name", f"wav/train/S0003/{FIRST}.wav", "", "", ""),
    ]


def test_nothing_left_of_a_split(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(corpus / "wav" / "dev")
    with pytest.raises(SystemExit):
        run(corpus, tmp_path)
    assert "error: nothing of dev is left" in capsys.readouterr().err
    assert not (tmp_path / "data" / "train").exists()


def test_translations_are_refused(replica: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(replica, tmp_path, "--st_pairs", "zh-en")
    assert capsys.readouterr().err == (
        "error: AISHELL-1 is asked for zh-en but has no translations; leave --st_pairs empty\n"
    )


def test_other_languages_are_refused(replica: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(replica, tmp_path, "--languages", "zh", "en")
    assert "AISHELL-1 is asked for en but has zh only" in capsys.readouterr().err


class TestArchives:
    """The corpus as it is published: an archive of archives."""

    @pytest.fixture
    def packed(self, tmp_path: Path) -> Path:
        return make_aishell(tmp_path / "packed", utterances=2, packed=True)

    @pytest.fixture
    def server(self, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
        file = pack_corpus(packed, tmp_path / "web")
        monkeypatch.setattr(
            acquire,
            "archive",
            lambda url: Remote(f"{url}/{file.name}", file.stat().st_size, digest_of(file, "md5")),
        )
        with serve(tmp_path / "web") as server:
            yield server

    def speakers(self, wav: Path) -> list[str]:
        return sorted(str(path.relative_to(wav)) for path in wav.glob("*/S*"))

    def test_the_corpus_is_downloaded_and_extracted_once(self, server: Server, tmp_path: Path) -> None:
        for _ in range(2):
            corpus = get_corpus(tmp_path / "d", base_url=server.url)
            assert corpus.transcript == tmp_path / "d" / "data_aishell" / TRANSCRIPT
            (wav,) = corpus.speech
            assert self.speakers(wav) == ["dev/S0724", "test/S0764", "train/S0002", "train/S0003"]
            assert list(wav.glob("*.tar.gz")) == []
        assert len(server.requests) == 1

    def test_processes_extract_the_same(self, server: Server, tmp_path: Path) -> None:
        (wav,) = get_corpus(tmp_path / "d", base_url=server.url, nj=2).speech
        assert len(list(wav.glob("*/*/*.wav"))) == 8

    def test_the_archive_can_be_removed(self, server: Server, tmp_path: Path) -> None:
        for _ in range(2):
            get_corpus(tmp_path / "d", base_url=server.url, remove_archives=True)
        assert not (tmp_path / "d" / "data_aishell.tgz").exists()
        assert len(server.requests) == 1

    def test_an_extraction_goes_on_where_it_stopped(self, server: Server, tmp_path: Path) -> None:
        (wav,) = get_corpus(tmp_path / "d", base_url=server.url).speech
        kept = (wav / "train" / "S0003").stat().st_mtime_ns
        pack(wav / "S0002.tar.gz", {"train/S0002": wav / "train" / "S0002"})
        shutil.rmtree(wav / "train" / "S0002")
        (wav / ".S0002.tar.gz.tmp" / "train" / "S0002").mkdir(parents=True)
        get_corpus(tmp_path / "d", base_url=server.url)
        assert self.speakers(wav) == ["dev/S0724", "test/S0764", "train/S0002", "train/S0003"]
        assert len(list((wav / "train" / "S0002").iterdir())) == 2
        assert (wav / "train" / "S0003").stat().st_mtime_ns == kept

    @pytest.mark.parametrize("inside", [True, False])
    def test_speakers_archives_of_the_user_are_extracted_elsewhere(
        self, inside: bool, packed: Path, tmp_path: Path
    ) -> None:
        own = packed / "data_aishell"
        # One speaker is extracted already.
        shutil.unpack_archive(own / "wav" / "S0002.tar.gz", own / "wav", filter="data")
        before = sorted(own.rglob("*"))
        corpus = get_corpus(tmp_path / "d", audio_dir=own if inside else packed)
        assert corpus.transcript == own / TRANSCRIPT
        assert self.speakers(corpus.speech[0]) == ["train/S0002"]
        assert self.speakers(corpus.speech[1]) == ["dev/S0724", "test/S0764", "train/S0003"]
        assert sorted(own.rglob("*")) == before

    def test_both_kinds_are_read_together(self, packed: Path, tmp_path: Path) -> None:
        wav = packed / "data_aishell" / "wav"
        shutil.unpack_archive(wav / "S0002.tar.gz", wav, filter="data")
        run(packed, tmp_path)
        assert len(read_data_dir(tmp_path / "data" / "train")) == 3

    def test_the_users_archive_is_extracted_elsewhere(self, server: Server, tmp_path: Path) -> None:
        (wav,) = get_corpus(tmp_path / "d", audio_dir=server.folder).speech
        assert wav == tmp_path / "d" / "data_aishell" / "wav"
        assert [path.name for path in server.folder.iterdir()] == ["data_aishell.tgz"]

    def test_a_damaged_speaker_is_named(self, packed: Path, tmp_path: Path) -> None:
        archive = packed / "data_aishell" / "wav" / "S0003.tar.gz"
        archive.write_bytes(archive.read_bytes()[:1000])
        with pytest.raises(UserError, match=r"S0003\.tar\.gz: the archive is damaged"):
            get_corpus(tmp_path / "d", audio_dir=packed)
        assert not list((tmp_path / "d").rglob("S0003"))

    def test_a_foreign_archive_is_named(self, packed: Path, tmp_path: Path) -> None:
        archive = packed / "data_aishell" / "wav" / "S0003.tar.gz"
        pack(archive, {"other/S0003": packed / "data_aishell" / "transcript"})
        with pytest.raises(UserError, match=r"there is no folder train\|dev\|test/S0003 in it"):
            get_corpus(tmp_path / "d", audio_dir=packed)

    def test_an_archive_without_transcripts_is_refused(self, server: Server, tmp_path: Path) -> None:
        pack(server.folder / "data_aishell.tgz", {"readme": server.folder / "data_aishell.tgz"})
        with pytest.raises(UserError, match="is it the right archive"):
            get_corpus(tmp_path / "d", base_url=server.url)

    def test_no_corpus_at_all(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            run(tmp_path, tmp_path)
        assert capsys.readouterr().err == (
            f"error: --audio_dir {tmp_path}: neither data_aishell.tgz is there nor what it holds; get it from"
            " https://www.openslr.org/resources/33/data_aishell.tgz (licence Apache-2.0)\n"
        )
