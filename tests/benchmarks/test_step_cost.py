import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report import Measured, against_torchjd, figures, growth, table
from benchmarks.rows import JOINT, ROWS, choose_rows, find_row
from benchmarks.step_cost import main
from espnet_soups.errors import UserError
from espnet_soups.soup.config import MEASURES, ModoConfig

TINY = ["--size", "tiny", "--utterances", "8", "--seconds", "1", "--repeats", "2", "--threads", "1"]


def test_writes_all_figures_of_a_tiny_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cost.json"
    own = 'vc{"modo": {"every": 2}}'
    only = ["--only", "vm", own, "espnet-st/ours"]
    main([*TINY, "--objectives", "3", "5", "--no-memory", "--json", str(path), *only])
    content = json.loads(path.read_text("utf-8"))
    assert [result["objectives"] for result in content["results"]] == [3, 5]
    rows = {row["name"]: row for row in content["results"][0]["rows"]}
    assert list(rows) == ["joint", "vm", "espnet-st/espnet", "espnet-st/ours", own]
    assert rows["joint"]["wall_ratio"]["value"] == 1.0
    assert rows["vm"]["kinds"]["measuring"]["share"] == pytest.approx(1 / 16, abs=1e-3)
    assert len(rows["vm"]["kinds"]["plain"]["wall_ms"]["values"]) == 2
    assert rows["vm"]["consecutive"]["steps"] == ModoConfig().every
    assert [entry["name"] for entry in content["growth"]] == ["vm", own]
    assert content["machine"]["threads"] == 1
    assert content["machine"]["versions"]["torch"]
    assert own in capsys.readouterr().out


def test_no_place_for_the_result_is_found_out_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*TINY, "--json", str(tmp_path / "absent" / "cost.json")])
    assert "make it first" in capsys.readouterr().err


def test_list_tells_of_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--list"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(ROWS)


def test_every_measurement_has_a_row() -> None:
    assert {f"vm/{measure}" for measure in MEASURES if measure != ModoConfig().measure} <= ROWS.keys()


def test_references_are_measured_too() -> None:
    names = [row.name for row in choose_rows(["espnet-st/ours", "v?"])]
    assert names == ["joint", "vs", "vc", "vm", "espnet-st/espnet", "espnet-st/ours"]


@pytest.mark.parametrize("name", ["absent", "vm{broken"])
def test_unknown_rows_are_refused(name: str) -> None:
    with pytest.raises(UserError, match="--only"):
        find_row(name)


def result(objectives: int, **ratios: float) -> dict[str, Any]:
    def row(name: str, ratio: float) -> dict[str, Any]:
        one = {"value": ratio, "lower": ratio, "upper": ratio}
        kinds = {"plain": 100.0, "measuring": 150.0} if name == "vm" else {"plain": 100.0 * ratio}
        return {
            "name": name.replace("_", "/"),
            "reference": JOINT,
            "wall_ratio": one,
            "cpu_ratio": one,
            "wall_ms": 100.0 * ratio,
            "cpu_ms": 100.0 * ratio,
            "kinds": {k: {"wall_ms": {"median": ms, "relative_spread": 0.0}} for k, ms in kinds.items()},
        }

    return {"objectives": objectives, "rows": [row(name, ratio) for name, ratio in ratios.items()]}


def test_growth_is_in_percentage_points() -> None:
    (entry,) = growth([result(41, joint=1.0, vm=1.08), result(5, joint=1.0, vm=1.02)], JOINT)
    assert entry["wall"]["overhead_points"] == pytest.approx({5: 2.0, 41: 8.0})
    assert entry["wall"]["growth_points"] == pytest.approx(6.0)


def test_rivals_are_compared_per_step_and_per_measurement() -> None:
    text = against_torchjd(result(10, joint=1.0, vm=1.05, torchjd_slow=9.0, torchjd_fast=3.0)["rows"])
    assert "torchjd/fast: overhead 200.0 %" in text
    assert "vm: overhead 5.0 % (40.0 times less); of a step that measures 50.0 % (4.0 times less)" in text


def test_a_row_without_enough_memory_says_so() -> None:
    found = figures(Measured("authors", JOINT, failed="out of memory"), {})
    assert "out of memory" in table([*result(10, joint=1.0)["rows"], found])
