"""Pictures of what the soup did: lambda, weights, penalties, gradient norms."""

from collections.abc import Sequence

from espnet_soups.report.page.panel import Look, Panel
from espnet_soups.report.scalars import Scalars
from espnet_soups.report.theme import INK, SERIES, new_figure
from espnet_soups.training.records import Record

NO_RECORDS = (
    "This run has no records of a soup: its weights are fixed (soup joint or static) or nothing was measured yet."
)


def lambdas(records: Sequence[Record], levels: Sequence[Sequence[str]], look: Look) -> Panel:
    """Lambda of each objective, one plot a level."""
    caption = (
        "The share of its level's weight that each objective has; the shares of a level add up to one. An upper level "
        "comes first; each lower one is a constraint for those above it. Thin line: equal shares."
    )
    alone = [f"level {i + 1} is {level[0]} alone" for i, level in enumerate(levels) if len(level) == 1]
    if alone:
        caption += f" Not drawn, because always one: {', '.join(alone)}."
    panel = ("lambda", "Lambda by level", caption)
    if not records:
        return Panel(*panel, missing=NO_RECORDS)
    shown = [(i + 1, level) for i, level in enumerate(levels) if len(level) > 1]
    if not shown:
        return Panel(*panel, missing="Every level of this soup has one objective, whose lambda is always one.")
    figure = new_figure(10, 3.2)
    for axes, (number, level) in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        for name in level:
            look.draw(axes, name, *_figure_series(records, f"lambda/{name}"))
        axes.axhline(1 / len(level), color=INK, linewidth=0.8, alpha=0.5)
        axes.set(title=f"level {number}", xlabel="optimisation step")
        axes.set_ylim(bottom=0)
    look.legend(figure, [name for _, level in shown for name in level])
    return Panel(*panel, figure)


def weights(records: Sequence[Record], objectives: Sequence[str], look: Look) -> Panel:
    """What finally multiplies each raw gradient, and the penalties of the levels."""
    panel = (
        "penalties",
        "Effective weights and penalties",
        "Left: the factor of each objective's raw gradient at the encoder, on a logarithmic scale without zeros. "
        "Right: the penalty that a level's gradient carries in the whole; the upper level's is one.",
    )
    if not records:
        return Panel(*panel, missing=NO_RECORDS)
    figure = new_figure(10, 3.2)
    left, right = figure.subplots(1, 2)
    for name in objectives:
        steps, values = _figure_series(records, f"weight/{name}")
        look.draw(left, name, steps, [value if value > 0 else float("nan") for value in values])
    left.set(title="effective weight", xlabel="optimisation step", yscale="log")
    levels = [key for key in records[0]["figures"] if key.startswith("penalty/")]
    for number, key in enumerate(levels):
        steps, values = _figure_series(records, key)
        right.plot(steps, values, color=SERIES[number % len(SERIES)], label=f"level {number + 1}")
    right.set(title="penalty", xlabel="optimisation step")
    right.set_ylim(bottom=0)
    right.legend(loc="upper left", bbox_to_anchor=(0, 0.92))
    look.legend(figure, objectives)
    return Panel(*panel, figure)


def gradient_norms(records: Sequence[Record], scalars: Scalars, objectives: Sequence[str], look: Look) -> Panel:
    """Running gradient norms of the objectives, and that of the whole model before clipping."""
    caption = "Norm of the whole gradient, before clipping, mean of each logged interval."
    if records:
        caption = f"Left: running norm of each objective's gradient on the measured blocks. Right: {caption.lower()}"
    panel = ("gradient_norms", "Gradient norms", caption)
    whole = scalars.train.get("grad_norm")
    if not records and whole is None:
        return Panel(*panel, missing=f"{NO_RECORDS} The whole gradient's norm was not written for TensorBoard.")
    figure = new_figure(10, 3.2)
    plots = list(figure.subplots(1, bool(records) + (whole is not None), squeeze=False)[0])
    if records:
        axes = plots.pop(0)
        for name in objectives:
            steps, values = _figure_series(records, f"gradient_norm/{name}")
            look.draw(axes, name, steps, [value if value > 0 else float("nan") for value in values])
        axes.set(title="each objective", xlabel="optimisation step", yscale="log")
        look.legend(figure, objectives)
    if whole is not None:
        plots[0].plot(whole.steps, whole.values, color=SERIES[0])
        plots[0].set(title="whole gradient", xlabel="optimisation step", yscale="log")
    return Panel(*panel, figure)


def _figure_series(records: Sequence[Record], key: str) -> tuple[list[float], list[float]]:
    return [record["step"] for record in records], [record["figures"][key] for record in records]
