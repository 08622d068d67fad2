"""The soup's records of an interrupted run."""

from pathlib import Path

import pytest

from espnet_soups.training.records import append_records, drop_records_from, read_records

RECORDS = [{"step": step, "figures": {"lambda/ssl": 1.0}} for step in (0, 16, 32)]


def test_what_comes_after_the_checkpoint_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "soup.jsonl"
    drop_records_from(path, 0)
    assert not path.exists()
    append_records(path, RECORDS)
    drop_records_from(path, 33)
    assert read_records(path) == RECORDS
    drop_records_from(path, 16)
    assert read_records(path) == RECORDS[:1]


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_line_that_was_cut_off_does_not_stop_training(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "soup.jsonl"
    append_records(path, RECORDS)
    path.write_text(path.read_text()[:-cut])
    drop_records_from(path, 32)
    assert read_records(path) == RECORDS[:2]
