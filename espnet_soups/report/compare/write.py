"""A comparison for people, as Markdown and HTML, and for programs, as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from espnet_soups.corpora.kaldi_table import replace_bytes, replace_text
from espnet_soups.report.compare.table import Cell, Comparison, Cost, Row, Trade
from espnet_soups.report.html import as_markup, render_page
from espnet_soups.report.page.build import in_time
from espnet_soups.report.scoring import MEAN
from espnet_soups.report.theme import INK, SERIES, drawing_style, new_figure, render_png, render_svg

SIGNIFICANT = 0.05
NO_TRADE = "No test set has both recognition and translation, so there is no picture of one against the other."
_MINUS, _DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


def write_comparison(comparison: Comparison, out: Path) -> str:
    """Write ``comparison.md``, ``.html``, ``.json`` and, if there is one, the picture; return the Markdown."""
    figure = draw_trades(comparison) if comparison.trades else None
    page = render_page(
        "compare/comparison.html.j2",
        comparison=comparison,
        svg=as_markup(render_svg(figure, "trade"), "Error rate against BLEU") if figure else "",
        no_trade=NO_TRADE,
        notes=notes(comparison),
        header=[*_header(comparison)],
        body=[(row.objective.endswith(f"/{MEAN}"), _fixed(row), _looks(row)) for row in comparison.rows],
        costs=[_cost_cells(name, cost) for name, cost in zip(comparison.names, comparison.costs, strict=True)],
        cost_header=_COST_HEADER,
    )
    markdown = as_markdown(comparison)
    content = asdict(comparison)
    out.mkdir(parents=True, exist_ok=True)
    if figure is not None:
        replace_bytes(out / "trade.png", render_png(figure))
    replace_text(out / "comparison.html", page)
    replace_text(out / "comparison.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    replace_text(out / "comparison.md", markdown)
    return markdown


def as_markdown(comparison: Comparison) -> str:
    """The tables and what they mean."""
    lines = ["# Comparison", ""]
    pairs = zip(comparison.names, comparison.folders, strict=True)
    lines += [f"- **{name}**: `{folder}`" for name, folder in pairs] + [""]
    lines += _table(
        _header(comparison),
        [[*_fixed(row), *(cell for cell, _ in _looks(row))] for row in comparison.rows],
        3,
    )
    lines += [f"- {note}" for note in notes(comparison)] + [""]
    lines += ["## Training cost", ""]
    costs = zip(comparison.names, comparison.costs, strict=True)
    lines += _table(_COST_HEADER, [_cost_cells(name, cost) for name, cost in costs], 1)
    return "\n".join(lines)


def notes(comparison: Comparison) -> list[str]:
    """What the figures mean, and who is on the Pareto front."""
    found = [
        f"Changes are from {comparison.names[0]}, in percent of it unless that is zero; \N{PLUS-MINUS SIGN} is half of "
        "a 95 % bootstrap interval.",
        f"p: paired bootstrap, {comparison.samples} resamples, seed {comparison.seed}; BLEU by sacrebleu, error rates "
        f"by the same statistic. An asterisk: p < {SIGNIFICANT}, not corrected for the number of comparisons.",
        "Means are unweighted over languages or pairs, and not tested.",
    ]
    for trade in comparison.trades:
        names = ", ".join(comparison.names[index] for index in trade.front)
        found.append(f"{trade.test_set}: on the Pareto front of mean {trade.metric} and mean BLEU: {names}.")
    return found if comparison.trades else [*found, NO_TRADE]


def draw_trades(comparison: Comparison) -> Figure:
    """Mean error rate against mean BLEU of each test set; experiments that no other beats at both are joined."""
    with drawing_style():
        figure = new_figure(10, 3.8)
        for axes, trade in zip(
            figure.subplots(1, len(comparison.trades), squeeze=False)[0], comparison.trades, strict=True
        ):
            _draw(axes, trade, comparison.names)
    return figure


def _draw(axes: Axes, trade: Trade, names: Sequence[str]) -> None:
    front = [trade.points[index] for index in trade.front]
    axes.plot([x for x, _ in front], [y for _, y in front], color=INK, linewidth=1, linestyle="--", zorder=1)
    for index, (name, (x, y)) in enumerate(zip(names, trade.points, strict=True)):
        colour = SERIES[index % len(SERIES)]
        filled = index in trade.front
        axes.plot(x, y, "o", color=colour, markerfacecolor=colour if filled else "none", markersize=8)
        axes.annotate(name, (x, y), xytext=(0, 8), textcoords="offset points", ha="center", fontsize=8)
    axes.margins(0.2)
    axes.set(
        title=trade.test_set, xlabel=f"mean {trade.metric} (%), lower is better", ylabel="mean BLEU, higher is better"
    )


_COST_HEADER = ["experiment", "steps", "time in steps", "seconds per step", "peak memory, process", "peak memory, GPU"]


def _cost_cells(name: str, cost: Cost) -> list[str]:
    per_step = cost.seconds / cost.steps if cost.seconds is not None and cost.steps else None
    return [
        name,
        _DASH if cost.steps is None else str(cost.steps),
        _DASH if cost.seconds is None else in_time(cost.seconds),
        _DASH if per_step is None else f"{per_step:.3f}",
        *(_DASH if gib is None else f"{gib:.1f} GiB" for gib in (cost.memory_gib, cost.gpu_memory_gib)),
    ]


def _header(comparison: Comparison) -> list[str]:
    return ["test set", "objective", "metric", *comparison.names]


def _fixed(row: Row) -> list[str]:
    return [row.test_set, row.objective, f"{row.metric} {'%' if row.lower_is_better else ''}".strip()]


def _looks(row: Row) -> list[tuple[str, str]]:
    """The text of each cell, and whether it is significantly ``better`` or ``worse``."""
    return [(_words(cell), _verdict(cell, row.lower_is_better)) for cell in row.cells]


def _words(cell: Cell) -> str:
    words = f"{cell.value:.2f}"
    if cell.interval is not None:
        words += f" \N{PLUS-MINUS SIGN}{cell.interval:.2f}"
    more = []
    if cell.difference:
        change = f"{cell.difference:+.2f}" if cell.change is None else f"{cell.change:+.1f} %"
        more.append(change.replace("-", _MINUS))
    if cell.p_value is not None:
        more.append(f"p {cell.p_value:.3f}" + ("*" if cell.p_value < SIGNIFICANT else ""))
    return f"{words} ({', '.join(more)})" if more else words


def _verdict(cell: Cell, lower_is_better: bool) -> str:
    if cell.p_value is None or cell.p_value >= SIGNIFICANT:
        return ""
    return "better" if (cell.difference < 0) == lower_is_better else "worse"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> list[str]:
    alignment = [":--"] * left + ["--:"] * (len(header) - left)
    return [*(f"| {' | '.join(one)} |" for one in (header, alignment, *rows)), ""]
