from pathlib import Path

import pytest

from espnet_soups.corpora.parallel import file_sizes, map_parallel
from espnet_soups.errors import UserError


def square(number: int) -> int:
    if number < 0:
        raise UserError(f"{number} is negative")
    return number * number


@pytest.mark.parametrize("nj", [1, 2])
def test_results_come_in_order(nj: int) -> None:
    tasks = list(range(20))
    assert list(map_parallel(square, tasks, nj=nj, label="x", unit="x")) == [n * n for n in tasks]


@pytest.mark.parametrize("nj", [1, 2])
def test_an_error_of_the_work_is_raised(nj: int) -> None:
    with pytest.raises(UserError, match="-1 is negative"):
        list(map_parallel(square, [1, -1, 2], nj=nj, label="x", unit="x"))


def test_no_process_is_too_few() -> None:
    with pytest.raises(UserError, match="--nj is 0"):
        list(map_parallel(square, [1], nj=0, label="x", unit="x"))


@pytest.mark.parametrize("nj", [1, 4])
def test_sizes_of_files(nj: int, tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(2500)]
    for path in paths[:3]:
        path.write_bytes(b"x" * int(path.name))
    paths[3].mkdir()
    assert list(file_sizes(paths, nj)) == [0, 1, 2, None] + [None] * 2496
