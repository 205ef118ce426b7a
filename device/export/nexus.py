"""A record as a NeXus file of the application definition NXraman (NeXus/FAIRmat), in HDF5.

h5py is an optional extra. What the definition asks for and nobody measured is not made up: it says
"not known", and `not_known` of the entry lists it. Next: `facts.py`, the provenance beside it.
"""

import io
import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

from device.export.errors import ExportUnavailable
from device.export.exhibit import Exhibit
from device.export.facts import facts_of
from device.export.tables import title_of
from device.installation import how_to_install
from device.records.frames import FramesNotKept, frames_of
from device.records.measured import BlankNotKept, blanks_of

DEFINITION: Final = "NXraman"
# The release of the NeXus definitions that was read.
DEFINITION_VERSION: Final = "v2026.01"
DEFINITION_URL: Final = (
    "https://fairmat-nfdi.github.io/nexus_definitions/classes/applications/NXraman.html"
)
NOT_KNOWN: Final = "not known"


def require_h5py() -> Any:
    """The library.

    Raises:
        ExportUnavailable: it is not installed.
    """
    try:
        return import_module("h5py")
    except ImportError as error:
        raise ExportUnavailable(
            "NeXus files need h5py, which is not installed.",
            remedy=f"Install it: {how_to_install('h5py')}",
        ) from error


def nexus_file(exhibit: Exhibit) -> bytes:
    """The whole file.

    Raises:
        ExportUnavailable: h5py is not installed.
    """
    h5py = require_h5py()
    stream = io.BytesIO()
    with h5py.File(stream, "w", track_order=True) as file:
        file.attrs["NX_class"] = "NXroot"
        file.attrs["default"] = "entry"
        file.attrs["creator"] = "ramix-edge"
        _entry(_group(file, "entry", "NXentry"), exhibit)
    return stream.getvalue()


def _entry(entry: Any, exhibit: Exhibit) -> None:
    facts = facts_of(exhibit)
    entry.attrs["default"] = "data"
    definition = entry.create_dataset("definition", data=DEFINITION)
    definition.attrs["version"] = DEFINITION_VERSION
    definition.attrs["URL"] = DEFINITION_URL
    entry["title"] = title_of(exhibit)
    entry["experiment_type"] = "Raman spectroscopy"
    # Whether the light was in resonance with the sample nobody knows; `custom`: no listed value.
    kind = entry.create_dataset("raman_experiment_type", data=NOT_KNOWN)
    kind.attrs["custom"] = True
    unknown = ["raman_experiment_type", "end_time"]
    if "acquired_utc" in facts:
        entry["start_time"] = facts["acquired_utc"]
    else:
        unknown.append("start_time")
    entry["identifier_experiment"] = facts["record_id"]
    entry["program_name"] = facts.get("software", "ramix-edge")
    if "operator" in facts:
        _group(entry, "user", "NXuser")["name"] = facts["operator"]
    else:
        unknown.append("user/name")
    unknown += _instrument(_group(entry, "instrument", "NXinstrument"), exhibit, facts)
    sample = _group(entry, "sample", "NXsample")
    sample["name"] = facts.get("sample", NOT_KNOWN)
    if "sample" not in facts:
        unknown.append("sample/name")
    _data(_group(entry, "data", "NXdata"), exhibit)
    _blanks(entry, exhibit)
    _result(_group(entry, "identification", "NXprocess"), exhibit, facts)
    notes = _group(entry, "provenance", "NXcollection")
    for name, value in facts.items():
        notes[name] = value
    entry["not_known"] = "\n".join(unknown)


def _instrument(instrument: Any, exhibit: Exhibit, facts: dict[str, str]) -> list[str]:
    """Beam and detector; returns what of the definition is not known."""
    unknown = ["instrument/scattering_configuration", "instrument/device_information/vendor"]
    instrument["scattering_configuration"] = NOT_KNOWN
    device = _group(instrument, "device_information", "NXfabrication")
    device["vendor"] = NOT_KNOWN
    device["model"] = facts.get("instrument", NOT_KNOWN)
    if "instrument" not in facts:
        unknown.append("instrument/device_information/model")
    beam = _group(instrument, "beam_incident", "NXbeam")
    beam["parameter_reliability"] = "nominal"  # as the instrument states them
    if "laser_wavelength_nm" in facts:
        _number(beam, "wavelength", float(facts["laser_wavelength_nm"]), "nm")
    else:
        unknown.append("instrument/beam_incident/wavelength")
    if "laser_power_mw" in facts:
        _number(beam, "average_power", float(facts["laser_power_mw"]), "mW")
    else:
        unknown.append("instrument/beam_incident/average_power")
    detector = _group(instrument, "detector_camera", "NXdetector")
    detector["detector_channel_type"] = "multichannel"
    if exhibit.spectrum.integration_time_ms is not None:
        _number(detector, "count_time", exhibit.spectrum.integration_time_ms / 1e3, "s")
    else:
        unknown.append("instrument/detector_camera/count_time")
    raw = exhibit.spectrum.raw
    if raw is None:
        return unknown
    _array(detector, "data", raw.raw_counts, "counts", "mean of the frames with laser")
    _array(detector, "dark", raw.dark_counts, "counts", "mean of the frames without laser")
    _array(detector, "variance", raw.variance, "counts^2", "of data - dark")
    _array(detector, "saturated", raw.saturated.astype("u1"), "", "1: at the end of the range")
    _array(detector, "dead", raw.dead.astype("u1"), "", "1: a dead pixel")
    page = raw.calibration
    _array(detector, "wavelength", page.wavelength_nm(), "nm", "of each pixel, in vacuum")
    _number(detector, "resolution_cm1", page.resolution_cm1, "1/cm")
    detector["serial_number"] = page.serial
    detector["frames"] = raw.frames
    _each_frame(detector, exhibit)
    return unknown


def _each_frame(detector: Any, exhibit: Exhibit) -> None:
    """Counts as they were read, lit and dark ones in their order."""
    try:
        raw = frames_of(exhibit.record)
    except FramesNotKept:
        return
    read = raw.in_order()
    counts = [one.counts for one, _, _ in read]
    detector.create_dataset("frame_counts", data=counts, compression="gzip", shuffle=True)
    detector["frame_counts"].attrs["units"] = "counts"
    detector["frame_counts"].attrs["long_name"] = "each frame as it was read"
    marks = [lit for _, lit, _ in read]
    _array(detector, "frame_lit", marks, "", "whether the laser was on")
    times = [one.exposure_us for one, _, _ in read]
    _array(detector, "frame_exposure", times, "us", "exposure of each frame")
    samples = [struck for _, _, struck in read]
    _array(detector, "frame_struck_samples", samples, "", "left out as cosmic rays")


def _blanks(entry: Any, exhibit: Exhibit) -> None:
    """The empty containers that the sample was measured through."""
    try:
        found = blanks_of(exhibit.record)
    except BlankNotKept:
        return
    for number, (blank, sha256) in enumerate(found, 1):
        group = _group(entry, f"blank_{number}", "NXdata")
        group.attrs["signal"], group.attrs["axes"] = "intensity", ["raman_shift"]
        group["file"], group["sha256"] = blank.source, sha256
        _array(group, "raman_shift", blank.wavenumber_cm1, "1/cm", "Raman shift")
        _array(group, "intensity", blank.intensity, "", "of the empty container")


def _data(data: Any, exhibit: Exhibit) -> None:
    """What a viewer plots by itself."""
    spectrum = exhibit.spectrum
    data.attrs["signal"] = "intensity"
    data.attrs["axes"] = ["raman_shift"]
    data.attrs["raman_shift_indices"] = [0]
    _array(data, "raman_shift", spectrum.wavenumber_cm1, "1/cm", "Raman shift")
    unit = "counts" if spectrum.raw is not None else "arbitrary units"
    _array(data, "intensity", spectrum.intensity, unit, "Raman intensity")
    if spectrum.variance is not None:
        errors = spectrum.variance**0.5
        _array(data, "intensity_errors", errors, unit, "standard deviation of the intensity")


def _result(process: Any, exhibit: Exhibit, facts: dict[str, str]) -> None:
    """The verdict; fitted and residual on the model's grid where they are known."""
    process["program"] = facts.get("software", "ramix-edge")
    process["verdict"] = facts["verdict"]
    process["result_json"] = json.dumps(exhibit.result)
    curves = exhibit.curves
    if curves is None:
        return
    fit = _group(process, "fit", "NXdata")
    fit.attrs["signal"] = "measured"
    fit.attrs["auxiliary_signals"] = ["fitted", "residual"]
    fit.attrs["axes"] = ["raman_shift"]
    names = list(exhibit.record.names)
    fitted = curves.ground + curves.explained(names)
    _array(fit, "raman_shift", curves.wavenumber_cm1, "1/cm", "Raman shift")
    _array(fit, "measured", curves.measured, "", "on the model's grid; NaN: not measured")
    _array(fit, "fitted", fitted, "", "baseline and all asserted substances")
    _array(fit, "residual", curves.measured - fitted, "", "measured - fitted")
    for number, (name, values) in enumerate(_parts(exhibit)):
        part = _array(fit, f"component_{number}", values, "", "part of the fit")
        part.attrs["substance"] = name


def _parts(exhibit: Exhibit) -> Iterator[tuple[str, Any]]:
    if exhibit.curves is not None:
        for name in exhibit.record.names:
            yield name, exhibit.curves.components[name]


def _group(parent: Any, name: str, kind: str) -> Any:
    group = parent.create_group(name, track_order=True)
    group.attrs["NX_class"] = kind
    return group


def _number(parent: Any, name: str, value: float, units: str) -> None:
    parent.create_dataset(name, data=value).attrs["units"] = units


def _array(parent: Any, name: str, values: Any, units: str, long_name: str) -> Any:
    made = parent.create_dataset(name, data=values)
    if units:
        made.attrs["units"] = units
    made.attrs["long_name"] = long_name
    return made
