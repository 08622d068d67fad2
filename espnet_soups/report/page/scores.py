"""Scores per language: a picture and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from espnet_soups.report.page.panel import Panel
from espnet_soups.report.scoring import MEAN
from espnet_soups.report.theme import SERIES, new_figure

type Results = Mapping[str, Mapping[str, Mapping[str, Any]]]

_PLOTS = {
    "wer": ("asr", "WER (%), lower is better"),
    "cer": ("asr", "CER (%), lower is better"),
    "bleu": ("st", "BLEU, higher is better"),
    "chrf": ("st", "chrF, higher is better"),
}
_COLUMNS = {"wer": "WER %", "cer": "CER %", "bleu": "BLEU", "chrf": "chrF", "utterances": "utterances"}
MISSING = "There are no scores yet: run stages 12 and 13."


@dataclass(frozen=True, slots=True)
class Table:
    """Scores of one task on one test set."""

    title: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]
    """Language or pair, or the mean, and its cells."""


def score_bars(results: Results) -> Panel:
    """Bars of each metric by language or pair, one colour a test set."""
    panel = ("scores", "Scores", "One colour for each test set; the numbers are in the tables below.")
    plots = [metric for metric in _PLOTS if any(metric in row for rows in results.values() for row in rows.values())]
    if not plots:
        return Panel(*panel, missing=MISSING)
    figure = new_figure(10, 2.7 * -(-len(plots) // 2))
    grid = figure.subplots(-(-len(plots) // 2), 2, squeeze=False).flatten()
    for axes, metric in zip(grid, plots, strict=False):
        task, title = _PLOTS[metric]
        _bars(axes, results, task, metric)
        axes.set_title(title)
    for axes in grid[len(plots) :]:
        axes.set_axis_off()
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(results))
    return Panel(*panel, figure)


def _bars(axes: Axes, results: Results, task: str, metric: str) -> None:
    found = {name for rows in results.values() for name, row in rows.items() if metric in row}
    names = sorted((name for name in found if name.startswith(f"{task}/")), key=_mean_last)
    width = 0.8 / len(results)
    for number, (test_set, rows) in enumerate(results.items()):
        values = [rows.get(name, {}).get(metric, float("nan")) for name in names]
        places = [place + (number - (len(results) - 1) / 2) * width for place in range(len(names))]
        bars = axes.bar(places, values, 0.92 * width, label=test_set, color=SERIES[number % len(SERIES)])
        axes.bar_label(bars, fmt="%.1f", fontsize=6.5, padding=1)
    axes.set_xticks(range(len(names)), [name.partition("/")[2] for name in names])
    axes.set_ylim(0, None if any(value > 0 for value in axes.dataLim.intervaly) else 1)
    axes.grid(visible=False, axis="x")


def score_tables(results: Results) -> list[Table]:
    """A table for each test set and task that has scores."""
    tables = []
    for test_set, rows in results.items():
        for task, title in (("asr", "recognition"), ("st", "translation")):
            names = sorted((name for name in rows if name.startswith(f"{task}/")), key=_mean_last)
            columns = [metric for metric in _COLUMNS if any(metric in rows[name] for name in names)]
            cells = [(name.partition("/")[2], [_cell(rows[name].get(metric)) for metric in columns]) for name in names]
            if names:
                tables.append(Table(f"{test_set}: {title}", [_COLUMNS[metric] for metric in columns], cells))
    return tables


def mean_scores(results: Results) -> list[tuple[str, str]]:
    """Test set with metric, and its mean over the languages, for the head of the page."""
    found = []
    for test_set, rows in results.items():
        for task, metric in (("asr", "wer"), ("asr", "cer"), ("st", "bleu")):
            mean = rows.get(f"{task}/{MEAN}", {})
            if metric in mean and not (metric == "cer" and "wer" in mean):
                found.append((f"{_COLUMNS[metric]}, {test_set}", f"{mean[metric]:.1f}"))
    return found


def _mean_last(name: str) -> tuple[bool, str]:
    return name.endswith(f"/{MEAN}"), name


def _cell(value: float | int | str | None) -> str:
    if value is None:
        return "\N{EN DASH}"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def languages_without_scores(results: Results, objectives: Sequence[str]) -> list[str]:
    """Objectives with texts that no test set has scores of."""
    scored = {name for rows in results.values() for name, row in rows.items() if {"cer", "bleu"} & row.keys()}
    return [name for name in objectives if name != "ssl" and name not in scored]
