"""From options to what a measurement needs: settings, and the store its result goes to.

Next: `../runtime.py`, which measures.
"""

from pathlib import Path

import click

from device import installation
from device.cli.options import AUTO_EXPOSURE
from device.driver.acquisition import AcquisitionSettings
from device.driver.growing import DEFAULT_BUDGET_S, SequentialSettings
from device.driver.safety import CoolerSettings, Safety
from device.records.store import RecordStore
from device.runtime import Settings


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


def safety_settings(*, dark_sample: bool, no_heating_watch: bool, cooler_c: float | None) -> Safety:
    """What the options of safety say."""
    return Safety(not no_heating_watch, dark_sample, CoolerSettings(cooler_c))


def record_store(path: Path | None, *, no_store: bool) -> RecordStore | None:
    """The store, known to take records: found out before the laser is used, not after.

    Raises:
        RecordStoreError: it does not.
    """
    if no_store:
        return None
    store = RecordStore(path or installation.default_record_store_path())
    store.check_writable()
    return store
