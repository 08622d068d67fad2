"""CoVoST 2 as a whole: which rows go where, and that nothing is lost when something fails."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from espnet_soups.bin.prepare_covost2 import main
from espnet_soups.corpora.covost2.join import speaker_name
from espnet_soups.corpora.covost2.prepare import Options, complete_pairs, prepare
from espnet_soups.corpora.covost2.published import archive, published_rows, table_name
from espnet_soups.corpora.data_dir import Utterance, read_data_dir
from espnet_soups.errors import UserError
from tests.replicas.covost2 import client, make_covost2

ROWS = {"en": (5, 2, 2), "fr": (6, 2, 3), "ca": (4, 2, 2)}


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_covost2(tmp_path_factory.mktemp("replica"), ROWS, few_clips=True)


def run(replica: Path, folder: Path, *options: str) -> None:
    main(
        [
            *("--audio_dir", str(replica / "common_voice"), "--translations_dir", str(replica / "covost")),
            *("--download_dir", str(folder / "downloads"), "--data_dir", str(folder / "data"), *options),
        ]
    )


def read(folder: Path, name: str) -> dict[str, list[Utterance]]:
    by_language: dict[str, list[Utterance]] = {}
    for utterance in read_data_dir(folder / "data" / name):
        by_language.setdefault(utterance.language, []).append(utterance)
    return by_language


def sizes(folder: Path, name: str) -> dict[str, int]:
    return {language: len(utterances) for language, utterances in read(folder, name).items()}


def test_the_splits_are_those_of_the_tables(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path, "--languages", *ROWS)
    for position, name in enumerate(("train", "valid", "test")):
        assert sizes(tmp_path, name) == {language: rows[position] for language, rows in ROWS.items()}


def test_the_english_split_is_that_of_german_and_has_no_translation(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path, "--languages", "en", "fr")
    train = read(tmp_path, "train")
    assert all(u.text and u.translation is None for u in train["en"])
    assert all(u.text and u.translation and u.target_language == "en" for u in train["fr"])


def test_english_can_be_translated(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path, "--languages", "en", "--st_pairs", "en-de")
    (first, *_) = read(tmp_path, "train")["en"]
    assert (first.text, first.translation) == (
        "today the house sees friend today",
        "Heute die Häuser sieht Freund heute.",
    )
    assert first.target_language == "de"


def test_a_pair_replaces_that_into_english() -> None:
    assert complete_pairs(["en", "fr", "ca"], ["en-de"]) == ["en-de", "fr-en", "ca-en"]
    assert complete_pairs(["en", "fr"], ["fr-en"]) == complete_pairs(["en", "fr"]) == ["fr-en"]


def test_a_language_can_be_translated_only_or_recognised_only(replica: Path, tmp_path: Path) -> None:
    recordings = {code: replica / "common_voice" / code for code in ("ca", "fr")}
    tables = {pair: replica / "covost" / table_name(pair) for pair in ("ca-en", "fr-en")}
    prepare(recordings, tables, tmp_path / "data", tmp_path / "local", Options(["ca"], ["fr-en"]))
    train = read(tmp_path, "train")
    assert all(u.text is None and u.translation for u in train["fr"])
    assert all(u.text and u.translation is None for u in train["ca"])


def test_cases_are_options(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path, "--languages", "fr", "--src_case", "tc", "--tgt_case", "lc.rm")
    texts = {u.id: (u.text, u.translation) for u in read(tmp_path, "train")["fr"]}
    identifier = f"fr-{client(0)[:16]}-common_voice_fr_17000001"
    assert texts[identifier] == ("Bleu chat maison chat.", "blue cat house cat")


def test_ids_begin_with_language_and_speaker(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path, "--languages", "fr")
    for utterance in read(tmp_path, "train")["fr"]:
        assert re.fullmatch(r"fr-[0-9a-f]{16}", utterance.speaker)
        assert utterance.id.startswith(f"{utterance.speaker}-common_voice_fr_")
        assert utterance.audio.is_file()


def test_speakers_without_a_usual_name_get_a_hash() -> None:
    assert speaker_name(client(3), "a.mp3") == client(3)[:16]
    assert re.fullmatch(r"[0-9a-f]{16}", speaker_name("Jean Dupont, Paris", "a.mp3"))
    assert speaker_name("x", "a.mp3") == speaker_name("x", "b.mp3") != speaker_name("y", "a.mp3")
    assert speaker_name("", "a.mp3") != speaker_name("", "b.mp3")


def test_the_result_does_not_depend_on_nj(replica: Path, tmp_path: Path) -> None:
    for nj in ("1", "3"):
        run(replica, tmp_path / nj, "--languages", "fr", "ca", "--nj", nj)
    for path in sorted((tmp_path / "1" / "data").rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "3" / path.relative_to(tmp_path / "1")).read_bytes(), path


def test_a_complete_corpus_is_called_complete(
    replica: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("espnet_soups.corpora.covost2.prepare.published_rows", lambda _: ROWS["fr"])
    run(replica, tmp_path, "--languages", "fr")
    assert "The corpus is complete" in capsys.readouterr().out


def test_an_incomplete_corpus_is_reported_with_its_numbers(
    replica: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(replica, tmp_path, "--languages", "fr")
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines()]
    assert ["part", "published", "found", "difference", "used"] in rows
    assert ["fr", "train", "207374", "6", "-207368", "6"] in rows
    assert "warning: fr train, fr dev, fr test: not as many as are published" in out
    assert "fr: 1 validated recordings are not part of CoVoST 2" in out


def fails(capsys: pytest.CaptureFixture[str], replica: Path, folder: Path, *options: str) -> str:
    """Run and return the message of the error."""
    with pytest.raises(SystemExit) as stopped:
        run(replica, folder, *options)
    assert stopped.value.code == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    return line


def test_missing_recordings_are_explained(replica: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = fails(capsys, replica, tmp_path, "--languages", "fr", "de", "zh")
    audio_dir = replica / "common_voice"
    assert message == (
        f"error: {audio_dir} has no recordings of de zh-CN: get 'Common Voice Corpus 4' (cv-corpus-4-2019-12-10, no"
        " other release; licence CC0-1.0), that is de.tar.gz, zh-CN.tar.gz, from"
        " https://commonvoice.mozilla.org/datasets or from someone who has a copy (there is no public direct link"
        f" any more), extract each into a folder of its own, so that {audio_dir}/de/validated.tsv and"
        f" {audio_dir}/de/clips are there, and name {audio_dir} in db.sh (COMMON_VOICE) or by --audio_dir"
    )


def test_no_recordings_at_all_are_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--languages", "fr", "--data_dir", str(tmp_path)])
    message = capsys.readouterr().err
    assert message.startswith("error: no folder with recordings is given of fr: get 'Common Voice Corpus 4'")
    assert "COMMON_VOICE/fr/validated.tsv" in message


def test_the_folder_of_the_release_is_found_too(replica: Path, tmp_path: Path) -> None:
    (tmp_path / "cv").mkdir()
    (tmp_path / "cv" / "cv-corpus-4-2019-12-10").symlink_to(replica / "common_voice")
    run(replica, tmp_path, "--languages", "fr", "--audio_dir", str(tmp_path / "cv"))
    assert sizes(tmp_path, "train") == {"fr": 6}


def test_a_failure_leaves_what_was_there(replica: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(replica, tmp_path, "--languages", "fr")
    before = (tmp_path / "data" / "train" / "text").read_bytes()
    broken = make_covost2(tmp_path / "broken", {"fr": (3, 0, 1)}, few_clips=True)
    message = fails(capsys, broken, tmp_path, "--languages", "fr")
    listed = tmp_path / "data" / "local" / "rows.tsv"
    assert message == f"error: nothing of fr is left for valid; {listed} lists what was skipped, and why"
    assert (tmp_path / "data" / "train" / "text").read_bytes() == before


def test_a_table_without_a_column_is_named(replica: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "covost_v2.fr_en.tsv"
    table.write_text("path\ttranslation\n")
    message = fails(capsys, replica, tmp_path, "--languages", "fr", "--translations_dir", str(tmp_path))
    assert message == (
        f"error: {table}: the table has no column 'split', only path, translation; is it the right file, and whole?"
    )


@pytest.mark.parametrize(
    ("asr_langs", "st_pairs", "message"),
    [
        (["xx"], [], "CoVoST 2 has no translations xx-en"),
        (["fr"], ["fr-de"], "CoVoST 2 has no translations fr-de"),
        ([], ["en-de", "en-ca"], "The translation source 'en' is given twice"),
        (["fr", "fr"], [], "'asr/fr' is given twice"),
        ([], [], "no objective"),
    ],
)
def test_impossible_wishes_are_refused(asr_langs: Sequence[str], st_pairs: Sequence[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Options(asr_langs, st_pairs)


def test_all_published_pairs_are_possible() -> None:
    into = ["ar", "ca", "cy", "de", "es", "et", "fa", "fr", "id", "it", "ja", "lv", "mn", "nl", "pt", "ru", "sl"]
    outof = ["ar", "ca", "cy", "de", "et", "fa", "id", "ja", "lv", "mn", "sl", "sv", "ta", "tr", "zh"]
    pairs = complete_pairs([*into, "sv", "ta", "tr", "zh"]) + [f"en-{code}" for code in outof]
    assert len(pairs) == 21 + 15
    for pair in pairs:
        assert min(published_rows(pair)) > 0
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", archive(pair).digest or "")
    assert table_name("zh-en") == "covost_v2.zh-CN_en.tsv"
    assert table_name("en-sv") == "covost_v2.en_sv-SE.tsv"
    assert published_rows("fr-en") == (207_374, 14_760, 14_760)
    assert published_rows("en-de") == (289_430, 15_531, 15_531)


def test_a_second_run_gives_the_same(replica: Path, tmp_path: Path) -> None:
    run(replica, tmp_path, "--languages", "fr", "--check_audio")
    first = {path: path.read_bytes() for path in (tmp_path / "data" / "train").iterdir()}
    assert (tmp_path / "data" / "train" / "utt2num_samples").exists()
    run(replica, tmp_path, "--languages", "fr", "--check_audio")
    assert {path: path.read_bytes() for path in (tmp_path / "data" / "train").iterdir()} == first
