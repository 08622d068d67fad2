"""Colours and shapes of all pictures and pages: readable by colour-blind people, on paper and in the dark."""

import re
from contextlib import AbstractContextManager
from io import BytesIO, StringIO
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

# Okabe and Ito's palette (jfly.uni-koeln.de/color), the last one replaced because pages also have dark backgrounds.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6f6a63")
INK, MUTED, RULE = "#1d2127", "#5a636e", "#d3d9e0"
_DARK = ("#3f9fe0", "#ff8b3d", "#2fc79a", "#e6a3c6", "#f4bd45", "#9ad7fb", "#b4aea6", "#e8ecf1", "#a3adb8", "#39424d")
_NAMES = (*(f"series{number}" for number in range(1, len(SERIES) + 1)), "ink", "muted", "rule")
LIGHT_VARIABLES = dict(zip(_NAMES, (*SERIES, INK, MUTED, RULE), strict=True))
DARK_VARIABLES = dict(zip(_NAMES, _DARK, strict=True))

STYLES: dict[Any, Any] = {
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "svg.fonttype": "none",  # text stays text: small, searchable, in the page's own font
    "svg.hashsalt": "espnet_soups",  # the same figure gives the same bytes
}


def drawing_style() -> AbstractContextManager[None]:
    """What figures are drawn within."""
    return rc_context(STYLES)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a page, in inches; draw on it within :func:`drawing_style`."""
    return Figure(figsize=(width, height), layout="constrained")


def render_png(figure: Figure) -> bytes:
    """The figure on white paper."""
    stream = BytesIO()
    with drawing_style():
        figure.savefig(stream, format="png", dpi=160, facecolor="white", metadata={"Software": None})
    return stream.getvalue()


def render_svg(figure: Figure, name: str) -> str:
    """The figure as an element for a page: colours are the page's variables, ids begin with ``name``."""
    stream = StringIO()
    with drawing_style():
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r' width="[\d.]+pt" height="[\d.]+pt"', "", svg, count=1)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    for variable, colour in LIGHT_VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return svg
