import gzip
from pathlib import Path

import pytest

from espnet_soups.corpora.asterisk.transcripts import Dropped, match_keys, read_transcripts
from espnet_soups.errors import UserError


def test_lines_headers_and_faults(tmp_path: Path) -> None:
    file = tmp_path / "core-sounds-it.txt.gz"
    content = (
        "\ufeff; Core Asterisk Sounds in Italian\n; Elenco completo del set\n\n"
        "digits/0: zero\n"
        "digits/0: dieci\n"
        "vm-leavemsg:  Premere 5   ora \r\n"
        "dir-welcome:\n"
        "Elenco dei messaggi\n"
        "conf-enteringno: conferenza: numero\n"
        "letters/e\u0301: e\n"
        "cafe-x: cafe\u0301\n"
    )
    file.write_bytes(gzip.compress(content.encode() + b"at-tone: sar\xe0 ora\n"))
    texts, dropped = read_transcripts(file, "it")
    assert texts == {
        "digits/0": "zero",
        "vm-leavemsg": "Premere 5 ora",
        "dir-welcome": "",
        "conf-enteringno": "conferenza: numero",
        "letters/\u00e9": "e",
        "cafe-x": "caf\u00e9",
        "at-tone": "sar\ufffd ora",
    }
    assert dropped == [
        Dropped("it", "digits/0", "key repeated, the first text counts", "dieci"),
        Dropped("it", "", "line without a key", "Elenco dei messaggi"),
    ]


def test_plain_files_and_no_newline_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "core-sounds-en.txt").write_text("; x\nhello: Hello.")
    assert read_transcripts(tmp_path / "core-sounds-en.txt", "en") == ({"hello": "Hello."}, [])


def test_unusable_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(b"not gzip")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"hello: Hello.\n" * 99)[:30])
    (tmp_path / "c.txt").write_text("; only a header\n")
    for name in ("a.txt.gz", "b.txt.gz", "absent.txt"):
        with pytest.raises(UserError, match=f"{name}: the transcripts cannot be read"):
            read_transcripts(tmp_path / name, "en")
    with pytest.raises(UserError, match=r"c.txt: there is no 'key: text' line"):
        read_transcripts(tmp_path / "c.txt", "en")


def test_keys_match_exactly_first_and_without_case_then() -> None:
    texts = dict.fromkeys(["digits/1f", "letters/O", "vm-a", "vm-A", "vm-b", "digits/1", "x", "X"], "")
    audio = {"digits/1F", "letters/o", "vm-a", "vm-A", "digits/1", "x"}
    assert match_keys(texts, audio) == {
        "digits/1f": "digits/1F",
        "letters/O": "letters/o",
        "vm-a": "vm-a",
        "vm-A": "vm-A",
        "digits/1": "digits/1",
        "x": "x",
    }
