import pytest

from espnet_soups.report.differences import Piece, align, error_count


def test_each_kind_of_difference():
    pieces = align("hold the line please", "hold a line now please", "en")
    assert pieces == [
        Piece("equal", "hold", "hold"),
        Piece("substitute", "the", "a"),
        Piece("equal", "line", "line"),
        Piece("insert", "", "now"),
        Piece("equal", "please", "please"),
    ]
    assert error_count(pieces) == (2, 4)
    assert align("one two", "two", "en") == [Piece("delete", "one", ""), Piece("equal", "two", "two")]


def test_characters_where_words_have_no_blanks():
    assert align("你好 吗", "你们好", "zh") == [
        Piece("equal", "你", "你"),
        Piece("insert", "", "们"),
        Piece("equal", "好", "好"),
        Piece("delete", "吗", ""),
    ]


@pytest.mark.parametrize(("reference", "hypothesis", "errors"), [("", "", 0), ("", "a b", 2), ("a b", "", 2)])
def test_empty_texts(reference: str, hypothesis: str, errors: int):
    pieces = align(reference, hypothesis, "en")
    assert error_count(pieces) == (errors, len(reference.split()))
    assert "".join(piece.hypothesis for piece in pieces) == hypothesis.replace(" ", "")
