"""A stored result as a spectrum again: what it was computed from, to be answered anew.

Next: `history.py`, which finds records.
"""

from typing import Any

import numpy as np

from device.records.content import Record
from device.spectra.spectrum import Acquisition, Spectrum, spectrum_from_acquisition
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import RamixError


class NotRecalled(RamixError):
    """The record does not hold what is needed to answer it again."""

    code = "not_recalled"
    default_remedy = "Verify the store: ramix records verify"


def spectrum_of(record: Record) -> Spectrum:
    """Raises `NotRecalled`, also for a record whose parts contradict each other."""
    try:
        return _spectrum(record, record.body["measurement"])
    except (KeyError, TypeError, ValueError, OverflowError, RamixError) as error:
        raise NotRecalled(f"The record {record.record_id} cannot be answered again.") from error


def _spectrum(record: Record, known: dict[str, Any]) -> Spectrum:
    flags = frozenset(known.get("flags", ()))
    if "raw_counts" not in record.body["arrays"]:
        there = {name: record.array(name) for name in record.array_names}
        return Spectrum(
            there["wavenumber_cm1"],
            there["intensity"],
            variance=there.get("variance"),
            integration_time_ms=known.get("integration_time_ms"),
            saturated=there.get("saturated"),
            source=str(known["source"]),
            dark_counts=there.get("dark_counts"),
            flags=flags,
        )
    page = CalibrationPage.from_bytes(record.array("calibration_page").tobytes())
    return spectrum_from_acquisition(
        Acquisition(
            raw_counts=record.array("raw_counts"),
            dark_counts=record.array("dark_counts"),
            variance=record.array("variance"),
            saturated=record.array("saturated").astype(np.bool_),
            dead=record.array("dead").astype(np.bool_),
            integration_time_ms=float(known["integration_time_ms"]),
            frames=int(known["frames"]),
            laser_power_mw=known["laser_power_mw"],
            detector_temperature_c=known["detector_temperature_c"],
            calibration=page,
            acquired_utc=str(known["acquired_utc"]),
            flags=flags,
        )
    )
