"""From options to what a measurement needs: settings, and the store its result goes to.

Next: `../runtime.py`, which measures.
"""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from device.answer.answer import MeasuredWith
from device.cli.light_options import AUTO_EXPOSURE, LightOptions
from device.driver.acquisition import AcquisitionSettings
from device.driver.growing import DEFAULT_BUDGET_S, SequentialSettings
from device.driver.port import SimPort, parse_port
from device.records.journal import recorded, usual_store
from device.records.store import RecordStore
from device.runtime import Settings
from device.spectra.spectrum import Acquisition


def measurement_settings(light: LightOptions) -> Settings:
    """Until it is certain, unless frames or exposure were asked for.

    Raises:
        click.UsageError: a budget and a number of frames or an exposure.
    """
    if light.frames is None and light.integration_time is None:
        return SequentialSettings(
            budget_s=DEFAULT_BUDGET_S if light.budget_s is None else light.budget_s,
            laser_power_mw=light.laser_power_mw,
            safety=light.safety,
        )
    if light.budget_s is not None:
        raise click.UsageError(
            "--budget finds frames and exposure: it excludes --frames and --integration-time."
        )
    return acquisition_settings(light)


def acquisition_settings(
    light: LightOptions, max_total_s: float = AcquisitionSettings.max_total_s
) -> AcquisitionSettings:
    """So many frames; an integration time that was not asked for is found."""
    time_ms = light.integration_time
    return AcquisitionSettings(
        frames=light.frames or 1,
        auto_exposure=time_ms == AUTO_EXPOSURE,
        integration_time_ms=time_ms if isinstance(time_ms, float) else None,
        max_total_s=max_total_s,
        laser_power_mw=light.laser_power_mw,
        safety=light.safety,
    )


def record_store(path: Path | None, *, no_store: bool, port: str) -> RecordStore | None:
    """The store, known to take records: found out before the laser is used, not after.

    Records of simulated analyzers go to a store of their own, unless a `path` is named.

    Raises:
        RecordStoreError: it does not.
    """
    if no_store:
        return None
    store = usual_store(simulated=is_simulated_port(port)) if path is None else RecordStore(path)
    store.check_writable()
    return store


def kept_as_event(
    kind: str, port: str, *, dry_run: bool = False
) -> contextlib.AbstractContextManager[dict[str, Any]]:
    """For what changes an analyzer: `recorded`, but for a dry run, which changes nothing."""
    if dry_run:
        return contextlib.nullcontext({})
    return recorded(kind, simulated=is_simulated_port(port))


def is_simulated_port(port: str | None) -> bool:
    """Whether a port names a simulated analyzer; one behind TCP or USB says so itself."""
    return port is not None and isinstance(parse_port(port), SimPort)


class Taken(NamedTuple):
    """Frames of what lay in front of an analyzer, and how it was told to take them."""

    acquisition: Acquisition
    serial: str
    settings: MeasuredWith


def taken_at(port: str, light: LightOptions, timeout_s: float, max_total_s: float) -> Taken:
    """So many frames, once the detector is cool and the countdown over.

    Raises:
        MeasurementCancelled: the trigger was pressed meanwhile.
    """
    from device.answer.measured_with import taken_with
    from device.cli.showing import print_event
    from device.cooling import cooled
    from device.countdown import count_down
    from device.driver.fixed import averaged
    from device.ports import open_analyzer

    parse_port(port)  # a typing error is told before anything is opened
    settings = acquisition_settings(light, max_total_s)
    countdown_s = light.countdown_s or 0.0
    with open_analyzer(port, timeout_s) as analyzer:
        setpoint_c = cooled(analyzer, light.safety.cooler, print_event)
        count_down(analyzer, countdown_s, print_event)
        look = averaged(analyzer, settings, print_event)
        serial = analyzer.info.serial
    how = replace(
        taken_with(look, settings, "fixed"), cooler_setpoint_c=setpoint_c, countdown_s=countdown_s
    )
    return Taken(look.acquisition, serial, how)
