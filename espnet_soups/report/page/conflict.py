"""Pictures of how the objectives' gradients agree: block by block over time, and objective by objective."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from espnet_soups.report.page.panel import NAMES_OF_TASKS, Panel
from espnet_soups.report.page.soup import NO_RECORDS
from espnet_soups.report.theme import new_figure
from espnet_soups.training.records import Record

type Matrix = npt.NDArray[np.float64]

_COLUMNS = 200
_LABELLED = 14
"""Objectives up to which a matrix has its numbers written in its cells."""


def conflict_maps(records: Sequence[Record]) -> Panel:
    """Cosine similarity of each pair of tasks, and the mean over all pairs of objectives: blocks x time."""
    caption = (
        "Cosine of the gradients in each encoder block; a column is a measurement and lasts until the next. Orange is "
        "conflict, purple agreement. Framed: the blocks from which the weights are computed. Empty: not measured."
    )
    measured = [record for record in records if "conflict" in record]
    if not measured:
        return Panel("conflict", "Conflict by block over time", caption, missing=NO_RECORDS)
    measured = measured[:: max(1, -(-len(measured) // _COLUMNS))]
    maps = {"mean of all pairs of objectives": np.array([record["conflict"] for record in measured], dtype=float).T}
    tasks = measured[0]["tasks"]
    pairs = np.array([record["task_similarity"] for record in measured], dtype=float)
    for i, j in combinations(range(len(tasks)), 2):
        maps[f"{NAMES_OF_TASKS[tasks[i]]} and {NAMES_OF_TASKS[tasks[j]]}"] = pairs[:, :, i, j].T
    if len(tasks) == 1:
        caption += " The model has one task, so there is no pair of tasks."
    steps = [record["step"] for record in measured]
    last = max(records[-1]["step"], steps[-1] + 1)
    figure = new_figure(10, 2.9 * -(-len(maps) // 2))
    grid = figure.subplots(-(-len(maps) // 2), 2, squeeze=False).flatten()
    limit = _limit(*maps.values())
    for axes, (title, values) in zip(grid, maps.items(), strict=False):
        mesh = _mesh(axes, values, [*steps, last], limit)
        _frame(axes, [record["blocks"] for record in measured], [*steps, last])
        axes.set(title=title, xlabel="optimisation step", ylabel="encoder block", yticks=_ticks(values.shape[0]))
    for axes in grid[len(maps) :]:
        axes.set_axis_off()
    _colourbar(figure, mesh, list(grid))
    return Panel("conflict", "Conflict by block over time", caption, figure)


def similarity(records: Sequence[Record], objectives: Sequence[str]) -> Panel:
    """The objective x objective matrix of cosines, at the first and at the last measurement."""
    caption = (
        "Cosine of the objectives' gradients in hundredths, mean over the encoder's blocks; orange is conflict, purple "
        "agreement. Empty: not measured."
    )
    panel = ("similarity", "Similarity of the objectives", caption)
    measured = [record for record in records if "similarity" in record]
    if not measured:
        return Panel(*panel, missing=NO_RECORDS)
    shown = measured[:1] if len(measured) == 1 else [measured[0], measured[-1]]
    matrices = [_mean_over_blocks(np.array(record["similarity"], dtype=float)) for record in shown]
    limit = _limit(*(matrix[~np.eye(len(matrix), dtype=bool)] for matrix in matrices))
    figure = new_figure(10, 4.6)
    grid = list(figure.subplots(1, 2, squeeze=False)[0])
    for axes, record, matrix in zip(grid, shown, matrices, strict=False):
        others = np.where(np.eye(len(matrix), dtype=bool), np.nan, matrix)
        mesh = _mesh(axes, others, np.arange(len(matrix) + 1) - 0.5, limit)
        axes.set(title=f"step {record['step']}", aspect="equal")
        axes.set_xticks(range(len(objectives)), objectives, rotation=90)
        axes.set_yticks(range(len(objectives)), objectives)
        axes.invert_yaxis()
        if len(objectives) <= _LABELLED:
            _write_numbers(axes, others, limit)
    for axes in grid[len(shown) :]:
        axes.set_axis_off()
    _colourbar(figure, mesh, grid)
    return Panel(*panel, figure)


def _mean_over_blocks(values: Matrix) -> Matrix:
    """`(L, K, K)` to `(K, K)`; NaN only where no block has a value."""
    count = (~np.isnan(values)).sum(0)
    total = np.nansum(values, axis=0)
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def _limit(*values: Matrix) -> float:
    """The largest cosine, for a scale that is symmetric about zero."""
    present = np.concatenate([np.abs(one[~np.isnan(one)]).ravel() for one in values])
    return max(0.05, float(present.max(initial=0.0)))


def _mesh(axes: Axes, values: Matrix, edges: Sequence[float] | npt.NDArray[np.floating], limit: float) -> QuadMesh:
    rows = np.arange(values.shape[0] + 1) - 0.5
    masked = np.ma.masked_invalid(values)
    mesh = axes.pcolormesh(np.asarray(edges, dtype=float), rows, masked, cmap="PuOr", vmin=-limit, vmax=limit)
    mesh.set_edgecolor("face")  # else viewers of SVG show hairlines between the cells
    mesh.set_linewidth(0.3)
    axes.grid(visible=False)
    return mesh


def _frame(axes: Axes, blocks: Sequence[Sequence[int]], edges: Sequence[float]) -> None:
    for column, chosen in enumerate(blocks):
        width = edges[column + 1] - edges[column]
        for block in chosen:
            frame = Rectangle((edges[column], block - 0.5), width, 1.0, fill=False, edgecolor="#000000", linewidth=1.2)
            axes.add_patch(frame)


def _ticks(count: int) -> list[int]:
    return list(range(0, count, max(1, count // 8)))


def _write_numbers(axes: Axes, matrix: Matrix, limit: float) -> None:
    size = 7 if len(matrix) <= 10 else 5.5
    for (row, column), value in np.ndenumerate(matrix):
        if not np.isnan(value):
            colour = "#ffffff" if abs(value) > 0.6 * limit else "#000000"
            label = str(round(100 * value)).replace("-", "\N{MINUS SIGN}")
            axes.text(column, row, label, ha="center", va="center", fontsize=size, color=colour)


def _colourbar(figure: Figure, mesh: QuadMesh, axes: list[Axes]) -> None:
    bar = figure.colorbar(mesh, ax=axes, shrink=0.8, label="cosine")
    bar.outline.set_visible(False)
    assert bar.solids is not None
    bar.solids.set_edgecolor("face")
