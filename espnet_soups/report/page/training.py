"""Pictures of the training itself: losses, time and memory."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from espnet_soups.report.page.panel import NAMES_OF_TASKS, Look, Panel
from espnet_soups.report.scalars import Scalars, Series
from espnet_soups.report.theme import INK, SERIES, new_figure
from espnet_soups.training.records import PEAK_MEMORY

GPU_MEMORY = "gpu_max_cached_mem_GB"
_PARTS = {"iter_time": "data", "forward_time": "forward", "backward_time": "backward", "optim_step_time": "optimiser"}
_NOTHING = "Training wrote nothing for TensorBoard (use_tensorboard false, or the folder was moved away)."


def losses(scalars: Scalars, objectives: Sequence[str], look: Look) -> Panel:
    """Losses of every objective, one plot a task."""
    panel = (
        "losses",
        "Losses",
        "Solid with dots: validation, after each epoch. Thin: training, mean of each logged interval.",
    )
    drawn = [name for name in objectives if f"loss/{name}" in scalars.train or f"loss/{name}" in scalars.valid]
    if not drawn:
        return Panel(*panel, missing=_NOTHING)
    tasks = list(dict.fromkeys(name.partition("/")[0] for name in drawn))
    figure = new_figure(10, 3.2)
    for axes, task in zip(figure.subplots(1, len(tasks), squeeze=False)[0], tasks, strict=True):
        for name in (name for name in drawn if name.partition("/")[0] == task):
            _draw_loss(axes, scalars.train.get(f"loss/{name}"), look.colour(name), thin=True)
            _draw_loss(axes, scalars.valid.get(f"loss/{name}"), look.colour(name), thin=False)
        axes.set_title(NAMES_OF_TASKS[task])
        axes.set_xlabel("optimisation step")
        axes.set_ylim(bottom=0)
    look.legend(figure, drawn, styles=False)
    return Panel(*panel, figure)


def _draw_loss(axes: Axes, series: Series | None, colour: str, *, thin: bool) -> None:
    if series is None:
        return
    if thin:
        axes.plot(series.steps, series.values, color=colour, linewidth=0.8, alpha=0.7)
    else:
        axes.plot(series.steps, series.values, "o-", color=colour, markersize=3)


def _at(steps: Sequence[int], series: Series) -> list[float]:
    """Values at ``steps`` only: intervals without any optimisation step have the time of parts, but not of steps."""
    values = dict(zip(series.steps, series.values, strict=True))
    return [values.get(step, 0.0) for step in steps]


def cost(train: Mapping[str, Series]) -> Panel:
    """Seconds of a step by what they are spent on, and memory."""
    memory = {name: train[name] for name in (PEAK_MEMORY, GPU_MEMORY) if name in train}
    panel = (
        "cost",
        "Time and memory",
        "Seconds of an optimisation step, mean of each logged interval. "
        + ("Right: the most memory held so far." if memory else "How much memory was needed was not recorded."),
    )
    if "train_time" not in train:
        return Panel(*panel, missing=_NOTHING)
    figure = new_figure(10, 3.0)
    times, *space = figure.subplots(1, 1 + bool(memory), squeeze=False)[0]
    parts = [name for name in _PARTS if name in train]
    whole = train["train_time"]
    times.stackplot(
        whole.steps,
        *(_at(whole.steps, train[name]) for name in parts),
        labels=[_PARTS[name] for name in parts],
        colors=[SERIES[i] for i in range(len(parts))],
        alpha=0.75,
        linewidth=0,
    )
    times.plot(whole.steps, whole.values, color=INK, label="whole step")
    times.set(title="seconds per step", xlabel="optimisation step")
    times.set_ylim(bottom=0)
    handles, labels = times.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=len(labels))
    for axes in space:
        for colour, (name, series) in zip(SERIES, memory.items(), strict=False):
            label = "process" if name == PEAK_MEMORY else "GPU"
            axes.plot(series.steps, series.values, "o-", color=colour, markersize=3, label=label)
        axes.set(title="memory (GiB)", xlabel="optimisation step")
        axes.set_ylim(bottom=0)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower right", ncols=len(memory))
    return Panel(*panel, figure)
