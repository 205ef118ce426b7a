"""`ramix calibrate`: lamp and polystyrene before the probe, a page with a true axis afterwards.

Next: `../calibration/round.py`, which measures and writes; `../show/calibration.py` for the table.
"""

import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from device.cli.asking import ask_to_place
from device.cli.calibrate_response import (
    check_response_options,
    response_asked,
    response_options,
)
from device.cli.calibrate_told import calibrated_json, calibrated_text
from device.cli.light_options import laser_power_option
from device.cli.options import common_options, port_option
from device.cli.output import clear_progress, print_json, print_progress, print_ramix_error
from firmware_bridge.errors import RamixError

if TYPE_CHECKING:
    from device.calibration.lamp_axis import LampAxis
    from device.calibration.round import Calibrated

# Spelled here again, because their owner imports the fit; a test compares the two.
LAMPS: Final = ("neon", "argon")


@click.command()
@port_option(required=False)
@click.option(
    "--file",
    "frame",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FRAME",
    help="A native file with raw pixels instead of an analyzer: shows what it gives.",
)
@click.option(
    "--lamp",
    type=click.Choice(LAMPS),
    help="The lamp that gives the axis. [default: neon, unless a standard is asked for alone]",
)
@click.option("--polystyrene", is_flag=True, help="Measure the laser's wavelength on polystyrene.")
@click.option("--calcite", is_flag=True, help="Check on calcite before anything is written.")
@response_options
@laser_power_option
@click.option("--dry-run", is_flag=True, help="Measure and show, write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask: what is needed lies before the probe.")
@click.option(
    "--restore",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PAGE",
    help="Write back a page that an earlier calibration kept, and measure nothing.",
)
@click.option(
    "--plot",
    "picture",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PNG",
    help="Draw the lamp's lines and their residuals.",
)
@common_options
def calibrate(
    port: str | None,
    frame: Path | None,
    lamp: str | None,
    polystyrene: bool,
    calcite: bool,
    curve: Path | None,
    response_frame: Path | None,
    laser_power_mw: int | None,
    dry_run: bool,
    yes: bool,
    restore: Path | None,
    picture: Path | None,
    as_json: bool,
    timeout_s: float,
) -> None:
    """Calibrate the wavelength axis, the laser's wavelength and the relative response.

    The lines of a neon or argon lamp are found and named whatever the page says, and refused where
    they do not decide. The new page is read back; the old one is kept in a file that is named.

    \b
    Examples:
      ramix calibrate --port usb: --lamp neon --polystyrene --calcite
      ramix calibrate --port usb: --polystyrene --dry-run
      ramix calibrate --file neon.txt --plot neon.png
      ramix calibrate --port sim:scene=neon --yes --json
      ramix calibrate --port usb: --response-reference srm2241.csv
    """
    check_response_options(port, frame, curve, response_frame)
    if curve is None and (port is None) == (frame is None):
        raise click.UsageError("Give either --port or --file.")
    if curve is None and lamp is None and not polystyrene and not calcite:
        lamp = LAMPS[0]
    if picture is not None:
        if lamp is None or restore is not None:
            raise click.UsageError("--plot shows the lines of a lamp.")
        from device.show.picture import require_plotting

        require_plotting(picture)
    if port is None and curve is not None and response_frame is not None:
        from device.calibration.recorded import response_from_file

        done = response_from_file(response_frame, curve)
    elif port is not None and restore is not None:
        done = _restored(port, restore, timeout_s)
    elif port is not None:
        from device.calibration.round import Plan

        plan = Plan(
            lamp, polystyrene, calcite, laser_power_mw, *response_asked(curve, response_frame)
        )
        done = _measured(port, plan, dry_run=dry_run, yes=yes, timeout_s=timeout_s)
    else:
        if restore is not None:
            raise click.UsageError("--restore goes with --port.")
        done = _from_file(Path(str(frame)), lamp, polystyrene, calcite)
    clear_progress()
    if as_json:
        print_json(calibrated_json(done))
    else:
        for row in calibrated_text(done):
            click.echo(row)
    if picture is not None and done.lamp is not None and _drawn(done.lamp, picture) and not as_json:
        click.echo(f"picture {picture}")


def _drawn(lamp: "LampAxis", picture: Path) -> bool:
    """After what was found is told: a picture that cannot be written is told, too."""
    from device.show.calibration import plot_lamp

    try:
        plot_lamp(lamp, picture)
    except RamixError as error:
        print_ramix_error(error, as_json=False)
        return False
    return True


def _measured(port: str, plan: Any, *, dry_run: bool, yes: bool, timeout_s: float) -> "Calibrated":
    from device.calibration.round import calibrate as measure
    from device.cli.measuring import kept_as_event
    from device.installation import kept_pages_dir
    from device.ports import open_analyzer

    with (
        kept_as_event("calibration", port, dry_run=dry_run) as event,
        open_analyzer(port, timeout_s) as analyzer,
    ):
        folder = None if dry_run else kept_pages_dir()
        ask = partial(ask_to_place, yes=yes)
        done = measure(analyzer, plan, keep_in=folder, ask=ask, tell=print_progress)
        event |= _event("calibrated", analyzer.info.serial, done)
    return done


def _restored(port: str, path: Path, timeout_s: float) -> "Calibrated":
    from device.calibration.kept_page import read_kept
    from device.calibration.round import restore
    from device.cli.measuring import kept_as_event
    from device.installation import kept_pages_dir
    from device.ports import open_analyzer

    page = read_kept(path)  # before the analyzer is opened for nothing
    with kept_as_event("calibration", port) as event, open_analyzer(port, timeout_s) as analyzer:
        done = restore(analyzer, page, kept_pages_dir())
        event |= _event("restored", analyzer.info.serial, done)
    return done


def _event(action: str, serial: str, done: "Calibrated") -> dict[str, Any]:
    page_sha256 = hashlib.sha256(done.page.to_bytes()).hexdigest()
    return {"action": action, "serial": serial, "page_sha256": page_sha256,
            "sequence": done.sequence}  # fmt: skip


def _from_file(path: Path, lamp: str | None, polystyrene: bool, calcite: bool) -> "Calibrated":
    if sum((lamp is not None, polystyrene, calcite)) > 1:
        raise click.UsageError("A file is one frame: of a lamp, of polystyrene, or of calcite.")
    from device.calibration.recorded import from_file

    return from_file(path, lamp=lamp, polystyrene=polystyrene)
