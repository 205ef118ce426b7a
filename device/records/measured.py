"""The Spectrum of a stored measurement, as it was answered: for exports and for another model.

Next: `arrays.py`, how its arrays were packed.
"""

from collections.abc import Mapping
from typing import Any

from device.records.content import Record
from device.records.errors import RecordDamaged
from device.spectra.provenance import Provenance
from device.spectra.spectrum import Acquisition, Spectrum, spectrum_from_acquisition
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import RamixError


def spectrum_of(record: Record) -> Spectrum:
    """What `Identifier.identify` was given; `record` with its arrays.

    Raises:
        RecordDamaged: its arrays are not there, or contradict each other.
    """
    try:
        if "raw_counts" in record.array_names:
            return spectrum_from_acquisition(acquisition_of(record), _source(record))
        return _of_columns(record)
    except (KeyError, TypeError, ValueError, AttributeError, RamixError) as error:
        if isinstance(error, RecordDamaged):
            raise
        raise RecordDamaged(
            f"The measurement of record {record.record_id} cannot be rebuilt: {error}."
        ) from error


def acquisition_of(record: Record) -> Acquisition:
    """The counts of an analyzer's record.

    Raises:
        KeyError, TypeError, ValueError, CalibrationError: it holds none, or they are damaged.
    """
    known: Mapping[str, Any] = record.body["measurement"]
    return Acquisition(
        raw_counts=record.array("raw_counts"),
        dark_counts=record.array("dark_counts"),
        variance=record.array("variance"),
        saturated=record.array("saturated"),
        dead=record.array("dead"),
        integration_time_ms=known["integration_time_ms"],
        frames=known["frames"],
        laser_power_mw=known["laser_power_mw"],
        detector_temperature_c=known["detector_temperature_c"],
        calibration=CalibrationPage.from_bytes(record.array("calibration_page").tobytes()),
        acquired_utc=known["acquired_utc"],
        flags=frozenset(known.get("flags", ())),
    )


def _of_columns(record: Record) -> Spectrum:
    """Of a file's own columns; records of older versions lack what its header said."""
    known: Mapping[str, Any] = record.body["measurement"]
    names = record.array_names
    taken = known.get("taken")
    return Spectrum(
        wavenumber_cm1=record.array("wavenumber_cm1"),
        intensity=record.array("intensity"),
        variance=record.array("variance") if "variance" in names else None,
        integration_time_ms=known.get("integration_time_ms"),
        saturated=record.array("saturated") if "saturated" in names else None,
        source=_source(record),
        dark_counts=record.array("dark_counts") if "dark_counts" in names else None,
        flags=frozenset(known.get("flags", ())),
        taken=None if not isinstance(taken, Mapping) else _provenance(taken),
    )


def _provenance(said: Mapping[str, Any]) -> Provenance:
    """Lists of JSON are the tuples that they were."""
    return Provenance(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    )


def _source(record: Record) -> str:
    return str(record.body["measurement"]["source"])
