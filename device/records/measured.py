"""The Spectrum of a stored measurement, as it was answered: for exports and for another model.

Next: `arrays.py`, how its arrays were packed.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from device.records.blanks import BLANKS, prefix_of
from device.records.content import Record
from device.records.errors import RecordDamaged
from device.spectra.provenance import Provenance
from device.spectra.spectrum import (
    KNOWN_FLAGS,
    Acquisition,
    Bools,
    Floats,
    Spectrum,
    spectrum_from_acquisition,
)
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import RamixError

if TYPE_CHECKING:  # an export as numbers needs no interpreter
    from device.answer.identifier import Identifier
    from device.spectra.container import Container


class BlankNotKept(RecordDamaged):
    """A measurement through a container whose blank was too large, or of before they were kept."""

    code = "blank_not_kept"
    default_remedy = "Measure the sample again, with --blank."


def spectrum_of(record: Record) -> Spectrum:
    """What `Identifier.identify` was given; `record` with its arrays.

    Raises:
        RecordDamaged: its arrays are not there, or contradict each other.
    """
    try:
        if "raw_counts" in record.array_names:
            return _checked(spectrum_from_acquisition(acquisition_of(record), _source(record)))
        return _checked(_of_columns(record))
    except (KeyError, TypeError, ValueError, AttributeError, RamixError) as error:
        if isinstance(error, RecordDamaged):
            raise
        raise RecordDamaged(
            f"The measurement of record {record.record_id} cannot be rebuilt: {error}."
        ) from error


def blanks_of(record: Record) -> tuple[tuple[Spectrum, str], ...]:
    """The empty containers that it was measured through, each with the SHA-256 of its file.

    Raises:
        BlankNotKept: one of them is not in the record.
        RecordDamaged: one cannot be rebuilt.
    """
    told = record.result.get("containers")  # older records have none
    number = len(told) if isinstance(told, list) else 0
    kept = record.body.get(BLANKS)
    found = kept if isinstance(kept, list) else [None] * number
    if len(found) != number:
        raise RecordDamaged(f"The blanks of record {record.record_id} are not those of its answer.")
    return tuple(_blank(record, number, one) for number, one in enumerate(found))


def check_blanks(record: Record) -> None:
    """
    Raises:
        RecordDamaged: they are there, and cannot be rebuilt.
    """
    with suppress(BlankNotKept):
        blanks_of(record)


def containers_of(record: Record, identifier: "Identifier") -> "tuple[Container, ...]":
    """The same, ready for `Identifier.identify`.

    Raises:
        as `blanks_of`; UnusableBlank: one cannot stand for a container with this model.
    """
    return tuple(identifier.container(blank, sha256) for blank, sha256 in blanks_of(record))


def _blank(record: Record, number: int, kept: object) -> tuple[Spectrum, str]:
    if not isinstance(kept, Mapping):
        raise BlankNotKept(
            f"Record {record.record_id} was measured through a container, whose own spectrum is "
            "not in the record."
        )
    prefix = prefix_of(number)
    arrays = {
        name.removeprefix(prefix): entry
        for name, entry in record.body["arrays"].items()
        if name.startswith(prefix)
    }
    body = {"measurement": kept.get("measurement"), "arrays": arrays}
    return spectrum_of(replace(record, body=body)), str(kept.get("sha256", ""))


def acquisition_of(record: Record) -> Acquisition:
    """The counts of an analyzer's record.

    Raises:
        KeyError, TypeError, ValueError, CalibrationError: it holds none, or they are damaged.
    """
    known: Mapping[str, Any] = record.body["measurement"]
    return Acquisition(
        raw_counts=_floats(record, "raw_counts"),
        dark_counts=_floats(record, "dark_counts"),
        variance=_floats(record, "variance"),
        saturated=_bools(record, "saturated"),
        dead=_bools(record, "dead"),
        integration_time_ms=float(known["integration_time_ms"]),
        frames=int(known["frames"]),
        laser_power_mw=_number(known["laser_power_mw"]),
        detector_temperature_c=_number(known["detector_temperature_c"]),
        calibration=CalibrationPage.from_bytes(record.array("calibration_page").tobytes()),
        acquired_utc=str(known["acquired_utc"]),
        flags=_flags(known),
    )


def _of_columns(record: Record) -> Spectrum:
    """Of a file's own columns; records of older versions lack what its header said."""
    known: Mapping[str, Any] = record.body["measurement"]
    names = record.array_names
    taken = known.get("file_says")
    return Spectrum(
        wavenumber_cm1=_floats(record, "wavenumber_cm1"),
        intensity=_floats(record, "intensity"),
        variance=_floats(record, "variance") if "variance" in names else None,
        integration_time_ms=_number(known.get("integration_time_ms")),
        saturated=_bools(record, "saturated") if "saturated" in names else None,
        source=_source(record),
        dark_counts=_floats(record, "dark_counts") if "dark_counts" in names else None,
        flags=_flags(known),
        taken=None if not isinstance(taken, Mapping) else _provenance(taken),
    )


def _checked(spectrum: Spectrum) -> Spectrum:
    """Raises ValueError: no instrument gives such numbers; whoever has a key can sign them."""
    arrays = (spectrum.wavenumber_cm1, spectrum.intensity, spectrum.variance, spectrum.dark_counts)
    if not all(array is None or np.isfinite(array).all() for array in arrays):
        raise ValueError("a number in it is not finite")
    if not (np.diff(spectrum.wavenumber_cm1) > 0).all():
        raise ValueError("its axis does not rise")
    return spectrum


def _floats(record: Record, name: str) -> Floats:
    array = record.array(name)
    if array.dtype.kind not in "fiu" or array.ndim != 1:
        raise ValueError(f"{name} is no row of numbers")
    return array.astype(np.float64)


def _bools(record: Record, name: str) -> Bools:
    array = record.array(name)
    if array.dtype.kind not in "bu" or array.ndim != 1:
        raise ValueError(f"{name} is no row of marks")
    return array.astype(np.bool_)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _flags(known: Mapping[str, Any]) -> frozenset[str]:
    return KNOWN_FLAGS & frozenset(known.get("flags", ()))


def _provenance(said: Mapping[str, Any]) -> Provenance:
    """Lists of JSON are the tuples that they were."""
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
    }
    return Provenance(**known)


def _source(record: Record) -> str:
    return str(record.body["measurement"]["source"])
