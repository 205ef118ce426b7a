"""From options to what a measurement needs: settings, and the store its result goes to.

Next: `../runtime.py`, which measures.
"""

import contextlib
from pathlib import Path
from typing import Any

import click

from device.cli.options import AUTO_EXPOSURE
from device.driver.acquisition import AcquisitionSettings
from device.driver.growing import DEFAULT_BUDGET_S, SequentialSettings
from device.driver.port import SimPort, parse_port
from device.driver.safety import Safety
from device.records.journal import recorded, usual_store
from device.records.store import RecordStore
from device.runtime import Settings
from device.spectra.spectrum import Spectrum


def measurement_settings(
    budget_s: float | None,
    frames: int | None,
    integration_time: float | str | None,
    laser_power_mw: int | None,
    safety: Safety | None = None,
) -> Settings:
    """Until it is certain, unless frames or exposure were asked for.

    Raises:
        click.UsageError: a budget and a number of frames or an exposure.
    """
    if frames is None and integration_time is None:
        budget_s = DEFAULT_BUDGET_S if budget_s is None else budget_s
        return SequentialSettings(
            budget_s=budget_s, laser_power_mw=laser_power_mw, safety=safety or Safety()
        )
    if budget_s is not None:
        raise click.UsageError(
            "--budget finds frames and exposure: it excludes --frames and --integration-time."
        )
    return acquisition_settings(frames, integration_time, laser_power_mw, safety)


def acquisition_settings(
    frames: int | None,
    integration_time: float | str | None,
    laser_power_mw: int | None = None,
    safety: Safety | None = None,
    max_total_s: float = AcquisitionSettings.max_total_s,
) -> AcquisitionSettings:
    """So many frames; an integration time that was not asked for is found."""
    return AcquisitionSettings(
        frames=frames or 1,
        auto_exposure=integration_time == AUTO_EXPOSURE,
        integration_time_ms=integration_time if isinstance(integration_time, float) else None,
        max_total_s=max_total_s,
        laser_power_mw=laser_power_mw,
        safety=safety or Safety(),
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


def measured_spectrum(port: str, settings: AcquisitionSettings, timeout_s: float) -> Spectrum:
    """So many frames of what lies in front of the analyzer now."""
    from device.cli.showing import print_event
    from device.cooling import cooled
    from device.driver.fixed import averaged
    from device.ports import open_analyzer
    from device.spectra.spectrum import spectrum_from_acquisition

    parse_port(port)  # a typing error is told before anything is opened
    with open_analyzer(port, timeout_s) as analyzer:
        cooled(analyzer, settings.safety.cooler, print_event)
        look = averaged(analyzer, settings, print_event)
    return spectrum_from_acquisition(look.acquisition)
