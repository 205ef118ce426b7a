"""A picture's file: whether it can be drawn, an empty figure, and written whole or not at all.

matplotlib is an optional extra and is imported inside these functions alone; it draws into memory
with the Agg canvas, so no display is needed and no global state of pyplot is touched.
Next: `plot.py`, the picture of an answer.
"""

from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from device.durable import written_whole
from device.installation import how_to_install
from device.plain_file import why_not
from firmware_bridge.errors import RamixError

DPI: Final = 120
_ENDINGS: Final = (".png", ".svg", ".pdf")


class PlotUnavailable(RamixError):
    """The picture cannot be drawn here: the drawing library is missing."""

    code = "plot_unavailable"
    default_remedy = f"Install it: {how_to_install('matplotlib')}"


class PlotNotWritten(RamixError):
    """The picture cannot be written where it was wanted."""

    code = "plot_not_written"
    default_remedy = "Give --plot a .png, .svg or .pdf in a folder you may write to."


def require_plotting(path: Path) -> None:
    """Fail before the measurement, not after it.

    Raises:
        PlotUnavailable: matplotlib is not installed.
        PlotNotWritten: the name's ending is no picture format, or its folder does not exist.
    """
    try:
        import_module("matplotlib")
    except ImportError as error:
        raise PlotUnavailable("Drawing needs matplotlib, which is not installed.") from error
    if path.suffix.lower() not in _ENDINGS:
        raise PlotNotWritten(f"The picture {path} must end in .png, .svg or .pdf.")
    if not path.absolute().parent.is_dir():
        raise PlotNotWritten(f"The folder for the picture {path} does not exist.")


def empty_figure(width_inches: float, height_inches: float) -> Any:
    """A figure of matplotlib with nothing in it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_inches, height_inches), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def write_picture(figure: Any, path: Path) -> None:
    """
    Raises:
        PlotNotWritten: the disk does not take it; what was at `path` is as it was.
    """
    drawn = BytesIO()
    figure.savefig(drawn, format=path.suffix.lower().removeprefix("."))
    try:
        with written_whole(path) as stream:
            stream.write(drawn.getvalue())
    except OSError as error:
        raise PlotNotWritten(f"The picture {path} cannot be written: {why_not(error)}.") from error
