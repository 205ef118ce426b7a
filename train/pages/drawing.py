"""Pictures for figures: one size, one set of colours, and the same bytes in every run."""

from pathlib import Path
from typing import Any

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8c8c8c"
SKY = "#56B4E9"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, GREY)
_WIDTH_INCHES, _DPI = 9.0, 100


def canvas(height_inches: float = 4.0, width_inches: float = _WIDTH_INCHES) -> Any:
    """An empty matplotlib figure that needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_inches, height_inches), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Any, path: Path) -> Path:
    """As PNG, without the version of the library that drew it."""
    figure.savefig(path, format="png", metadata={"Software": None})
    return path
