"""JCAMP-DX, the exchange format of spectroscopy: labelled lines, then one table of numbers.

Read: one Raman spectrum as XYDATA=(X++(Y..Y)), plain or packed, or as XYDATA or XYPOINTS=(XY..XY),
of versions 4.24 to 6 (McDonald and Wilks, Appl. Spectrosc. 42, 151 (1988)). Named and refused:
compound files, NTUPLES, peak tables. Next: `jcamp_numbers.py`, the packed numbers.
"""

import math
import re
from dataclasses import dataclass, replace

import numpy as np

from device.spectra.files.axis_words import Axis, axis_named, is_absorbance
from device.spectra.files.choices import Choices
from device.spectra.files.header_facts import facts_of
from device.spectra.files.jcamp_numbers import DamagedNumbers, Line, lines_of, pairs_of
from device.spectra.files.plain_header import parse_header
from device.spectra.files.settled_axis import shifts_cm1
from device.spectra.files.source import Source
from device.spectra.files.text import (
    LARGEST_NUMBER,
    MAX_LINES,
    Floats,
    TextFile,
    parse_number,
    spectrum_from_columns,
)
from device.spectra.provenance import Provenance, provenance_said
from device.spectra.spectrum import Spectrum

_TABLES = ("XYDATA", "XYPOINTS", "PEAKTABLE", "PEAKASSIGNMENTS", "RADATA", "DATATABLE", "NTUPLES")
_LABEL = re.compile(r"^\s*##([^=]*)=(.*)$")
_RAMAN_UNITS = re.compile(r"^\W*(?:1\s*/\s*cm|cm\W*-?\W*1|raman.*|wavenumbers?.*)\W*$", re.I)
# Of FIRSTX and LASTX against the shifts printed in the lines, in steps of the axis.
_MOST_STEPS_OFF = 1.0
_MOST_LABELS = 2000


def recognises(source: Source) -> bool:
    begin = source.data[:4000].lstrip(b"\xef\xbb\xbf \r\n\t$")
    return begin.startswith(b"##") and b"JCAMP" in source.data[:4000].upper()


def read(source: Source, choices: Choices) -> Spectrum:
    """The Spectrum in a JCAMP-DX file.

    Raises:
        SpectrumFileError: damaged, several spectra, or no Raman spectrum.
    """
    file = source.text
    header = _header(file)
    if header.form.upper().replace(" ", "").startswith("(XY.."):
        axis, values = _pairs(file, header)
    else:
        axis, values = _steps(file, header)
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        file.fail("no point has an intensity")
    rows = slice(int(known[0]), int(known[-1]) + 1)
    if np.isnan(values[rows]).any():
        file.fail("an intensity in the middle is not known ('?')", header.table_at + 1)
    if np.abs(values[rows]).max() > LARGEST_NUMBER or np.abs(axis).max() > LARGEST_NUMBER:
        file.fail("a number is impossibly large")
    taken, time_ms = _taken(header)
    shifts, laser_nm = _shifts(file, header, axis[rows], choices, taken)
    if laser_nm is not None:
        taken = provenance_said(excitation_nm=laser_nm) if taken is None else taken
    return spectrum_from_columns(file, shifts, values[rows], None, time_ms, taken, join_equal=True)


@dataclass(frozen=True)
class _Header:
    """Labels are written in capitals without blanks, dashes and underscores."""

    file: TextFile
    values: dict[str, str]
    form: str  # what stands behind the table's label
    table_at: int  # index of its line
    table_end: int
    said: tuple[str, ...]  # each label as `name: value`

    def number(self, label: str, default: float | None = None) -> float | None:
        text = self.values.get(label)
        if text is None or not text.strip():
            return default
        number = parse_number(text.strip())
        if number is None or not math.isfinite(number) or abs(number) > LARGEST_NUMBER:
            self.file.fail(f"##{label}= is {text.strip()[:20]!r}, not a number")
        return number

    def factor(self, label: str) -> float:
        factor = self.number(label, 1.0)
        if not factor:
            self.file.fail(f"##{label}= is 0")
        return factor

    def points(self) -> int | None:
        points = self.number("NPOINTS")
        if points is None:
            return None
        if points != int(points) or not 2 <= points <= MAX_LINES:
            self.file.fail(f"##NPOINTS= is {points:g}")
        return int(points)


def _header(file: TextFile) -> _Header:
    values: dict[str, str] = {}
    said: list[str] = []
    table: tuple[str, int] | None = None
    end = len(file.lines)
    titles = 0
    for at, line in enumerate(file.lines):
        found = _LABEL.match(line)
        if found is None:
            continue
        label = re.sub(r"[\s/_-]", "", found[1]).upper()
        value = found[2].partition("$$")[0].strip()
        if table is not None and end == len(file.lines):
            end = at
        if len(values) > _MOST_LABELS:
            file.fail("more labels than any spectrum has", at + 1)
        titles += label == "TITLE"
        if label in _TABLES:
            if label not in ("XYDATA", "XYPOINTS"):
                file.fail(
                    f"its table is ##{found[1].strip()}=, not one spectrum's XYDATA or XYPOINTS",
                    at + 1,
                )
            if table is not None:
                file.fail("several spectra in one file; export them one by one", at + 1)
            table = (value, at)
        elif label in values and values[label] != value and label in ("XUNITS", "XFACTOR"):
            file.fail(f"##{found[1].strip()}= is given twice", at + 1)
        else:
            values.setdefault(label, value)
            said.append(f"{found[1].strip(' .$')}: {value}")
    if titles > 1 or values.get("DATATYPE", "").upper().replace(" ", "") == "LINK":
        file.fail("several blocks in one file; export the spectra one by one")
    if table is None:
        file.fail("no ##XYDATA= or ##XYPOINTS= in it")
    return _Header(file, values, table[0], table[1], end, tuple(said))


def _shifts(
    file: TextFile, header: _Header, axis: Floats, choices: Choices, taken: Provenance | None
) -> tuple[Floats, float | None]:
    kind, units = header.values.get("DATATYPE", ""), header.values.get("XUNITS", "")
    if kind and "RAMAN" not in kind.upper():
        file.fail(f"##DATA TYPE= is {kind[:40]!r}, not RAMAN SPECTRUM")
    said = Axis.WAVENUMBER if _RAMAN_UNITS.match(units) else axis_named(units)
    if said is None:
        file.fail(f"##XUNITS= is {units[:30]!r}, it must be 1/CM")
    for label in ("YUNITS", "YLABEL"):
        if is_absorbance(intensity := header.values.get(label, "")):
            file.fail(f"##{label}= is {intensity[:30]!r}: not a Raman spectrum")
    free = [f"{key}: {value}" for key, value in header.values.items() if key not in _SETTLED]
    facts = facts_of(file.name, free)
    return shifts_cm1(
        file.name,
        axis,
        said=said,
        label=f"XUNITS={units}",
        intensity_label="",
        facts=replace(
            facts,
            infrared_line="" if kind else facts.infrared_line,
            raman=bool(kind) or facts.raman,
        ),
        choices=choices,
        header_laser_nm=taken.excitation_nm if taken else None,
    )


_SETTLED = frozenset({"XUNITS", "YUNITS", "DATATYPE", "FIRSTX", "LASTX", "XFACTOR", "JCAMPDX"})


def _pairs(file: TextFile, header: _Header) -> tuple[Floats, Floats]:
    try:
        numbers = pairs_of(file.lines[header.table_at + 1 : header.table_end], MAX_LINES)
    except DamagedNumbers as damage:
        file.fail(damage.reason, header.table_at + 2 + damage.line)
    points = header.points()
    both = np.array(numbers, dtype=float).reshape(-1, 2)
    if points is not None and points != len(both):
        file.fail(f"{len(both)} points of the {points} announced; the file may be truncated")
    if not len(both):
        file.fail("the table is empty")
    return both[:, 0] * header.factor("XFACTOR"), both[:, 1] * header.factor("YFACTOR")


def _steps(file: TextFile, header: _Header) -> tuple[Floats, Floats]:
    """X++(Y..Y): the axis from its ends, held against the first number of every line."""
    if not header.form.upper().replace(" ", "").startswith("(X++(Y..Y)"):
        file.fail(f"its table has the form {header.form[:20]!r}", header.table_at + 1)
    try:
        lines = lines_of(file.lines[header.table_at + 1 : header.table_end], MAX_LINES)
    except DamagedNumbers as damage:
        file.fail(damage.reason, header.table_at + 2 + damage.line)
    values = np.array([value for line in lines for value in line.values], dtype=float)
    points = header.points()
    if points is not None and points != len(values):
        file.fail(f"{len(values)} points of the {points} announced; the file may be truncated")
    if len(values) < 2:
        file.fail("only one point")
    return _axis(file, header, lines, len(values)), values * header.factor("YFACTOR")


def _axis(file: TextFile, header: _Header, lines: list[Line], count: int) -> Floats:
    factor = header.factor("XFACTOR")
    begins = np.cumsum([0, *(len(line.values) for line in lines[:-1])])
    printed = np.array([line.x for line in lines]) * factor
    first, last = header.number("FIRSTX"), header.number("LASTX")
    tried: list[tuple[float, float]] = []
    if first is not None and last is not None:
        # some writers scale the ends as they scale the lines, which the standard does not
        tried = [(first, last), (first * factor, last * factor)]
    elif len(lines) > 1 and begins[-1]:
        step = float((printed[-1] - printed[0]) / begins[-1])
        tried = [(float(printed[0]), float(printed[0]) + step * (count - 1))]
    for one, other in tried:
        step = (other - one) / (count - 1)
        off = np.abs(one + step * begins - printed)
        rounding = 10.0 ** -min(line.decimals for line in lines) * abs(factor)
        if step and float(off.max()) <= _MOST_STEPS_OFF * abs(step) + rounding:
            return np.linspace(one, other, count)
    file.fail("FIRSTX, LASTX and NPOINTS contradict the shifts in the lines of the table")


def _taken(header: _Header) -> tuple[Provenance | None, float | None]:
    """What the labels say of the measurement."""
    time_ms, said = parse_header(header.said)
    model = header.values.get("SPECTROMETERDATASYSTEM", "") or header.values.get("INSTRUMENT", "")
    date = header.values.get("LONGDATE", "") or " ".join(
        part for part in (header.values.get("DATE", ""), header.values.get("TIME", "")) if part
    )
    said = said or Provenance()
    return (
        provenance_said(
            model=said.model or model,
            serial=said.serial,
            averages=said.averages,
            laser_power_mw=said.laser_power_mw,
            laser_power_percent=said.laser_power_percent,
            excitation_nm=said.excitation_nm,
            intensity_corrected=said.intensity_corrected,
            acquired=date or said.acquired,
        ),
        time_ms,
    )
