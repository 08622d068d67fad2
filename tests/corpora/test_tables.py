from pathlib import Path

from espnet_soups.corpora.tables import format_table, write_tsv


def test_numbers_are_right_aligned() -> None:
    table = format_table(("reason", "en", "es"), [("no text", 3, 12), ("not speech, at all", 10, 0)])
    assert table.splitlines() == [
        "reason              en  es",
        "no text              3  12",
        "not speech, at all  10   0",
    ]


def test_a_table_may_be_empty() -> None:
    assert format_table(("a", "b"), []) == "a  b"


def test_values_cannot_break_a_tsv(tmp_path: Path) -> None:
    write_tsv(tmp_path / "new/x.tsv", ("a", "b"), [("1\t2", "x\ny")])
    assert (tmp_path / "new/x.tsv").read_text() == "a\tb\n1 2\tx y\n"
