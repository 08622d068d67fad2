import random
import re
from pathlib import Path

import pytest
import sentencepiece

from espnet_soups.bin.make_tokens import main
from espnet_soups.corpora.data_dir import Utterance, write_data_dir
from espnet_soups.errors import UserError
from espnet_soups.text.token_lists import make_tokens, split_characters

WORDS = [
    "press",
    "one",
    "two",
    "three",
    "four",
    "the",
    "pound",
    "key",
    "to",
    "leave",
    "conference",
    "number",
    "please",
    "thank",
    "you",
]


def write(path: Path, texts: list[str], translations: list[str | None] | None = None) -> Path:
    translations = translations or [None] * len(texts)
    utterances = [
        Utterance(f"fr-a-{i:03}", Path("/x.wav"), "fr-a", "fr", text, translation, translation and "en", 1)
        for i, (text, translation) in enumerate(zip(texts, translations, strict=True))
    ]
    write_data_dir(path, utterances, complete=True)
    return path


@pytest.fixture
def sentences() -> list[str]:
    rng = random.Random(0)
    return [" ".join(rng.choices(WORDS, k=6)) for _ in range(100)]


def test_characters_by_frequency_then_code_point(tmp_path: Path) -> None:
    data = write(tmp_path / "d", ["bbb aé", "ab é"])
    tokens = make_tokens(data, "text", tmp_path / "t")
    assert tokens == ["<blank>", "<unk>", "<na>", "b", "<space>", "a", "é", "<sos/eos>"]
    assert (tmp_path / "t/tokens.txt").read_text() == "".join(f"{token}\n" for token in tokens)
    assert not (tmp_path / "t/bpe.model").exists()


def test_missing_translations_do_not_count(tmp_path: Path) -> None:
    data = write(tmp_path / "d", ["x", "y"], ["ok", None])
    assert make_tokens(data, "text_translation", tmp_path / "t")[3:-1] == ["k", "o"]
    with pytest.raises(UserError, match=r"text_translation: there is no text to make tokens of"):
        make_tokens(write(tmp_path / "e", ["x"]), "text_translation", tmp_path / "t2")
    assert not (tmp_path / "t2").exists()


def test_unknown_characters_of_other_splits_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, valid = write(tmp_path / "train", ["ab a"]), write(tmp_path / "valid", ["aß", "bçç b"])
    arguments = [
        "--data_dir",
        str(train),
        "--out_dir",
        str(tmp_path / "t"),
        "--other_dirs",
        str(train),
        str(valid),
    ]
    main(arguments)
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/t/tokens.txt: 7 tokens from 1 texts of {train}/text",
        f"{train}/text: 0 of 4 tokens are unknown (0.00 %)",
        f"{valid}/text: 3 of 7 tokens are unknown (42.86 %), most often ç ß",
    ]


@pytest.mark.parametrize("mode", ["unigram", "bpe"])
def test_pieces_say_everything_and_are_byte_stable(tmp_path: Path, sentences: list[str], mode: str) -> None:
    data = write(tmp_path / "d", sentences)
    written = []
    for name, texts in (("t1", sentences), ("t2", sentences[::-1])):
        out = tmp_path / name
        data = write(tmp_path / f"d{name}", texts)
        main(
            [
                "--data_dir",
                str(data),
                "--out_dir",
                str(out),
                "--token_type",
                "bpe",
                "--vocab_size",
                "40",
                "--bpe_mode",
                mode,
                "--other_dirs",
                str(data),
            ]
        )
        written.append([(out / "tokens.txt").read_bytes(), (out / "bpe.model").read_bytes()])
    assert written[0] == written[1]
    tokens = (tmp_path / "t1/tokens.txt").read_text().splitlines()
    assert tokens[:3] == ["<blank>", "<unk>", "<na>"]
    assert tokens[-1] == "<sos/eos>"
    assert len(set(tokens)) == len(tokens) == 40  # <s> and </s> go, <blank> and <sos/eos> come
    processor = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "t1/bpe.model"))
    for text in [*sentences, "<na>"]:
        assert set(processor.encode(text, out_type=str)) <= set(tokens)
    assert processor.encode("<na>", out_type=str)[-1] == "<na>"


@pytest.mark.parametrize("mode", ["unigram", "bpe"])
def test_sizes_that_do_not_fit_are_explained_with_one_that_does(
    tmp_path: Path, sentences: list[str], mode: str
) -> None:
    data = write(tmp_path / "d", sentences)

    def make(size: int) -> None:
        make_tokens(data, "text", tmp_path / "t", "bpe", vocab_size=size, bpe_mode=mode)  # type: ignore[arg-type]

    for size, pattern in (
        (5000, r"--vocab_size 5000 is too large .* give at most (\d+)"),
        (5, r"too small .* give at least (\d+)"),
    ):
        with pytest.raises(UserError) as caught:
            make(size)
        match = re.search(pattern, str(caught.value))
        assert match is not None, caught.value
        make(int(match[1]))


def test_size_and_type_must_agree(tmp_path: Path) -> None:
    data = write(tmp_path / "d", ["a"])
    for arguments in ({"vocab_size": 10}, {"token_type": "bpe"}):
        with pytest.raises(UserError, match="--vocab_size goes with --token_type bpe, and only with it"):
            make_tokens(data, "text", tmp_path / "t", **arguments)  # type: ignore[arg-type]


def test_changing_to_characters_removes_the_old_model(tmp_path: Path, sentences: list[str]) -> None:
    data = write(tmp_path / "d", sentences)
    make_tokens(data, "text", tmp_path / "t", "bpe", vocab_size=30)
    make_tokens(data, "text", tmp_path / "t", "char")
    assert [file.name for file in (tmp_path / "t").iterdir()] == ["tokens.txt"]


def test_spaces_have_a_symbol() -> None:
    assert split_characters("a b") == ["a", "<space>", "b"]
