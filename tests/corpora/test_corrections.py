import pytest

from espnet_soups.corpora.corrections import INVISIBLE, NOT_NFC, correct


@pytest.mark.parametrize(
    ("text", "corrected", "corrections"),
    [
        ("Ça va ?", "Ça va ?", []),
        ("Ça va\u00a0?", "Ça va\u00a0?", []),  # a space that does not break is nothing wrong
        ("e\u0301te\u0301", "été", [NOT_NFC]),
        ("a\tb\nc\x00d", "a b c d", [INVISIBLE]),
        ("a\u2028b", "a b", [INVISIBLE]),
        ("co\u00adop\u200b\ufeff", "coop", [INVISIBLE]),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e", []),  # Persian needs its joiners
        ("e\u0301\x07", "é ", [INVISIBLE, NOT_NFC]),
    ],
)
def test_correct(text: str, corrected: str, corrections: list[str]) -> None:
    assert correct(text) == (corrected, corrections)
