"""What stands above two plain columns about the measurement, where it cannot be mistaken.

`# integration_time_ms: 500`, `Exposure time (s) = 0.5`, `Laser power; 30 mW`: a known name, a
number, and the unit in one place or the other. A line without a unit, or a name that stands twice
with two values, says nothing. Next: `plain_csv.py`, the columns.
"""

import re
from collections.abc import Sequence

from device.spectra.provenance import Provenance, provenance_said

_LONGEST_LINE = 200  # no such line is longer, and the search below stays short
_LINE = re.compile(
    r"^[\s#;%/]*([A-Za-z][A-Za-z ._/]*?)[\s_.]*(?:[(\[]([^)\]]*)[)\]])?\s*[:=;,\t]\s*(.*)$"
)
_VALUE = re.compile(
    r"^([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z%\xb5]*)\s*(?:\([^)]*\))?\s*[;,\t]*$"
)

_MS = {"ms": 1.0, "msec": 1.0, "milliseconds": 1.0, "us": 1e-3, "usec": 1e-3, "\xb5s": 1e-3}
_MS |= {"s": 1e3, "sec": 1e3, "secs": 1e3, "second": 1e3, "seconds": 1e3}
_MW = {"mw": 1.0, "w": 1e3}
_NM = {"nm": 1.0}
_LASER_NM = {"nm": 1.0, "": 1.0}  # no other unit is in use for a laser's wavelength
_PERCENT = {"%": 1.0, "percent": 1.0}
_COUNT = dict.fromkeys(("", "scans", "frames", "spectra"), 1.0)
_QUANTITIES: dict[str, tuple[tuple[str, dict[str, float]], ...]] = {
    "integration time": (("integration_time_ms", _MS),),
    "exposure": (("integration_time_ms", _MS),),
    "exposure time": (("integration_time_ms", _MS),),
    "laser power": (("laser_power_mw", _MW), ("laser_power_percent", _PERCENT)),
    "laser": (("excitation_nm", _NM),),
    "laser wavelength": (("excitation_nm", _LASER_NM),),
    "excitation": (("excitation_nm", _NM),),
    "excitation wavelength": (("excitation_nm", _LASER_NM),),
    "acq. time": (("integration_time_ms", _MS),),
    "acquisition time": (("integration_time_ms", _MS),),
    "accumulations": (("averages", _COUNT),),
    "scans to average": (("averages", _COUNT),),
    "spectra averaged": (("averages", _COUNT),),
    "averaging nr": (("averages", _COUNT),),
    "averages": (("averages", _COUNT),),
    "average number": (("averages", _COUNT),),
    "number of averages": (("averages", _COUNT),),
}
# "model" alone may be the name of a trained one
_TEXTS = {
    "instrument": "model",
    "instrument model": "model",
    "spectrometer": "model",
    "spectrometers": "model",
    **dict.fromkeys(("date", "date and time", "date/time", "longdate", "timestamp"), "acquired"),
    **dict.fromkeys(("acquired", "acquisition date", "measured", "acquired utc"), "acquired"),
    "serial": "serial",
    "serial number": "serial",
    "instrument serial": "serial",
}
_CORRECTED = {
    "intensity corrected",
    "intensity correction",
    "raman intensity corrected",
    "relative intensity corrected",
    "relative intensity correction",
}
# The procedure and the glasses certified for it (NIST) count as yes.
_YES_OR_NO = {
    **dict.fromkeys(("yes", "true", "on", "astm e2911", "e2911"), True),
    **dict.fromkeys(("srm 2241", "srm 2242", "srm 2242a", "srm 2243"), True),
    **dict.fromkeys(("no", "false", "off", "none"), False),
}
_LONGEST_MS = 1e8  # a day, as in the other formats


def parse_header(lines: Sequence[str]) -> tuple[float | None, Provenance | None]:
    """(integration_time_ms, the rest) of the lines above the numbers; None: not said."""
    numbers: dict[str, set[float]] = {}
    texts: dict[str, set[str]] = {}
    corrected: set[bool | None] = set()
    for line in lines:
        found = _LINE.match(line) if len(line) <= _LONGEST_LINE else None
        if found is None:
            continue
        name, unit_beside, value = found[1].lower().replace("_", " ").strip(), found[2], found[3]
        if name in _TEXTS:
            texts.setdefault(_TEXTS[name], set()).add(value.strip(" \t;,\"'"))
        elif name in _CORRECTED:
            corrected.add(_YES_OR_NO.get(value.strip(" \t;,\"'").lower()))
        elif number := _number(name, unit_beside, value):
            numbers.setdefault(number[0], set()).add(number[1])
    once = {key: values.pop() for key, values in numbers.items() if len(values) == 1}
    time_ms = once.pop("integration_time_ms", None)
    if time_ms is not None and not 0 < time_ms < _LONGEST_MS:
        time_ms = None
    said = {key: values.pop() for key, values in texts.items() if len(values) == 1}
    taken = provenance_said(
        model=said.get("model", ""),
        serial=said.get("serial", ""),
        acquired=said.get("acquired", ""),
        averages=once.get("averages"),
        laser_power_mw=once.get("laser_power_mw"),
        laser_power_percent=once.get("laser_power_percent"),
        excitation_nm=once.get("excitation_nm"),
        intensity_corrected=corrected.pop() if len(corrected) == 1 else None,
    )
    return time_ms, taken


def _number(name: str, unit_beside: str | None, value: str) -> tuple[str, float] | None:
    """Field and value in its unit; None: another name, no number, no unit or two."""
    words = name.split()
    found = _VALUE.match(value)
    if found is None or not words:
        return None
    units = [unit for unit in (unit_beside, found[2]) if unit]
    if name not in _QUANTITIES and len(words) > 1:  # integration_time_ms
        units.append(words.pop())
    if len(units) > 1:
        return None
    unit = units[0].strip().lower() if units else ""
    for field, factors in _QUANTITIES.get(" ".join(words), ()):
        if unit in factors:
            return field, float(found[1]) * factors[unit]
    return None
