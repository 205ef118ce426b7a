"""`ramix list`, `ramix info`, `ramix acquire`: the analyzers themselves, before any model.

Next: `acquired_file.py` for what `acquire` writes, `../driver/analyzer.py` for whom it asks.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from device.cli.light_options import (
    LEAST_S,
    MAX_MEASURING_S,
    LightOptions,
    fixed_light_options,
)
from device.cli.options import common_options, port_option
from device.cli.output import clear_progress, in_words, print_json

if TYPE_CHECKING:
    from device.driver.analyzer import Analyzer


@click.command("list")
@common_options
def list_command(as_json: bool, timeout_s: float) -> None:
    """Show the analyzers that are here.

    Those on USB and on serial ports are found by their USB identity. An analyzer behind TCP cannot
    be found, only named: --port tcp://HOST:PORT.

    \b
    Examples:
      ramix list
      ramix list --json
    """
    from dataclasses import asdict

    from device.ports import list_ports

    found = list_ports()
    if as_json:
        print_json({"ports": [asdict(port) for port in found]})
        return
    for port in found:
        line = f"{port.port:<40} {port.kind:<7} {port.serial or '?'}"
        click.echo(f"{line}  ({port.note})" if port.note else line)
    if not found:
        click.echo("No analyzer is plugged in.")
        click.echo("  Without one, try a simulated port: ramix info --port sim:")


@click.command("info")
@port_option()
@common_options
def info_command(port: str, as_json: bool, timeout_s: float) -> None:
    """Show what an analyzer is and its state.

    \b
    Examples:
      ramix info --port usb:
      ramix info --port /dev/ttyACM0 --json
      ramix info --port sim:
    """
    from device.ports import open_analyzer

    with open_analyzer(port, timeout_s) as analyzer:
        described = _describe(analyzer)
    if as_json:
        print_json(described)
        return
    for section, values in described.items():
        if isinstance(values, dict):
            click.secho(section, bold=True)
            for name, value in values.items():
                click.echo(f"  {name:<28} {in_words(value)}")
        elif isinstance(values, list):
            click.secho(section, bold=True)
            for slot in values:
                click.echo("  " + "  ".join(f"{k} {in_words(v)}" for k, v in slot.items()))
        else:
            click.echo(f"{section:<30} {in_words(values)}")


@click.command("acquire")
@port_option()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to save: .csv holds the spectrum with noise, counts and flags, .json every pixel "
    "and the calibration as well. "
    "[default: spectrum-DATE-TIME.csv here]",
)
@click.option("--force", is_flag=True, help="Replace FILE if it is there already.")
@fixed_light_options("0, for the command is the consent")
@click.option(
    "--max-total",
    "max_total_s",
    type=click.FloatRange(LEAST_S, MAX_MEASURING_S),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="Where the exposure is found: how long all of them together may take.",
)
@common_options
def acquire_command(
    port: str,
    output: Path | None,
    force: bool,
    light: LightOptions,
    max_total_s: float,
    as_json: bool,
    timeout_s: float,
) -> None:
    """Measure and save a spectrum.

    Takes as many dark frames as lit ones, at the same integration time, and subtracts them. The
    integration time is found unless it is given; a recording keeps its own. Given
    to `ramix identify --file`, either file is answered as the measurement itself.

    \b
    Examples:
      ramix acquire --port usb: -o sample.csv
      ramix acquire --port usb: --frames 5 --integration-time auto -o sample.json
      ramix acquire --port sim:mix=toluene:0.5,ethanol:0.5 --json
    """
    from dataclasses import asdict

    from device.cli.acquired_file import check_room, check_target, save_acquisition
    from device.cli.measuring import taken_at
    from device.export.overview import summary

    target = output or Path(f"spectrum-{datetime.now():%Y%m%d-%H%M%S}.csv")
    check_target(target, force=force)
    check_room(target)  # before the laser fires for nothing
    taken = taken_at(port, light, timeout_s, max_total_s)
    save_acquisition(taken.acquisition, target, serial=taken.serial, force=force)
    facts = summary(taken.acquisition)
    clear_progress()
    if as_json:
        told = {"file": str(target), "serial": taken.serial, **facts}
        print_json({**told, "settings": asdict(taken.settings)})
        return
    click.echo(f"Saved {target}")
    for key, value in facts.items():
        click.echo(f"  {key:<28} {in_words(value)}")


def _describe(analyzer: "Analyzer") -> dict[str, Any]:
    """Everything an analyzer tells about itself, ready for JSON."""
    from dataclasses import asdict

    from device.cli.active_model import trust_and_model
    from firmware_bridge.errors import ProtocolError
    from firmware_bridge.messages import NO_SLOT

    limits = analyzer.capabilities
    state = asdict(analyzer.state())
    state["laser_state"] = state["laser_state"].name
    state["detector_temperature_c"] = round(state["detector_temperature_c"], 2)
    if state["active_slot"] == NO_SLOT:
        state["active_slot"] = None
    try:
        page = analyzer.calibration()
        axis = page.wavenumber_cm1()[page.valid_range]
        calibration: dict[str, Any] = {
            "excitation_nm": page.excitation_nm,
            "first_cm1": round(float(axis[0]), 2),
            "last_cm1": round(float(axis[-1]), 2),
            "resolution_cm1": page.resolution_cm1,
            "pixel_count": page.pixel_count,
            "dead_pixels": list(page.dead_pixels),
        }
    except ProtocolError as error:  # the one thing one wants to see when measuring fails
        calibration = {"problem": error.text}
    clock_utc = analyzer.clock_utc()
    there = analyzer.slots()
    slots = [asdict(slot) for slot in there]
    for slot in slots:
        slot["state"], slot["sha256"] = slot["state"].name, slot["sha256"].hex()
    return {
        "analyzer": asdict(analyzer.info),
        "capabilities": asdict(limits),
        "camera": _known(analyzer.camera_figures.told()),
        "state": state,
        "power": _known(analyzer.power().told()),
        "clock_utc": None if clock_utc is None else clock_utc.isoformat(timespec="seconds"),
        "calibration": calibration,
        "slots": slots,
        **trust_and_model(there),
    }


def _known(told: dict[str, Any]) -> dict[str, Any]:
    """The wire has single precision: what it does not carry is not shown."""
    return {
        name: float(f"{value:.6g}") if isinstance(value, float) else value
        for name, value in told.items()
    }
