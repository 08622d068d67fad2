import pytest

from espnet_soups.text.chinese import normalize_chinese, to_half_width
from espnet_soups.text.languages import normalize_language


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "L\u2019homme qu'est-ce qu\u02bcil dit ?", "l'homme qu'est ce qu'il dit"),
        ("fr", "« Aujourd'hui », dit-elle.", "aujourd'hui dit elle"),
        ("ca", "El col·legi d'aigua.", "el col·legi d'aigua"),
        ("ca", "Col\u2022legi, INTEL\u22c5LIGENT, co\u0140legi", "col·legi intel·ligent col·legi"),
        ("ca", "un · dos", "un dos"),
        ("es", "a·b", "a b"),
        ("de", "Wie geht's? Per E-Mail!", "wie geht's per e mail"),
        ("de", "GROẞE Straße", "große straße"),
        ("en", "'Don't,' he said; 'tis the boys' own.", "don't he said tis the boys own"),
        ("es", "¿Qué tal? ¡Bien!", "qué tal bien"),
        ("it", "Perche\u0301 c'è l'acqua", "perché c'è l'acqua"),
        ("zh", "今天\uff0c 天气 很 好\uff01", "今天天气很好"),
    ],
)
def test_transcripts(language: str, text: str, expected: str) -> None:
    assert normalize_language(text, "lc.rm", language) == expected


@pytest.mark.parametrize("language", ["fr", "ca", "en", "de"])
def test_translations_keep_how_they_are_written(language: str) -> None:
    text = "L\u2019«E-mail» col·legi, don't!"
    assert normalize_language(text, "tc", language) == text
    assert normalize_language(text, "lc", language) == text.lower()


def test_normalising_twice_changes_nothing() -> None:
    for language, text in [("ca", "Col·legi l'· INTEL·LIGENT"), ("fr", "L'été-là"), ("zh", "\uff21\uff22 好\uff01")]:
        for case in ("lc.rm", "lc", "tc"):
            once = normalize_language(text, case, language)
            assert normalize_language(once, case, language) == once


def test_half_width() -> None:
    assert to_half_width("\uff21\uff22\uff23\uff11\u3000\uff01好。") == "ABC1 !好。"


@pytest.mark.parametrize(
    ("case", "expected"),
    [("lc.rm", "tf1好"), ("lc", "tf1好!"), ("tc", "TF1好\uff01")],
)
def test_chinese_cases(case: str, expected: str) -> None:
    assert normalize_chinese("\uff34 \uff26\uff11\u3000好 \uff01", case) == expected
