"""A section of the report: a picture, or why there is none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from espnet_soups.objectives import parse_objective
from espnet_soups.report.theme import INK, SERIES

STYLES_OF_TASKS: dict[str, Literal["-", "--", ":"]] = {"asr": "-", "st": "--", "ssl": ":"}
NAMES_OF_TASKS = {"asr": "recognition", "st": "translation", "ssl": "self-supervision"}
_POINTS = 1000


@dataclass(frozen=True, slots=True)
class Panel:
    """A picture with its words; ``name`` is also the stem of its file."""

    name: str
    title: str
    caption: str
    figure: Figure | None = None
    missing: str = ""
    """Why there is no figure; one or two sentences."""


class Look:
    """How each objective is drawn, the same in all pictures: the colour is the language, the line style the task.

    Args:
        objectives: All objectives of the model.
    """

    def __init__(self, objectives: Sequence[str]) -> None:
        spoken = (parse_objective(name).source for name in objectives)
        languages = dict.fromkeys(language for language in spoken if language is not None)
        self.colours = {language: SERIES[i % len(SERIES)] for i, language in enumerate(languages)}
        self.tasks = list(dict.fromkeys(name.partition("/")[0] for name in objectives))

    def colour(self, objective: str) -> str:
        """Colour of its language; that of the text for self-supervision."""
        return self.colours.get(parse_objective(objective).source or "", INK)

    def draw(self, axes: Axes, objective: str, steps: Sequence[float], values: Sequence[float]) -> None:
        """Draw a line of the objective; long ones are thinned out."""
        every = max(1, len(steps) // _POINTS)
        style = STYLES_OF_TASKS[objective.partition("/")[0]]
        axes.plot(steps[::every], values[::every], style, color=self.colour(objective), label=objective)

    def legend(self, figure: Figure, objectives: Iterable[str], *, styles: bool = True) -> None:
        """Explain colours and, if asked for, line styles, below the whole figure."""
        names = list(objectives)
        spoken = {parse_objective(name).source for name in names}
        handles = [
            Line2D([], [], color=colour, label=language)
            for language, colour in self.colours.items()
            if language in spoken
        ]
        for task in self.tasks if styles else ():
            if any(name.partition("/")[0] == task for name in names):
                handles.append(Line2D([], [], color=INK, linestyle=STYLES_OF_TASKS[task], label=NAMES_OF_TASKS[task]))
        figure.legend(handles=handles, loc="outside lower center", ncols=max(1, len(handles)))
