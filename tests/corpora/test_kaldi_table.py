import random
import re
from pathlib import Path

import pytest

from espnet_soups.corpora.kaldi_table import check_value, read_table, write_table
from espnet_soups.errors import UserError


def test_written_tables_are_read_back(tmp_path: Path) -> None:
    rng = random.Random(0)
    alphabet = "ab Zя漢'-.é\u00a0\u200b😀"
    for _ in range(200):
        rows = {f"id{rng.choice(alphabet).strip()}{i}": "".join(rng.choices(alphabet, k=9)) for i in range(7)}
        rows = {key: " ".join(value.split()) or "x" for key, value in rows.items()}
        write_table(tmp_path / "text", rows)
        table = read_table(tmp_path / "text")
        assert {key: cell.value for key, cell in table.items()} == rows
        assert list(table) == sorted(rows, key=str.encode)
        assert [cell.line for cell in table.values()] == list(range(1, len(rows) + 1))


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"a x\na y\n", 2, "id 'a' is duplicated, it is on line 1 already"),
        (
            b"b x\na y\n",
            2,
            "id 'a' is out of order, it comes after 'b' on line 1; sort the file with LC_ALL=C",
        ),
        (b"a x\n\nb y\n", 2, "the line is empty; remove it"),
        (b"a x\n  \n", 2, "the line is empty; remove it"),
        (b"a x\nb\n", 2, "id 'b': the value is empty"),
        (b"a x\nb sar\xe0\n", 2, "byte 0xe0 is not UTF-8; convert the file to UTF-8"),
        (b"a x\nb y", 2, "the file does not end with a newline"),
        (b"a  x\n", 1, "blanks around the value ' x'"),
        (b"a x \n", 1, "blanks around the value 'x '"),
        (b"a x\r\n", 1, "blanks around the value"),
        (b"a\tx\n", 1, "is not an id"),
        (b" a x\n", 1, "'' is not an id"),
        (b"a x\x00y\n", 1, "control character '\\x00' in the value"),
        ("a x\u2028y\n".encode(), 1, "control character '\\u2028' in the value"),
    ],
)
def test_faults_are_named_with_file_and_line(tmp_path: Path, content: bytes, line: int, message: str) -> None:
    file = tmp_path / "text"
    file.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(f"{file}:{line}: ") + ".*" + re.escape(message)):
        read_table(file)


def test_bytewise_order_is_that_of_utf8(tmp_path: Path) -> None:
    names = ["z", "é", "я", "漢", "\U0001f600", "\uffee", "Z", "a-b", "a_b", "a"]
    write_table(tmp_path / "text", dict.fromkeys(names, "x"))
    assert list(read_table(tmp_path / "text")) == sorted(names, key=str.encode)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"wav.scp: cannot be read"):
        read_table(tmp_path / "wav.scp")


def test_values_that_look_odd_but_are_fine() -> None:
    for value in ("a  b", "l'été", "😀", "a\u00a0b", "e\u0301"):
        check_value(value, "here")
