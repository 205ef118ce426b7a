"""From options to what a measurement needs: settings, and the store its result goes to.

Next: `../runtime.py`, which measures.
"""

from pathlib import Path

from device import installation
from device.cli.options import AUTO_EXPOSURE
from device.driver.acquisition import AcquisitionSettings
from device.records.store import RecordStore


def acquisition_settings(
    frames: int | None, integration_time: float | str | None
) -> AcquisitionSettings:
    """What was not asked for stays as the analyzer has it."""
    return AcquisitionSettings(
        frames=frames or 1,
        auto_exposure=integration_time == AUTO_EXPOSURE,
        integration_time_ms=integration_time if isinstance(integration_time, float) else None,
    )


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
