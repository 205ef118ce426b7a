"""ENLIGHTEN CSV, the native files of Wasatch Photonics' software.

`key,value` lines, an empty line, then columns named in one line. Only the processed intensity is
used; it may be baseline-subtracted and resampled, so noise and saturation are unknown.
Next: `plain_csv.py`.
"""

from device.spectra.files.text import (
    TextFile,
    checked_number,
    parse_number,
    spectrum_from_columns,
)
from device.spectra.provenance import Provenance, provenance_said
from device.spectra.spectrum import Spectrum

_SIGNATURE = "enlighten version"
_AXIS = "wavenumber"
_INTENSITY = "processed"
_INTEGRATION_TIME = "integration time"  # ms
_COEFFICIENTS = 5  # "CCD C0" to "CCD C4", of pixel**k, in nm
_LONGEST_MS = 1e8  # a day; beyond it the header is damaged and the time counts as unknown


def recognises(file: TextFile) -> bool:
    return any(line.lower().startswith(_SIGNATURE) for line in file.lines[:5])


def parse(file: TextFile) -> Spectrum:
    """The Spectrum in an ENLIGHTEN file.

    Raises:
        SpectrumFileError: columns are missing, a row is damaged, or the axis is unusable.
    """
    names, named_at, said = _read_header(file)
    if _AXIS not in names:
        file.fail(f"no column {_AXIS!r}; export with the Raman shift axis", named_at)
    if names.count(_INTENSITY) > 1 or names.count(_AXIS) > 1:
        file.fail("several spectra in one file; export them one by one", named_at)
    at_axis, at_intensity = names.index(_AXIS), names.index(_INTENSITY)

    shifts: list[float] = []
    values: list[float] = []
    line_numbers: list[int] = []
    for number, line in enumerate(file.lines[named_at:], start=named_at + 1):
        if not line.strip(" \t,\x1a"):
            continue
        cells = line.split(",")
        if len(cells) <= max(at_axis, at_intensity):
            file.fail(f"{len(cells)} columns of {len(names)}; the file may be truncated", number)
        shifts.append(checked_number(file, number, cells[at_axis], "the Raman shift", False))
        values.append(checked_number(file, number, cells[at_intensity], "the intensity", False))
        line_numbers.append(number)
    return spectrum_from_columns(
        file, shifts, values, line_numbers, _integration_time_ms(said), _taken(said)
    )


def _read_header(file: TextFile) -> tuple[list[str], int, dict[str, str]]:
    """Names of the columns, the line they stand in, and the `key,value` lines above."""
    said: dict[str, str] = {}
    for number, line in enumerate(file.lines, start=1):
        names = [name.strip().lower() for name in line.split(",")]
        if _INTENSITY in names:
            return names, number, said
        if len(names) > 1:
            said[names[0]] = line.split(",")[1].strip()
    file.fail(f"no line names a column {_INTENSITY!r}")


def _integration_time_ms(said: dict[str, str]) -> float | None:
    time_ms = parse_number(said.get(_INTEGRATION_TIME, ""))
    return time_ms if time_ms is not None and 0 < time_ms < _LONGEST_MS else None


def _taken(said: dict[str, str]) -> Provenance | None:
    def number(key: str) -> float | None:
        return parse_number(said.get(key, ""))

    return provenance_said(
        model=said.get("model", ""),
        serial=said.get("serial number", ""),
        averages=number("scan averaging"),
        laser_power_mw=number("laser power mw"),
        laser_power_percent=number("laser power %"),
        excitation_nm=number("laser wavelength"),
        wavelength_coefficients_nm=tuple(number(f"ccd c{k}") for k in range(_COEFFICIENTS)),
        pixel_count=number("pixel count"),
        axis_correction_cm1=number("wavenumber correction"),
        intensity_corrected={"true": True, "false": False}.get(
            said.get("raman intensity corrected", "").lower()
        ),
    )
