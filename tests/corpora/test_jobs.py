from pathlib import Path

import pytest

from espnet_soups.corpora.jobs import Job, audio_signature, file_signature, output_path, run_jobs
from espnet_soups.errors import UserError


def write_square(task: tuple[Path, int]) -> int | str:
    """Write the square of a number to a file, and a line to the log beside it; odd numbers are refused."""
    output, number = task
    with (output.parent / "log").open("a") as log:
        log.write(f"{number}\n")
    if number % 2:
        return f"{number} is odd"
    output.write_text(str(number**2))
    return number**2


def fail_at_four(task: tuple[Path, int]) -> int | str:
    if task[1] == 4:
        raise RuntimeError("stopped")
    return write_square(task)


def jobs_for(directory: Path, numbers: range, signature: str = "s") -> list[Job[tuple[Path, int]]]:
    outputs = [directory / f"{number}.txt" for number in numbers]
    return [Job(output, signature, (output, number)) for output, number in zip(outputs, numbers, strict=True)]


def done(directory: Path) -> list[int]:
    return sorted(int(line) for line in (directory / "log").read_text().split())


EXPECTED = [0, "1 is odd", 4, "3 is odd", 16, "5 is odd"]


@pytest.mark.parametrize("nj", [1, 2])
def test_results_are_in_order_and_nothing_is_done_twice(tmp_path: Path, nj: int) -> None:
    for _ in range(2):
        jobs = jobs_for(tmp_path, range(6))
        assert run_jobs(jobs, write_square, directory=tmp_path, nj=nj, label="squares") == EXPECTED
        assert done(tmp_path) == [0, 1, 2, 3, 4, 5]


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    jobs = jobs_for(tmp_path, range(6))
    with pytest.raises(RuntimeError, match="stopped"):
        run_jobs(jobs, fail_at_four, directory=tmp_path, nj=1, label="squares")
    assert done(tmp_path) == [0, 1, 2, 3]
    with (tmp_path / ".journal.jsonl").open("a") as journal:
        journal.write('{"output": "cut o')  # killed while writing
    assert run_jobs(jobs, write_square, directory=tmp_path, nj=1, label="squares") == EXPECTED
    assert done(tmp_path) == [0, 1, 2, 3, 4, 5]
    assert run_jobs(jobs, fail_at_four, directory=tmp_path, nj=1, label="squares") == EXPECTED


def test_what_changed_or_is_gone_is_done_again(tmp_path: Path) -> None:
    run_jobs(jobs_for(tmp_path, range(3)), write_square, directory=tmp_path, nj=1, label="squares")
    (tmp_path / "2.txt").unlink()
    run_jobs(jobs_for(tmp_path, range(3)), write_square, directory=tmp_path, nj=1, label="squares")
    assert done(tmp_path) == [0, 1, 2, 2]
    run_jobs(jobs_for(tmp_path, range(3), "other"), write_square, directory=tmp_path, nj=1, label="squares")
    assert done(tmp_path) == [0, 0, 1, 1, 2, 2, 2]


def test_only_own_files_that_nobody_makes_any_more_are_deleted(tmp_path: Path) -> None:
    (tmp_path / "users.txt").write_text("mine")
    run_jobs(jobs_for(tmp_path, range(5)), write_square, directory=tmp_path, nj=1, label="squares")
    run_jobs(jobs_for(tmp_path, range(3)), write_square, directory=tmp_path, nj=1, label="squares")
    assert sorted(file.name for file in tmp_path.glob("*.txt")) == ["0.txt", "2.txt", "users.txt"]


def test_no_process_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--nj is 0"):
        run_jobs(jobs_for(tmp_path, range(1)), write_square, directory=tmp_path, nj=0, label="squares")


def test_signatures_follow_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.ark"
    missing = file_signature(file)
    file.write_text("one")
    first = file_signature(file)
    assert len({missing, first, audio_signature(Path(f"{file}:1")), audio_signature(Path(f"{file}:2"))}) == 4
    assert audio_signature(file) == first
    file.write_text("three")
    assert file_signature(file) != first


def test_output_paths_are_different_for_different_ids() -> None:
    ids = ["a/b", "a%2Fb", "a_b", "a%b"]
    paths = {output_path(Path("/x"), "spk", identifier, ".wav") for identifier in ids}
    assert len(paths) == len(ids)
    assert {path.parent for path in paths} == {Path("/x/spk")}
