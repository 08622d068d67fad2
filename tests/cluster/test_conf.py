"""How conf/slurm.conf turns wishes into options of sbatch."""

from pathlib import Path

import pytest

from espnet_soups.cluster.conf import read_slurm_conf
from espnet_soups.errors import UserError

ROOT = Path(__file__).parents[2]
CONTENT = """
# A site of its own.
command sbatch --export=PATH --time=1:00:00
default gpu=0
option gpu=0 --partition=cpu   # no GPU
option gpu=* --partition=gpu --gres=gpu:a100:$0
option num_nodes=* --nodes=$0
"""


def write(folder: Path, content: str) -> Path:
    path = folder / "slurm.conf"
    path.write_text(content)
    return path


def test_the_shipped_one_asks_for_gpus_nodes_and_cores() -> None:
    conf = read_slurm_conf(ROOT / "conf/slurm.conf")
    base = ["sbatch", "--export=ALL", "--time=2-00:00:00"]
    assert conf.submission({}) == [*base, "--nodes=1", "--ntasks-per-node=1"]
    assert sorted(conf.submission({"gpu": "4", "num_nodes": "2", "num_threads": "4"})) == sorted(
        [*base, "--nodes=2", "--ntasks-per-node=1", "--gres=gpu:4", "--cpus-per-task=4"]
    )


def test_a_value_comes_before_any_value(tmp_path: Path) -> None:
    conf = read_slurm_conf(write(tmp_path, CONTENT))
    base = ["sbatch", "--export=PATH", "--time=1:00:00"]
    assert conf.submission({}) == conf.submission({"gpu": "0"}) == [*base, "--partition=cpu"]
    assert conf.submission({"gpu": "8"}) == [*base, "--partition=gpu", "--gres=gpu:a100:8"]


def test_a_wish_without_a_line_is_refused(tmp_path: Path) -> None:
    conf = read_slurm_conf(write(tmp_path, CONTENT))
    with pytest.raises(UserError, match=r"no line 'option num_threads=4 \.\.\.' or 'option num_threads=\*"):
        conf.submission({"num_threads": "4"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("command sbatch\ncommand qsub\n", r"slurm\.conf:2: 'command qsub' is not"),
        ("command sbatch\noption gpu 4\n", r"slurm\.conf:2: 'option gpu 4' is not"),
        ("command sbatch\ndefault gpu=0 --x\n", r"slurm\.conf:2: 'default gpu=0 --x' is not"),
        ("commands sbatch\n", r"slurm\.conf:1: 'commands sbatch' is not"),
        ("default gpu=0\n", r"slurm\.conf has no line 'command sbatch \.\.\.'"),
    ],
)
def test_other_lines_are_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_slurm_conf(write(tmp_path, content))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"slurm\.conf does not exist"):
        read_slurm_conf(tmp_path / "slurm.conf")
