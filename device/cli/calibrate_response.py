"""What `ramix calibrate` is asked about the relative response: a curve, and perhaps a frame.

Next: `../calibration/response_fit.py`, what is made of them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from device.cli.options import with_options

if TYPE_CHECKING:
    from device.calibration.recorded_frame import RecordedFrame
    from device.calibration.response_curve import ReferenceCurve

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--response-reference",
        "curve",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="CURVE",
        help="Measure the relative response by this certified curve (docs/selftest.md) of a "
        "luminescence standard or a lamp.",
    ),
    click.option(
        "--response-frame",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FRAME",
        help="A recorded frame of that standard, instead of measuring it now.",
    ),
)


def response_options(command: Command) -> Command:
    """`--response-reference` and `--response-frame`."""
    return with_options(command, _OPTIONS)


def check_response_options(
    port: str | None, frame: Path | None, curve: Path | None, response_frame: Path | None
) -> None:
    """Raises `click.UsageError` for a contradiction; `frame` is that of `--file`."""
    if response_frame is not None and curve is None:
        raise click.UsageError("--response-frame goes with --response-reference.")
    if curve is not None and (frame is not None or (port is None and response_frame is None)):
        raise click.UsageError("--response-reference needs --port or --response-frame.")


def response_asked(
    curve: Path | None, frame: Path | None
) -> "tuple[ReferenceCurve | None, RecordedFrame | None]":
    """What the files hold; None where none was named.

    Raises:
        CurveFileError, SpectrumFileError: a file cannot be read.
    """
    if curve is None:
        return None, None
    from device.calibration.recorded_frame import read_frame
    from device.calibration.response_curve import read_curve

    return read_curve(curve), None if frame is None else read_frame(frame)
