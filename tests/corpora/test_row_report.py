from pathlib import Path

import pytest

from espnet_soups.corpora.row_report import RowReport
from espnet_soups.errors import UserError


def test_lines_are_written_and_counted(tmp_path: Path) -> None:
    with RowReport(tmp_path / "local") as report:
        report.add("skipped", "bad", "a.tsv", group="fr", line=3, item="x.mp3", detail="a\tb\n c")
        report.add("skipped", "bad", "a.tsv", group="de", line=4)
        report.add("kept", "odd", "b.tsv", group="de")
        assert not report.path.exists()
    assert report.path.read_text(encoding="utf-8") == (
        "action\treason\tfile\tline\titem\tdetail\n"
        "skipped\tbad\ta.tsv\t3\tx.mp3\ta b c\n"
        "skipped\tbad\ta.tsv\t4\t\t\n"
        "kept\todd\tb.tsv\t\t\t\n"
    )
    assert report.table(["de", "fr"]).splitlines() == [
        "action   reason  de  fr",
        "skipped  bad      1   1",
        "kept     odd      1   0",
    ]


def test_a_failure_leaves_the_report_that_may_explain_it(tmp_path: Path) -> None:
    def fail() -> None:
        with RowReport(tmp_path) as report:
            report.add("skipped", "bad", "a.tsv", group="fr")
            raise UserError("enough")

    with pytest.raises(UserError, match="enough"):
        fail()
    assert "skipped\tbad" in (tmp_path / "rows.tsv").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["rows.tsv"]


def test_an_empty_report_says_so(tmp_path: Path) -> None:
    with RowReport(tmp_path) as report:
        pass
    assert report.table(["fr"]) == "all rows were used as they stand"
