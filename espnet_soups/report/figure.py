"""A picture of a run: its scores, and what the soup did."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from espnet_soups.errors import UserError
from espnet_soups.training.records import RECORDS, Record, read_records

# Okabe and Ito's palette, which colour-blind readers can tell apart; line styles repeat it.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", ":", "-.")
_SCORES = (("asr/", "wer", "WER (%)"), ("st/", "bleu", "BLEU"))


def draw_run(folder: Path) -> Figure:
    """Draw an experiment: error rates and BLEU by language, lambda over time, cosine similarity of the blocks.

    Args:
        folder: Experiment with RESULTS.json and, for a soup with dynamic weights, soup.jsonl.

    Raises:
        UserError: If there are no results.
    """
    path = folder / "RESULTS.json"
    if not path.exists():
        raise UserError(f"{path} does not exist: run stage 13 first.")
    results = json.loads(path.read_text(encoding="utf-8"))
    records = read_records(folder / RECORDS)
    figure = Figure(figsize=(10, 7 if records else 3.5), layout="constrained")
    axes = figure.subplots(2 if records else 1, 2, squeeze=False)
    for axis, (prefix, metric, label) in zip(axes[0], _SCORES, strict=True):
        _bars(axis, results, prefix, metric, label)
    if records:
        _lambdas(axes[1][0], records)
        _conflicts(axes[1][1], [record for record in records if "conflict" in record])
    return figure


def _bars(axis: Axes, results: dict[str, Any], prefix: str, metric: str, label: str) -> None:
    found = {name for scores in results.values() for name in scores if name.startswith(prefix)}
    names = sorted(found, key=lambda name: (name == f"{prefix}mean", name))
    width = 0.8 / max(1, len(results))
    for number, (test_set, scores) in enumerate(results.items()):
        values = [scores.get(name, {}).get(metric) for name in names]
        heights = [math.nan if value is None else value for value in values]
        places = [i + number * width for i in range(len(names))]
        bars = axis.bar(places, heights, width, label=test_set, color=COLOURS[number % len(COLOURS)])
        axis.bar_label(bars, fmt="%.1f", fontsize=7)
    axis.set_xticks([i + 0.4 - width / 2 for i in range(len(names))], [name.removeprefix(prefix) for name in names])
    axis.set_title(label, loc="left")
    if names:
        axis.legend(frameon=False, fontsize=8, ncols=len(results), loc="lower right", bbox_to_anchor=(1, 1))


def _lambdas(axis: Axes, records: Sequence[Record]) -> None:
    steps = [record["step"] for record in records]
    names = [key for key in records[0]["figures"] if key.startswith("lambda/")]
    for number, name in enumerate(names):
        colour, style = COLOURS[number % len(COLOURS)], STYLES[number // len(COLOURS) % len(STYLES)]
        values = [record["figures"][name] for record in records]
        axis.plot(steps, values, style, color=colour, label=name.removeprefix("lambda/"), linewidth=1.2)
    axis.set_title("lambda within its level", loc="left")
    axis.set_xlabel("optimisation step")
    axis.set_ylim(0, 1.05)
    axis.legend(frameon=False, fontsize=7, ncols=2)


def _conflicts(axis: Axes, records: Sequence[Record]) -> None:
    matrix = [list(values) for values in zip(*(record["conflict"] for record in records), strict=True)]
    present = [abs(value) for row in matrix for value in row if not math.isnan(value)]
    if not present:
        axis.set_axis_off()
        axis.set_title("no two objectives were compared", loc="left")
        return
    limit = max(0.05, *present)
    image = axis.imshow(matrix, aspect="auto", cmap="PuOr", vmin=-limit, vmax=limit, origin="lower")
    axis.set_title("mean cosine of the objectives' gradients (negative: conflict)", loc="left")
    axis.set_xticks(range(len(records)), [str(record["step"]) for record in records])
    axis.set_yticks(range(len(matrix)))
    axis.set_xlabel("optimisation step")
    axis.set_ylabel("encoder block")
    axis.figure.colorbar(image, ax=axis)
