"""From decoded files to RESULTS, with figures worked out by hand."""

import json
from pathlib import Path

import pytest

from espnet_soups.bin.score import main
from espnet_soups.corpora.data_dir import Utterance, write_data_dir
from espnet_soups.errors import UserError
from espnet_soups.report.scoring import ScoreOptions, Scores, score_test_set

TEST = {
    # id: (transcript, translation into English)
    "en-a-1": ("one two", None),
    "en-a-2": ("three", None),
    "fr-b-1": ("un deux", "one two three four five"),
    "fr-b-2": ("trois", None),
    "it-c-1": (None, "well"),
}


def write_data(directory: Path, rows: dict[str, tuple[str | None, str | None]] = TEST) -> Path:
    utterances = [
        Utterance(i, Path(f"/audio/{i}.wav"), i[:4], i[:2], text, translation, "en" if translation else None, 16000)
        for i, (text, translation) in rows.items()
    ]
    write_data_dir(directory, utterances, complete=True)
    return directory


def write_decoded(directory: Path, tables: dict[str, dict[str, str]]) -> Path:
    for objective, rows in tables.items():
        (directory / objective).mkdir(parents=True, exist_ok=True)
        lines = [f"{identifier} {text}".rstrip() + "\n" for identifier, text in rows.items()]
        (directory / objective / "text").write_text("".join(lines), encoding="utf-8")
    description = {
        "command": "decode it",
        "train_config": str(directory.parents[1] / "config.yaml"),
        "model_file": "x.pth",
    }
    (directory / "decode.json").write_text(json.dumps(description))
    return directory


DECODED = {
    "asr/en": {"en-a-1": "one too", "en-a-2": "three four"},
    "asr/fr": {"fr-b-1": "", "fr-b-2": "trois"},
    "asr/it": {"it-c-1": "bene"},
    "st/fr-en": {"fr-b-1": "one two three four six", "fr-b-2": "whatever"},
    "st/it-en": {"it-c-1": ""},
}


@pytest.fixture
def scores(tmp_path: Path) -> Scores:
    decoded = write_decoded(tmp_path / "exp/decode/test", DECODED)
    return score_test_set(decoded, write_data(tmp_path / "test"), ScoreOptions())


def test_recognition_by_hand(scores: Scores) -> None:
    assert scores["asr/en"] == {
        "wer": pytest.approx(100 * 2 / 3),
        "cer": pytest.approx(100 * 6 / 12),
        "words": 3,
        "word_errors": 2,
        "word_insertions": 1,
        "word_deletions": 0,
        "word_substitutions": 1,
        "characters": 12,
        "character_errors": 6,
        "character_insertions": 5,
        "character_deletions": 0,
        "character_substitutions": 1,
        "utterances": 2,
        "without_reference": 0,
        "empty_hypotheses": 0,
    }


def test_an_empty_hypothesis_counts_as_deletions(scores: Scores) -> None:
    french = scores["asr/fr"]
    assert (french["wer"], french["word_deletions"], french["empty_hypotheses"]) == (
        pytest.approx(200 / 3),
        2,
        1,
    )


def test_a_language_without_reference_has_no_score_and_is_not_in_the_mean(scores: Scores) -> None:
    assert scores["asr/it"] == {"utterances": 0, "without_reference": 1, "empty_hypotheses": 0}
    mean = scores["asr/mean"]
    assert mean["wer"] == pytest.approx(200 / 3)
    assert mean["wer_over"] == "en fr"
    assert (mean["words"], mean["word_errors"], mean["utterances"], mean["without_reference"]) == (6, 4, 4, 1)


def test_the_mean_is_over_languages_not_words(tmp_path: Path) -> None:
    rows = {"en-a-1": ("a b c d", None), "fr-b-1": ("e", None)}
    decoded = write_decoded(tmp_path / "e/d/t", {"asr/en": {"en-a-1": "a b c d"}, "asr/fr": {"fr-b-1": "x"}})
    scores = score_test_set(decoded, write_data(tmp_path / "test", rows), ScoreOptions())
    assert scores["asr/mean"]["wer"] == pytest.approx(50)


def test_translation_by_hand(scores: Scores) -> None:
    french = scores["st/fr-en"]
    assert french["bleu"] == pytest.approx(100 * 0.2**0.25)
    assert (french["utterances"], french["without_reference"]) == (1, 1)
    assert "tok:13a" in str(french["bleu_signature"])
    assert "nc:6" in str(french["chrf_signature"])
    assert (scores["st/it-en"]["bleu"], scores["st/it-en"]["empty_hypotheses"]) == (0, 1)
    mean = scores["st/mean"]
    assert mean["bleu"] == pytest.approx(50 * 0.2**0.25)
    assert mean["chrf"] == pytest.approx(float(french["chrf"]) / 2)
    assert mean["bleu_over"] == "fr-en it-en"
    assert mean["utterances"] == 2


def test_only_the_translation_into_the_pair_s_language_is_a_reference(tmp_path: Path) -> None:
    data = write_data(tmp_path / "test", {"fr-b-1": ("un", "eins")})
    (data / "utt2tgt").write_text("fr-b-1 de\n")
    decoded = write_decoded(tmp_path / "e/d/t", {"st/fr-en": {"fr-b-1": "one"}})
    scores = score_test_set(decoded, data, ScoreOptions())
    assert "bleu" not in scores["st/fr-en"]
    assert "bleu" not in scores["st/mean"]


def test_references_without_any_word_are_no_zero(tmp_path: Path) -> None:
    data = write_data(tmp_path / "test", {"en-a-1": ("...", None)})
    decoded = write_decoded(tmp_path / "e/d/t", {"asr/en": {"en-a-1": ""}})
    scores = score_test_set(decoded, data, ScoreOptions(asr_case="lc.rm"))
    assert "wer" not in scores["asr/en"]
    assert "wer" not in scores["asr/mean"]


def test_texts_are_compared_in_the_form_asked_for(tmp_path: Path) -> None:
    data = write_data(tmp_path / "test", {"en-a-1": ("Hello, World!", None)})
    decoded = write_decoded(tmp_path / "e/d/t", {"asr/en": {"en-a-1": "hello world"}})
    as_they_are, folded = (score_test_set(decoded, data, ScoreOptions(asr_case=case)) for case in ("tc", "lc.rm"))
    assert as_they_are["asr/en"]["wer"] == 100
    assert folded["asr/en"]["wer"] == 0


def test_chinese_has_characters_only(tmp_path: Path) -> None:
    rows = {"en-a-1": ("a b", None), "zh-b-1": ("你好吗", None)}
    decoded = write_decoded(tmp_path / "e/d/t", {"asr/en": {"en-a-1": "a"}, "asr/zh": {"zh-b-1": "你 好"}})
    scores = score_test_set(decoded, write_data(tmp_path / "test", rows), ScoreOptions())
    assert scores["asr/zh"]["cer"] == pytest.approx(100 / 3)
    assert "wer" not in scores["asr/zh"]
    assert (scores["asr/mean"]["wer"], scores["asr/mean"]["wer_over"]) == (50, "en")
    assert scores["asr/mean"]["cer_over"] == "en zh"


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ({"en-a-1": "one"}, "lacks utterances of .*: en-a-2"),
        ({"en-a-1": "", "en-a-2": "", "fr-b-1": ""}, "not of its language in .*: fr-b-1"),
        (
            {f"en-x-{n}": "" for n in range(5)} | {"en-a-1": "", "en-a-2": ""},
            "en-x-0, en-x-1, en-x-2 and 2 more",
        ),
    ],
)
def test_other_ids_are_named(tmp_path: Path, rows: dict[str, str], named: str) -> None:
    decoded = write_decoded(tmp_path / "e/d/t", {"asr/en": rows})
    with pytest.raises(UserError, match=named):
        score_test_set(decoded, write_data(tmp_path / "test"), ScoreOptions())


@pytest.mark.parametrize("content", ["en-a-1 one\nen-a-1 two\n", "\n"])
def test_damaged_hypotheses_are_refused(tmp_path: Path, content: str) -> None:
    decoded = write_decoded(tmp_path / "e/d/t", {"asr/en": {}})
    (decoded / "asr/en/text").write_text(content)
    with pytest.raises(UserError, match=r"text:[12] has"):
        score_test_set(decoded, write_data(tmp_path / "test"), ScoreOptions())


def run(tmp_path: Path) -> list[str]:
    exp = tmp_path / "exp"
    (exp / "config.yaml").write_text("soup: vm\nsoup_conf: {levels: usa}\nconfig: conf/train.yaml\n")
    write_data(tmp_path / "dump/test")
    return [
        *("--decode_dir", str(exp / "decode"), "--dump_dir", str(tmp_path / "dump")),
        *("--test_sets", "test", "--exp_dir", str(exp)),
    ]


def test_the_files(tmp_path: Path, scores: Scores, capsys: pytest.CaptureFixture[str]) -> None:
    main(run(tmp_path))
    results = json.loads((tmp_path / "exp/RESULTS.json").read_text(encoding="utf-8"))
    assert results == {"test": json.loads(json.dumps(scores))}
    page = (tmp_path / "exp/RESULTS.md").read_text(encoding="utf-8")
    assert page == capsys.readouterr().out
    for expected in (
        '- Soup: `vm`, `{"levels": "usa"}`',
        "conf/train.yaml",
        "`x.pth`",
        "decode it\npython -m espnet_soups.bin.score --decode_dir",
        "## test",
        "| en | 66.67 | 50.00 | 1 | 0 | 1 | 3 | 2 | 0 |",
        "| it | - | - | - | - | - | - | 0 | 0 |",
        "| **mean** | 66.67 |",
        "| fr-en | 66.87 |",
        "- it: no reference, so no score, and not in the mean.",
        "- fr-en: not scored, for lack of a reference: 1.",
        "- The mean WER is over en, fr.",
        "- BLEU by sacrebleu: `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp",
    ):
        assert expected in page
    assert page.index("| it |") < page.index("| **mean** |")


@pytest.mark.usefixtures("scores")
def test_results_stay_when_scoring_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = run(tmp_path)
    main(arguments)
    before = (tmp_path / "exp/RESULTS.md").read_text(encoding="utf-8")
    (tmp_path / "exp/decode/test/asr/en/text").write_text("en-a-1 one\n")
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert (tmp_path / "exp/RESULTS.md").read_text(encoding="utf-8") == before


@pytest.mark.usefixtures("scores")
@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("exp/decode/test/decode.json", "decode.json"),
        ("exp/config.yaml", "config.yaml"),
        ("dump/test/wav.scp", "wav.scp"),
    ],
)
def test_missing_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str, named: str) -> None:
    arguments = run(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(SystemExit):
        main(arguments)
    assert named in capsys.readouterr().err


def test_an_undecoded_test_set_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "exp").mkdir()
    with pytest.raises(SystemExit):
        main(run(tmp_path))
    assert "run stage 12" in capsys.readouterr().err
