import json
from pathlib import Path

import pytest

from espnet_soups.errors import UserError
from espnet_soups.report.figure import draw_run

RESULTS = {
    "test_a": {"asr/fr": {"wer": 12.0}, "asr/mean": {"wer": 12.0}, "asr/ru": {"wer": None}, "st/fr-en": {"bleu": None}},
    "test_b": {"asr/fr": {"wer": 30.0}},
}


def write(folder: Path, steps: int) -> Path:
    (folder / "RESULTS.json").write_text(json.dumps(RESULTS))
    records = [
        {
            "step": step,
            "figures": {"lambda/asr/fr": 0.4, "lambda/st/fr-en": 0.6, "weight/asr/fr": 1.0},
            **({"conflict": [0.1, -0.2, float("nan")]} if step % 2 == 0 else {}),
        }
        for step in range(steps)
    ]
    if steps:
        (folder / "soup.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


def test_scores_and_soup_are_drawn(tmp_path: Path) -> None:
    axes = draw_run(write(tmp_path, 4)).axes
    assert [axis.get_title(loc="left") for axis in axes[:4]] == [
        "WER (%)",
        "BLEU",
        "lambda within its level",
        "mean cosine of the objectives' gradients (negative: conflict)",
    ]
    assert sorted(bar.get_height() for bar in axes[0].patches if bar.get_height() == bar.get_height()) == [12, 12, 30]
    assert [label.get_text() for label in axes[0].get_xticklabels()] == ["fr", "ru", "mean"]
    assert len(axes[2].lines) == 2
    assert axes[3].images[0].get_array().shape == (3, 2)


@pytest.mark.parametrize("conflict", [{}, {"conflict": [float("nan")]}])
def test_one_objective_has_no_conflict_to_draw(conflict: dict[str, list[float]], tmp_path: Path) -> None:
    write(tmp_path, 0)
    record = {"step": 0, "figures": {"lambda/asr/fr": 1.0}, **conflict}
    (tmp_path / "soup.jsonl").write_text(json.dumps(record) + "\n")
    assert draw_run(tmp_path).axes[3].get_title(loc="left") == "no two objectives were compared"


def test_fixed_weights_have_no_soup_to_draw(tmp_path: Path) -> None:
    figure = draw_run(write(tmp_path, 0))
    assert len(figure.axes) == 2
    figure.savefig(tmp_path / "run.png")
    assert (tmp_path / "run.png").stat().st_size > 5000


def test_missing_results_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"RESULTS\.json does not exist: run stage 13 first"):
        draw_run(tmp_path)
