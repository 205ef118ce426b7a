"""One synthetic spectrum of toluene and ethanol, written in the ways of other programs.

`READABLE` are files that must be read, with what is chosen where something must be; next:
`refused_kinds.py`, the same spectrum in files that must be refused.
"""

import csv
from pathlib import Path

import numpy as np

from device.spectra.files.choices import Choices

FIXTURES = Path(__file__).parent / "fixtures" / "spectra"


def _columns() -> tuple[list[float], list[float]]:
    with open(FIXTURES / "shift_column_second.csv", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return [float(row[1]) for row in rows], [float(row[0]) for row in rows]


SHIFTS, COUNTS = _columns()
LASER_NM = 785.0
WAVELENGTHS = [1e7 / (1e7 / LASER_NM - shift) for shift in SHIFTS]


def rows(
    separator: str = ",",
    *,
    header: str = "",
    footer: str = "",
    form: str = "{x:.3f}{s}{y:.2f}",
    descending: bool = False,
    axis: list[float] | None = None,
) -> str:
    """A text file; `form` makes a row of i, x, y and the separator s."""
    points = list(zip(axis or SHIFTS, COUNTS, strict=True))
    if descending:
        points.reverse()
    body = "\n".join(form.format(i=i, x=x, y=y, s=separator) for i, (x, y) in enumerate(points))
    return f"{header}\n{body}\n{footer}" if header else f"{body}\n{footer}"


def commas(text: str) -> str:
    return text.replace(".", ",")


LABSPEC = """#Acq. time (s)=\t10
#Accumulations=\t2
#Range (cm-1)=\t250...2550
#Spectro (cm-1)=\t1200
#Hole=\t100
#Laser (nm)=\t785
#Instrument=\tLabRAM HR Evol
#Detector=\tSyncerity
#Objective=\t50xLWD
#Grating=\t600 gr/mm (500nm)
#Filter=\t10%
#AxisType[0]=\tIntens
#AxisUnit[0]=\tCnt/sec
#AxisType[1]=\tSpectr
#AxisUnit[1]=\t1/cm
#AxisUnit[2]=\t\xb5m"""
OCEANVIEW = """Data from RAMAN_001.txt Node

Date: Thu Jan 01 12:00:00 UTC 2026
User: operator
Spectrometer: QEP00000
Integration Time (sec): 1.000000E0
Laser Wavelength: 785.0
XAxis mode: Raman Shifts
Number of Pixels in Spectrum: 2048
>>>>>Begin Spectral Data<<<<<"""
AVANTES = """Integration time [ms]: 500.000
Averaging Nr. [scans]: 3
Smoothing Nr. [pixels]: 0
Data measured with spectrometer: 1204000U1

Wave   ;Sample   ;Dark     ;Scope
[cm-1];[counts];[counts];[counts]
"""
WITEC = """//Exported ASCII-File
[Header]
ProjectName = cell
GraphName = Spectrum 001
SizeX = 1
SizeGraph = 2048
[Data]
X-Axis [rel. 1/cm]\tSpectrum 001 [CCD cts]"""
ANDOR = """Date and Time:\tThu Jan 01 12:00:00 2026
Software Version:\t4.30
Temperature (C):\t-60
Exposure Time (secs):\t1.0
Grating Groove Density (l/mm):\t600
Central Wavelength (nm):\t850
Raman shift (cm-1)\tCounts"""
_INDEXED = "{i}{s}{x:.3f}{s}{y:.2f}"

_ALONE: dict[str, str | bytes] = {
    "LabSpec": rows("\t", header=LABSPEC).encode("latin-1"),
    "OceanView, Raman shifts": rows("\t", header=OCEANVIEW),
    "DXR CSV, descending, nothing above": rows(",", descending=True),
    "OPUS dpt": rows("\t"),
    "WITec": rows("\t", header=WITEC),
    "Andor asc": rows("\t", header=ANDOR),
    "Avantes, several columns": rows(
        ";", header=AVANTES, form="{x:.3f}{s}{y:.2f}{s}0.00{s}{y:.2f}"
    ).replace("Scope", "Dark subtracted"),
    "WiRE, two columns": rows("\t", header="#Wave\t\t#Intensity", descending=True),
    "LightField CSV": rows(
        ",",
        header="ROI,Frame,Row,Column,Raman Shift (cm-1),Intensity",
        form="1{s}1{s}1{s}{i}{s}{x:.3f}{s}{y:.2f}",
    ),
    "BWSpec, two columns": rows(";", header="Raman Shift;Dark Subtracted #1;", form="{x};{y};"),
    "StellarNet": rows("  ", header='"File: A.SSM" "Int Time(ms):500"\nraman shift  counts'),
    "Excel's sep line": "sep=;\n" + commas(rows(";", header="Raman shift (cm-1);Intensity")),
    "German spreadsheet": commas(rows(";", header="Raman-Verschiebung / cm^-1;Intensit\xe4t")),
    "quoted decimal commas between commas": "Raman shift,Intensity\n"
    + "\n".join(
        '"{}","{}"'.format(commas(f"{x:.2f}"), commas(f"{y:.1f}"))
        for x, y in zip(SHIFTS, COUNTS, strict=True)
    ),
    "French, thousands apart": rows(
        ";", header="D\xe9calage Raman (cm-1);Intensit\xe9", form="{x:,.2f}{s}{y:,.1f}"
    ).replace(",", "\u202f"),
    "English, thousands with commas": rows(
        "\t", header="Raman shift (cm-1)\tCounts", form="{x:,.2f}{s}{y:,.1f}"
    ),
    "Swiss, thousands with apostrophes": rows(
        ";", header="Raman shift (cm-1);Counts", form="{x:,.2f}{s}{y:,.1f}"
    ).replace(",", "'"),
    "UTF-16 with mark": rows("\t", header="Raman shift (cm\u207b\xb9)\tI").encode("utf-16"),
    "UTF-16 without mark": rows("\t", header="Raman shift\tI").encode("utf-16-le"),
    "Chinese, GBK": rows(",", header="拉曼位移(cm-1),强度").encode("gbk"),
    "Japanese, Shift-JIS": rows(",", header="ラマンシフト,強度").encode("shift_jis"),
    "Russian, 1251": rows(
        ";",
        header="рамановский сдвиг, см-1;Интенсивность",
    ).encode("cp1251"),
    "Spanish wavenumbers": rows(";", header="N\xfamero de onda (cm-1);Intensidad"),
    "missing as dashes at both ends": "shift (cm-1),counts\n200.0,--\n210.0,--\n"
    + rows(",")
    + "2600.0,--\n",
    "missing as #N/A in a spreadsheet": "Raman shift\tI\n200.0\t#N/A\n" + rows("\t"),
    "empty cells at both ends": "wavenumber,intensity\n200.0,\n" + rows(",") + "2600.0,\n",
    "row numbers at the end": rows(
        ",", header="Raman shift,intensity,index", form="{x:.3f}{s}{y:.2f}{s}{i}"
    ),
    "R write.table": rows(" ", header='"wavenumber" "intensity"', form='"{i}" {x:.3f} {y:.2f}'),
    "row numbers, no names": rows("\t", form=_INDEXED),
    "times of day beside": rows(
        ",", header="time,Raman shift,intensity", form="12:00:01{s}{x:.3f}{s}{y:.2f}"
    ),
    "statistics below": rows(",", header="Raman shift,counts", footer="Mean: 123.4\nMax: 2000\n"),
    "figures above": rows(",", header="300,2500\nabove: the range\nshift (cm-1),counts"),
    "wavelength beside shift": "Wavelength (nm),Raman shift (cm-1),Intensity\n"
    + "\n".join(
        f"{nm:.3f},{x:.2f},{y:.1f}" for nm, x, y in zip(WAVELENGTHS, SHIFTS, COUNTS, strict=True)
    ),
    "raw, dark and processed": rows(
        ",",
        header="Pixel,Raman shift,Raw,Dark,Processed",
        form="{i}{s}{x:.3f}{s}{y:.2f}{s}0.0{s}{y:.2f}",
    ),
    "standard deviation beside": rows(
        ",", header="shift_cm1,intensity,sd", form="{x:.3f}{s}{y:.2f}{s}1.5"
    ),
    "rounded axis": rows(",", header="Raman shift,counts", form="{x:.0f}{s}{y:.2f}"),
    "laser named above": rows(",", header="# Excitation wavelength (nm): 785\n# x, y"),
    "laser's value without the word": rows("\t", header="Wavelength (nm): 785\nx\ty"),
    "FT-Raman beside an infrared bench": rows(
        ",", header="# Nicolet iS50 FT-IR, Raman module\nwavenumber,intensity"
    ),
    "Chinese, UTF-16 without mark": rows(",", header="拉曼位移,强度").encode("utf-16-le"),
    "exponents of Fortran": rows(" ", form="{x:.3f}D+00{s}{y:.2f}D0"),
    "peaks listed below": rows("\t", header="shift\tcounts", footer="Peaks:\n1003.5\t900\n"),
    "names that name nothing": rows(",", header="Column 1,Column 2"),
    "names of Origin": rows("\t", header="A(X)\tB(Y)"),
    "a name in another script, and a line that says it": rows(
        ",", header="# X axis: Raman shift (cm-1)\nმანძილი,counts"
    ),
    "an operator's initials": rows(",", header="# User: I. R. Smith, Infrastructure\nx,y"),
    "old line ends": rows(",", header="Raman shift,counts").replace("\n", "\r"),
}

READABLE: dict[str, tuple[bytes, Choices]] = {
    name: (data.encode() if isinstance(data, str) else data, Choices())
    for name, data in _ALONE.items()
}
READABLE |= {
    "OceanView in wavelengths, the laser given": (
        rows("\t", header=OCEANVIEW.replace("Raman Shifts", "Wavelengths"), axis=WAVELENGTHS,
             form="{x:.4f}{s}{y:.2f}").encode(),
        Choices(excitation_nm=LASER_NM),
    ),
    "wavelengths, the laser of the header": (
        rows(",", header="Laser wavelength (nm): 785\nWellenl\xe4nge [nm],Signal", axis=WAVELENGTHS,
             form="{x:.4f}{s}{y:.2f}").encode("latin-1"),
        Choices(excitation_nm="header"),
    ),
    "micrometres, the laser given": (
        rows(",", header="波长 (\xb5m),强度",
             axis=[nm / 1000 for nm in WAVELENGTHS],
             form="{x:.7f}{s}{y:.2f}").encode(),
        Choices(excitation_nm=LASER_NM),
    ),
    "a name in an unknown language, the axis chosen": (
        rows(",", header="Bylgjulengd,Styrkur").encode(),
        Choices(axis_column="1"),
    ),
    "one of several vials": (
        rows(",", header="shift,vial 1,vial 2", form="{x:.3f}{s}{y:.2f}{s}7").encode(),
        Choices(column="vial 1"),
    ),
    "columns by number, the axis last": (
        rows(",", form="7{s}{y:.2f}{s}{x:.3f}").encode(),
        Choices(column="2", axis_column="3"),
    ),
}  # fmt: skip


def closeness(axis: np.ndarray) -> float:  # type: ignore[type-arg]
    """The largest difference to the true axis, in cm-1, at the first and last point."""
    return float(max(abs(axis[0] - SHIFTS[0]), abs(axis[-1] - SHIFTS[-1])))
