"""What CoVoST 2's preparation reports of rows and clips that are not as they should be: the exact lines."""

import shutil
from pathlib import Path

import pytest

from espnet_soups.corpora.covost2.acquire import find_recordings, get_translations
from espnet_soups.corpora.covost2.prepare import Options, prepare
from espnet_soups.corpora.data_dir import Utterance, read_data_dir
from tests.replicas.covost2 import append_rows, client, clip_name, make_covost2

VALIDATED = "fr/validated.tsv"
COVOST = "covost_v2.fr_en.tsv"


class Corpus:
    """A replica of French with 6, 2 and 2 rows; rows are added to it before it is prepared."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.validated = root / "common_voice" / "fr" / "validated.tsv"
        self.covost = root / "covost" / COVOST
        self.clips = root / "common_voice" / "fr" / "clips"
        self.utterances: dict[str, Utterance] = {}

    def add(self, clip: str, sentence: bytes, translation: bytes = b"Fine.", split: bytes = b"train") -> None:
        """Add a recording with its transcript and its translation, as they are written."""
        shutil.copy(self.clips / clip_name("fr", 0), self.clips / clip)
        row = b"\t".join([client(1).encode(), clip.encode(), sentence, b"2", b"0", b"", b"", b""])
        append_rows(self.validated, row + b"\n")
        append_rows(self.covost, b"\t".join([clip.encode(), translation, split]) + b"\n")

    def report(self, **options: bool) -> list[str]:
        """Prepare the corpus and return the lines of the report without their header."""
        local = self.root / "data" / "local"
        recordings = find_recordings(self.root / "common_voice", ["fr"])
        tables = get_translations(["fr-en"], self.root / "downloads", translations_dir=self.root / "covost")
        prepare(recordings, tables, self.root / "data", local, Options(["fr"], ["fr-en"], **options))
        for name in ("train", "valid", "test"):
            self.utterances |= {u.audio.name: u for u in read_data_dir(self.root / "data" / name)}
        header, *lines = (local / "rows.tsv").read_text(encoding="utf-8").splitlines()
        assert header == "action\treason\tfile\tline\titem\tdetail"
        return lines


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_covost2(tmp_path_factory.mktemp("replica"), {"fr": (6, 2, 2)})


@pytest.fixture
def corpus(replica: Path, tmp_path: Path) -> Corpus:
    """Return the replica: its tables have 12 and 11 lines, one of them the header."""
    return Corpus(Path(shutil.copytree(replica, tmp_path / "corpus")))


def line(*cells: str | int) -> str:
    return "\t".join(map(str, cells))


def test_a_sound_corpus_has_nothing_to_report(corpus: Corpus) -> None:
    assert corpus.report() == []
    assert len(corpus.utterances) == 10


def test_a_row_with_an_unbalanced_quote_does_not_swallow_the_next_ones(corpus: Corpus) -> None:
    corpus.add("a.mp3", b'"Bonjour dit-il.', rb"\"Hello, he says.")
    corpus.add("b.mp3", b"Salut.")
    assert corpus.report() == [
        line("kept", "unbalanced quote", VALIDATED, 13, "a.mp3", "sentence"),
        line("kept", "unbalanced quote", COVOST, 12, "a.mp3", "translation"),
    ]
    assert corpus.utterances["a.mp3"].text == "bonjour dit il"
    assert corpus.utterances["a.mp3"].translation == '"Hello, he says.'
    assert corpus.utterances["b.mp3"].text == "salut"


def test_balanced_quotes_are_nothing_to_report(corpus: Corpus) -> None:
    corpus.add("a.mp3", b'Il dit "bonjour".', rb"He says \"hello\".")
    assert corpus.report() == []
    assert corpus.utterances["a.mp3"].translation == 'He says "hello".'


def test_a_tab_within_a_sentence_makes_too_many_columns(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"Bonjour\tle monde.")
    assert corpus.report() == [
        line("skipped", "wrong number of columns", VALIDATED, 13, "a.mp3", "9 instead of 8"),
        line("skipped", "no transcript", COVOST, 12, "a.mp3", f"not in {VALIDATED}"),
    ]


def test_a_newline_within_a_sentence_makes_too_few_columns_twice(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"Bonjour\nle monde.")
    assert corpus.report() == [
        line("skipped", "wrong number of columns", VALIDATED, 13, "a.mp3", "3 instead of 8"),
        line("skipped", "wrong number of columns", VALIDATED, 14, "", "6 instead of 8"),
        line("skipped", "no transcript", COVOST, 12, "a.mp3", f"not in {VALIDATED}"),
    ]


def test_escaped_tabs_and_newlines_belong_to_the_text(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"Bonjour\\\tle\\\nmonde.")
    assert corpus.report() == [line("changed", "control or invisible characters", VALIDATED, 14, "a.mp3", "sentence")]
    assert corpus.utterances["a.mp3"].text == "bonjour le monde"


def test_trailing_tabs_that_an_editor_removed_are_not_missed(corpus: Corpus) -> None:
    content = corpus.validated.read_text(encoding="utf-8")
    corpus.validated.write_text("".join(row.rstrip() + "\n" for row in content.splitlines()), encoding="utf-8")
    assert corpus.report() == []
    assert len(corpus.utterances) == 10


def test_windows_line_ends_are_removed(corpus: Corpus) -> None:
    for table in (corpus.validated, corpus.covost):
        table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes().replace(b"\n", b"\r\n"))
    assert corpus.report() == [
        line("changed", "Windows line ends", COVOST, 1, "", "11 of 11 lines"),
        line("changed", "Windows line ends", VALIDATED, 1, "", "12 of 12 lines"),
    ]
    assert len(corpus.utterances) == 10
    assert not any("\r" in (u.translation or "") for u in corpus.utterances.values())


def test_a_carriage_return_within_a_sentence_is_a_space(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"Bonjour\rle monde.")
    assert corpus.report() == []
    assert corpus.utterances["a.mp3"].text == "bonjour le monde"


def test_the_second_row_of_a_recording_is_skipped(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"Bonjour.")
    append_rows(corpus.validated, b"\t".join([b"x", b"a.mp3", b"Autre.", b"", b"", b"", b"", b"\n"]))
    assert corpus.report() == [line("skipped", "clip is listed twice", VALIDATED, 14, "a.mp3", "first on line 13")]
    assert corpus.utterances["a.mp3"].text == "bonjour"


def test_the_second_translation_of_a_recording_is_skipped(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"Bonjour.")
    append_rows(corpus.covost, b"a.mp3\tOther.\ttest\n")
    assert corpus.report() == [line("skipped", "clip is listed twice", COVOST, 13, "a.mp3", "first on line 12")]
    assert corpus.utterances["a.mp3"].translation == "Fine."


def test_a_recording_of_zero_bytes_is_skipped(corpus: Corpus) -> None:
    clip = clip_name("fr", 3)
    (corpus.clips / clip).write_bytes(b"")
    identifier = f"fr-{client(0)[:16]}-{clip.removesuffix('.mp3')}"
    assert corpus.report() == [line("skipped", "audio is empty", f"fr/clips/{clip}", "", identifier, "0 bytes")]
    assert len(corpus.utterances) == 9


def test_a_missing_recording_is_skipped_and_missed(corpus: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    clip = clip_name("fr", 3)
    (corpus.clips / clip).unlink()
    identifier = f"fr-{client(0)[:16]}-{clip.removesuffix('.mp3')}"
    assert corpus.report() == [line("skipped", "audio is missing", f"fr/clips/{clip}", "", identifier, "no such file")]
    assert ["fr", "train", "207374", "5", "-207369", "5"] in map(str.split, capsys.readouterr().out.splitlines())


def test_a_truncated_recording_is_found_in_its_header(corpus: Corpus) -> None:
    clip = clip_name("fr", 3)
    content = (corpus.clips / clip).read_bytes()
    (corpus.clips / clip).write_bytes(content[: len(content) // 2])
    identifier = f"fr-{client(0)[:16]}-{clip.removesuffix('.mp3')}"
    detail = f"{len(content) // 2} of {len(content)} bytes"
    assert corpus.report(check_audio=True) == [
        line("skipped", "audio is cut off", f"fr/clips/{clip}", "", identifier, detail)
    ]
    assert all(u.num_samples for u in corpus.utterances.values())


def test_a_recording_that_is_none_is_found_in_its_header(corpus: Corpus) -> None:
    clip = clip_name("fr", 3)
    (corpus.clips / clip).write_bytes(b"<html>Not found</html>" * 50)
    identifier = f"fr-{client(0)[:16]}-{clip.removesuffix('.mp3')}"
    (reported,) = corpus.report(check_audio=True)
    beginning = line("skipped", "audio is unreadable", f"fr/clips/{clip}", "", identifier, "")
    assert reported.startswith(beginning)
    assert clip in reported.removeprefix(beginning)


def test_headers_are_not_read_unless_asked_for(corpus: Corpus) -> None:
    (corpus.clips / clip_name("fr", 3)).write_bytes(b"no audio")
    assert corpus.report() == []
    assert all(u.num_samples is None for u in corpus.utterances.values())


def test_texts_that_are_not_nfc_are_composed(corpus: Corpus) -> None:
    corpus.add("a.mp3", "L'e\u0301te\u0301.".encode(), "A cafe\u0301.".encode())
    assert corpus.report() == [
        line("changed", "not NFC", VALIDATED, 13, "a.mp3", "sentence"),
        line("changed", "not NFC", COVOST, 12, "a.mp3", "translation"),
    ]
    assert corpus.utterances["a.mp3"].text == "l'\u00e9t\u00e9"
    assert corpus.utterances["a.mp3"].translation == "A caf\u00e9."


def test_unknown_splits_are_skipped(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"Bonjour.", split=b"validation")
    corpus.add("b.mp3", b"Bonjour.", split=b"test_covost")
    corpus.add("c.mp3", b"Bonjour.", split=b"")
    assert corpus.report() == [
        line("skipped", "unknown split", COVOST, 12, "a.mp3", "'validation'"),
        line("skipped", "unknown split", COVOST, 13, "b.mp3", "'test_covost'"),
        line("skipped", "unknown split", COVOST, 14, "c.mp3", "''"),
    ]


def test_clips_added_to_the_training_set_are_used(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"Bonjour.", split=b"train_covost")
    assert corpus.report() == []
    assert "a.mp3" in {u.audio.name for u in read_data_dir(corpus.root / "data" / "train")}


def test_a_path_that_leads_elsewhere_is_skipped(corpus: Corpus) -> None:
    append_rows(corpus.covost, b"../secret.mp3\tHello.\ttrain\n")
    assert corpus.report() == [
        line("skipped", "path is not a file name", COVOST, 12, "../secret.mp3", "'../secret.mp3'")
    ]


def test_bytes_that_are_not_utf8_cost_their_row_only(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"\xe9t\xe9.")
    corpus.add("b.mp3", b"Bonjour.")
    position = 128 + 1 + 5 + 1 + 1
    assert corpus.report() == [
        line("skipped", "not UTF-8", VALIDATED, 13, "", f"byte 0xe9 at position {position}"),
        line("skipped", "no transcript", COVOST, 12, "a.mp3", f"not in {VALIDATED}"),
    ]
    assert corpus.utterances["b.mp3"].text == "bonjour"


def test_a_field_without_end_costs_its_row_only(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"a" * 200_000)
    corpus.add("b.mp3", b"Bonjour.")
    assert corpus.report() == [
        line("skipped", "malformed row", VALIDATED, 13, "", "field larger than field limit (131072)"),
        line("skipped", "no transcript", COVOST, 12, "a.mp3", f"not in {VALIDATED}"),
    ]
    assert corpus.utterances["b.mp3"].text == "bonjour"


def test_an_empty_transcript_leaves_the_translation(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"...")
    assert corpus.report() == [line("kept", "empty transcript", VALIDATED, 13, "a.mp3", "...")]
    assert corpus.utterances["a.mp3"].text is None
    assert corpus.utterances["a.mp3"].translation == "Fine."


def test_an_empty_translation_leaves_the_transcript(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"Bonjour.", b" ")
    assert corpus.report() == [line("kept", "empty translation", COVOST, 12, "a.mp3", "")]
    assert corpus.utterances["a.mp3"].translation is None
    assert corpus.utterances["a.mp3"].target_language is None


def test_a_row_without_any_text_is_skipped(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"...", b"")
    assert corpus.report() == [line("skipped", "no text", VALIDATED, 13, "a.mp3", "...")]
    assert "a.mp3" not in corpus.utterances


def test_words_that_mean_missing_elsewhere_are_words(corpus: Corpus) -> None:
    corpus.add("a.mp3", b"null", b"NA")
    assert corpus.report() == []
    assert (corpus.utterances["a.mp3"].text, corpus.utterances["a.mp3"].translation) == ("null", "NA")


def test_invisible_characters_are_removed(corpus: Corpus) -> None:
    corpus.add("a.mp3", "Bon\u00adjour\u200b le\u00a0monde.".encode(), b"Hello\x00 world.")
    assert corpus.report() == [
        line("changed", "control or invisible characters", VALIDATED, 13, "a.mp3", "sentence"),
        line("changed", "control or invisible characters", COVOST, 12, "a.mp3", "translation"),
    ]
    assert corpus.utterances["a.mp3"].text == "bonjour le monde"
    assert corpus.utterances["a.mp3"].translation == "Hello world."
