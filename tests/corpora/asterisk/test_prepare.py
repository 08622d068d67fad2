import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from espnet_soups.bin.prepare_asterisk_prompts import main
from espnet_soups.corpora.asterisk.compose import Compose, compose
from espnet_soups.corpora.asterisk.prepare import DATA_SETS, Options
from espnet_soups.corpora.audio import read_audio
from espnet_soups.corpora.data_dir import Utterance, read_data_dir, validate_data_dir
from espnet_soups.errors import UserError

type MakeCorpus = Callable[..., Path]
type Texts = dict[str, list[tuple[str, str]]]

COUNTS = [
    "--train_digit_strings=20",
    "--train_phrase_sequences=15",
    "--valid_digit_strings=4",
    "--test_digit_strings=6",
]


@pytest.fixture
def prepare(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that prepares a corpus and returns the data directory."""

    def run(root: Path, *options: str, name: str = "data") -> Path:
        data = tmp_path / name
        fixed = [
            "--audio_dir",
            str(root),
            "--data_dir",
            str(data),
            "--download_dir",
            str(tmp_path / "downloads"),
        ]
        main([*fixed, "--languages", "en", "es", "it", *COUNTS, *options])
        return data

    return run


@pytest.fixture
def texts() -> Texts:
    """Return the lines of ``make_corpus`` with every quirk that decides whether a prompt is used."""
    digits = {
        "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
        "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
        "it": ["zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"],
    }
    lines = {}
    for language, words in digits.items():
        lines[language] = [(f"digits/{number}", word) for number, word in enumerate(words)]
        lines[language] += [("letters/dash", "dash [-]"), ("phonetic/a_p", "Alpha")]
        lines[language] += [
            (f"vm-phrase{number}", f"{language} phrase {chr(97 + number)}, please...") for number in range(26)
        ]
    return lines


def by_set(data: Path) -> dict[str, list[Utterance]]:
    return {name: read_data_dir(data / name) for name in DATA_SETS}


def key_of(utterance: Utterance) -> str:
    return utterance.id.removeprefix(f"{utterance.speaker}-")


def test_the_sets_are_valid_and_as_many_as_asked_for(
    make_corpus: MakeCorpus, prepare: Callable[..., Path], texts: Texts
) -> None:
    data = prepare(make_corpus(texts))
    sets = by_set(data)
    for language in ("en", "es", "it"):
        names = {name: [key_of(u) for u in utterances if u.language == language] for name, utterances in sets.items()}
        strings = {name: [n for n in keys if n.startswith("string_")] for name, keys in names.items()}
        assert {name: len(keys) for name, keys in strings.items()} == {
            "train": 20,
            "valid": 4,
            "test_digits": 6,
            "test_prompts": 0,
        }
        assert sum(name.startswith("sequence_") for name in names["train"]) == 15
        assert len(names["test_digits"]) == 6
        assert len(names["test_prompts"]) == 3  # 12 % of 26 phrases
        assert len(names["valid"]) == 4 + 2
        assert {f"digits_{digit}" for digit in range(10)} | {"letters_dash", "phonetic_a_p"} <= set(names["train"])
    for name in DATA_SETS:
        summary = validate_data_dir(data / name)
        assert summary.speakers == 3
        assert summary.translated.keys() == {"es-en", "it-en"}
        assert summary.transcribed == summary.utterances
    speakers = {utterance.speaker for utterance in sets["train"]}
    assert speakers == {"en-female_us", "es-female_mx", "it-male_it"}


def test_nothing_leaks_between_sets(make_corpus: MakeCorpus, prepare: Callable[..., Path], texts: Texts) -> None:
    texts["es"][-1] = ("vm-phrase25", "es phrase a. Please!")  # the text of vm-phrase0, written otherwise
    texts["it"][-1] = ("vm-phrase25", "It phrase b, please")
    for seed in range(2):
        sets = by_set(prepare(make_corpus(texts, name=f"corpus{seed}"), f"--seed={seed}", name=f"data{seed}"))
        split_of: dict[str, str] = {}
        for name, utterances in sets.items():
            for utterance in utterances:
                if not key_of(utterance).startswith(("string_", "sequence_")):
                    assert split_of.setdefault(key_of(utterance), name) == name
        assert len({split_of[f"vm-phrase{number}"] for number in (0, 1, 25)}) == 1
        for field in ("text", "translation"):
            train = {(u.language, getattr(u, field)) for u in sets["train"]} - {("en", None)}
            for name in ("valid", "test_digits", "test_prompts"):
                held_out = {(u.language, getattr(u, field)) for u in sets[name]}
                assert not train & held_out
        test_strings = {key_of(u) for u in sets["test_digits"]}
        assert not test_strings & {key_of(u) for name in ("train", "valid") for u in sets[name]}


def test_composed_utterances_say_what_they_are_made_of(
    make_corpus: MakeCorpus, prepare: Callable[..., Path], texts: Texts
) -> None:
    sets = by_set(prepare(make_corpus(texts)))
    words = {language: dict(lines) for language, lines in texts.items()}
    trained = {(u.language, u.text): u for u in sets["train"] if "sequence_" not in u.id and "string_" not in u.id}
    checked = 0
    for utterance in [u for utterances in sets.values() for u in utterances]:
        name, language = key_of(utterance), utterance.language
        samples, rate = read_audio(utterance.audio)
        assert (rate, len(samples)) == (16000, utterance.num_samples)
        if name.startswith("string_"):
            digits = name.removeprefix("string_")
            assert 1 <= len(digits) <= 8
            assert utterance.text == " ".join(words[language][f"digits/{digit}"] for digit in digits)
            english = " ".join(words["en"][f"digits/{digit}"] for digit in digits)
            assert utterance.translation == (None if language == "en" else english)
            # 0.3 s of tone per digit and 0.04 s of its own silence on either side
            assert len(samples) / 16000 == pytest.approx(0.38 * len(digits), abs=0.021 * len(digits))
            checked += 1
        elif name.startswith("sequence_"):
            parts = (utterance.text or "").split(" please")[:-1]
            assert 2 <= len(parts) <= 3
            assert all((language, f"{part.strip()} please") in trained for part in parts)
            if language != "en":
                assert utterance.translation == (utterance.text or "").replace(f"{language} phrase", "en phrase")
            checked += 1
    assert checked == 3 * (20 + 15 + 4 + 6)


def test_the_same_sequences_in_all_languages(
    make_corpus: MakeCorpus, prepare: Callable[..., Path], texts: Texts
) -> None:
    train = by_set(prepare(make_corpus(texts)))["train"]
    names = {
        language: {key_of(u) for u in train if u.language == language and "phrase" not in u.id}
        for language in ("en", "es", "it")
    }
    assert names["en"] == names["es"] == names["it"]


def contents(data: Path) -> dict[str, bytes]:
    files = [file for file in data.rglob("*") if file.is_file() and file.name != ".journal.jsonl"]
    return {file.relative_to(data).as_posix(): file.read_bytes().replace(str(data).encode(), b"") for file in files}


def test_the_result_does_not_depend_on_nj(make_corpus: MakeCorpus, prepare: Callable[..., Path], texts: Texts) -> None:
    root = make_corpus(texts)
    assert contents(prepare(root, "--nj=1", name="one")) == contents(prepare(root, "--nj=2", name="two"))
    assert contents(prepare(root, "--seed=1", name="three")) != contents(prepare(root, name="four"))


def test_nothing_is_done_twice_and_options_leave_nothing_behind(
    make_corpus: MakeCorpus, prepare: Callable[..., Path], texts: Texts
) -> None:
    root = make_corpus(texts)

    def audio_times(data: Path) -> dict[str, int]:
        return {str(file): file.stat().st_mtime_ns for file in data.rglob("*.flac")}

    data = prepare(root)
    before, first = audio_times(data), contents(data)
    assert audio_times(prepare(root)) == before
    prepare(root, "--seed=5", "--train_digit_strings=3")
    prepare(root)
    assert contents(data) == first
    used = {str(utterance.audio) for utterances in by_set(data).values() for utterance in utterances}
    assert used == audio_times(data).keys()


def test_every_drop_is_listed_and_counted(
    make_corpus: MakeCorpus,
    prepare: Callable[..., Path],
    texts: Texts,
    capsys: pytest.CaptureFixture[str],
) -> None:
    texts["es"] += [
        ("digits/0", "diez"),
        ("digits/1f", "una"),
        ("dir-welcome", ""),
        ("vm-absent", "Sin audio."),
        ("tt-monkeys", "[ grabacion de monos gritando ]"),
        ("vm-brackets", "Sus saludos [temporales] estan en uso"),
        ("spy-h323", "h-323"),
        ("vm-long", "Un texto."),
        ("vm-empty", "Otro texto."),
        ("vm-broken", "Un tercer texto."),
    ]
    texts["it"] += [("at-tone", "il tempo sar? esattamente.."), ("vm-odd", "[!] punto")]
    root = make_corpus(texts, suffix=".wav", silent_keys=("vm-absent", "digits/1f"))
    spanish = root / "usr/share/asterisk/sounds/es_MX_f_Allison"
    for key in ("digits/1F", "vm-untold"):
        (spanish / f"{key}.wav").write_bytes((spanish / "digits/3.wav").read_bytes())
    (spanish / "vm-empty.wav").write_bytes(b"")
    (spanish / "vm-broken.wav").write_bytes(b"RIFF nonsense")
    soundfile.write(spanish / "vm-long.wav", np.full(8000 * 3, 0.1), 8000)

    data = prepare(root, "--max_seconds=2.5")
    lines = (data / "local/dropped.tsv").read_text().splitlines()
    broken = next(line for line in lines if "vm-broken" in line)
    assert broken.startswith("es\tvm-broken\tunreadable or empty audio\t")
    assert [line for line in lines if line != broken] == [
        "language\tkey\treason\ttext",
        "en\tsilence/1\tnot speech\t",
        "es\tdigits/0\tkey repeated, the first text counts\tdiez",
        "es\tdir-welcome\tno text\t",
        "es\tsilence/1\tnot speech\t",
        "es\tspy-h323\tnumber in figures\th-323",
        "es\ttt-monkeys\tnot speech\t[ grabacion de monos gritando ]",
        "es\tvm-absent\ttext without audio\tSin audio.",
        "es\tvm-brackets\tunclear what is spoken\tSus saludos [temporales] estan en uso",
        "es\tvm-untold\taudio without text\t",
        "it\tat-tone\tdamaged text\til tempo sar? esattamente..",
        "it\tsilence/1\tnot speech\t",
        f"es\tvm-empty\tunreadable or empty audio\t{spanish}/vm-empty.wav: the file is empty",
        "es\tvm-long\tlonger than 2.5 s\tUn texto.",
    ]
    assert capsys.readouterr().out.splitlines()[:11] == [
        "dropped because                      en  es  it",
        "audio without text                    0   1   0",
        "damaged text                          0   0   1",
        "key repeated, the first text counts   0   1   0",
        "longer than 2.5 s                     0   1   0",
        "no text                               0   1   0",
        "not speech                            1   2   1",
        "number in figures                     0   1   0",
        "text without audio                    0   1   0",
        "unclear what is spoken                0   1   0",
        "unreadable or empty audio             0   2   0",
    ]
    train = {utterance.id: utterance.text for utterance in read_data_dir(data / "train")}
    assert train["es-female_mx-digits_1F"] == "una"
    assert train["es-female_mx-digits_0"] == "cero"
    cleaned = (data / "local/cleaned.tsv").read_text().splitlines()
    assert "it\tvm-odd\t[!] punto\tpunto" in cleaned
    assert "es\tletters/dash\tdash [-]\tdash" in cleaned
    assert "es\tvm-phrase0\tes phrase a, please...\tes phrase a, please" in cleaned
    assert not any("digits/3" in line for line in cleaned)


def test_a_text_that_does_not_fit_its_audio_is_dropped(
    make_corpus: MakeCorpus, prepare: Callable[..., Path], texts: Texts
) -> None:
    lines = [(key, f"{text} {'word ' * 5}") if "vm-" in key else (key, text) for key, text in texts["it"]]
    texts["it"] = [(key, text * 3 if key == "vm-phrase7" else text) for key, text in lines]
    data = prepare(make_corpus(texts))
    listed = [line.split("\t")[:3] for line in (data / "local/dropped.tsv").read_text().splitlines()]
    assert ["it", "vm-phrase7", "text too long for its audio"] in listed
    assert sum(reason == "text too long for its audio" for _, _, reason in listed) == 1


def test_forms_of_the_text(make_corpus: MakeCorpus, prepare: Callable[..., Path], texts: Texts) -> None:
    data = prepare(make_corpus(texts), "--src_case=tc", "--tgt_case=lc")
    prompts = {u.id: u for utterances in by_set(data).values() for u in utterances}
    alpha = prompts["it-male_it-phonetic_a_p"]
    assert (alpha.text, alpha.translation) == ("Alpha", "alpha")
    phrase = prompts["es-female_mx-vm-phrase3"]
    assert (phrase.text, phrase.translation) == ("es phrase d, please", "en phrase d, please")


def test_what_has_no_english_text_has_no_translation(
    make_corpus: MakeCorpus, prepare: Callable[..., Path], texts: Texts
) -> None:
    texts["en"] = [line for line in texts["en"] if line[0] != "letters/dash"]
    texts["en"] += [("vm-only-text", "Only text.")]
    texts["it"] += [("vm-only-text", "Solo testo.")]
    train = read_data_dir(prepare(make_corpus(texts, silent_keys=())) / "train")
    dash = next(utterance for utterance in train if utterance.id == "it-male_it-letters_dash")
    assert (dash.text, dash.translation, dash.target_language) == ("dash", None, None)


def test_translations_need_the_english_texts_only(tmp_path: Path, make_corpus: MakeCorpus, texts: Texts) -> None:
    root = make_corpus(texts)
    shutil.rmtree(root / "usr/share/asterisk/sounds/en_US_f_Allison")
    main(["--audio_dir", str(root), "--data_dir", str(tmp_path / "data"), "--languages", "it", *COUNTS])
    train = read_data_dir(tmp_path / "data/train")
    assert {utterance.language for utterance in train} == {"it"}
    assert all(utterance.translation for utterance in train)


def test_a_reduced_corpus_has_all_digits_and_shared_keys(
    make_corpus: MakeCorpus, prepare: Callable[..., Path], texts: Texts
) -> None:
    texts["es"] += [(f"vm-only-{number}", f"solo {chr(97 + number)}") for number in range(10)]
    data = prepare(make_corpus(texts), "--limit_per_language=24", "--train_phrase_sequences=2")
    natural: dict[str, set[str]] = {"en": set(), "es": set(), "it": set()}
    for utterances in by_set(data).values():
        for utterance in utterances:
            if not key_of(utterance).startswith(("string_", "sequence_")):
                natural[utterance.language].add(key_of(utterance))
    assert natural["en"] == natural["es"] == natural["it"]
    assert len(natural["en"]) == 24
    assert {f"digits_{digit}" for digit in range(10)} <= natural["en"]


def test_a_stopped_preparation_goes_on(
    make_corpus: MakeCorpus, prepare: Callable[..., Path], texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_corpus(texts)
    whole = contents(prepare(root, name="whole"))
    calls = 0

    def stop_later(task: Compose) -> int:
        nonlocal calls
        calls += 1
        if calls == 50:
            raise KeyboardInterrupt
        return compose(task)

    with monkeypatch.context() as patch:
        patch.setattr("espnet_soups.corpora.asterisk.prepare.compose", stop_later)
        with pytest.raises(KeyboardInterrupt):
            prepare(root)
    data = prepare(root)
    assert contents(data) == whole


def test_a_language_without_a_digit_is_refused(
    make_corpus: MakeCorpus,
    prepare: Callable[..., Path],
    texts: Texts,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = make_corpus(texts)
    (root / "usr/share/asterisk/sounds/it_IT_m_Carlo/digits/7.g722").unlink()
    with pytest.raises(SystemExit) as caught:
        prepare(root)
    assert caught.value.code == 1
    assert "error: it: there is no usable recording of 7 (see dropped.tsv), so digit strings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"st_pairs": ["en-fr"]}, "--st_pairs en-fr: choose from es-en fr-en it-en ru-en"),
        ({"languages": ["en", "de"]}, "--languages de: choose from en es fr it ru"),
        ({"languages": []}, "choose from"),
        ({"languages": ["en", "en"]}, "a language is given twice"),
        ({"limit_per_language": 12}, "--limit_per_language must be at least 20"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Options(**options)  # type: ignore[arg-type]
