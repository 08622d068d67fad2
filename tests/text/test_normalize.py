import unicodedata

import pytest

from espnet_soups.text.normalize import CASES, Case, normalize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello,  World!", "hello world"),
        ("L\u2019\u00e9t\u00e9 d'aujourd'hui", "l'été d'aujourd'hui"),
        ("rock 'n' roll, the dogs' bone", "rock n roll the dogs bone"),
        ("dix-sept re-enregistrer", "dix sept re enregistrer"),
        ("P.M. www.asterisk.org", "p m www asterisk org"),
        ("¿Qué? — «sí» …", "qué sí"),
        ("a_b/c*d", "a b c d"),
        ("3D audio", "3d audio"),
        ("हिन्दी", "हिन्दी"),
        ("... !", ""),
        ("", ""),
    ],
)
def test_lower_case_without_punctuation(text: str, expected: str) -> None:
    assert normalize(text, "lc.rm") == expected


def test_other_cases() -> None:
    assert normalize("  Hello,\tWorld! It\u2019s  ", "lc") == "hello, world! it\u2019s"
    assert normalize("  Hello,\u00a0World!  ", "tc") == "Hello, World!"


def test_only_russian_folds_io() -> None:
    assert normalize("Ещё Зве\u0308здочка й", "lc.rm", "ru") == "еще звездочка й"  # noqa: RUF001
    assert normalize("ещё", "lc.rm") == "ещё"
    assert normalize("Ещё!", "lc", "ru") == "ещё!"


@pytest.mark.parametrize("case", CASES)
def test_the_result_is_composed_and_stable(case: Case) -> None:
    for text in ("Cafe\u0301 a\u0300 l'e\u0302tre", "Größe, ÄÖÜ", "L'\u0301a", "ПИН-код №5"):
        once = normalize(text, case, "ru")
        assert unicodedata.is_normalized("NFC", once)
        assert normalize(once, case, "ru") == once
