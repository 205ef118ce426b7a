"""CSV for spreadsheets and JSON for programs: all curves over the axis, with what is known.

Next: `../spectra/files/plain_csv.py`, which reads the CSV back.
"""

import json

from device.export.spectrum import MEASURED, ExportedSpectrum, one_line

FORMAT = "ramix-spectrum-1"
AXIS = "wavenumber_cm1"


def csv_of(spectrum: ExportedSpectrum) -> bytes:
    """Comments `# name: value`, the names of the columns, one row a point; UTF-8.

    The names of the curves are the columns'; `intensity` comes first.
    """
    names = [MEASURED, *(name for name in spectrum.curves if name != MEASURED)]
    lines = [f"# Raman spectrum: {one_line(spectrum.title)}"]
    lines += [f"# {one_line(key)}: {one_line(value)}" for key, value in spectrum.facts.items()]
    lines.append(",".join([AXIS, *(_cell(name) for name in names)]))
    columns = [spectrum.wavenumber_cm1, *(spectrum.curves[name] for name in names)]
    for row in zip(*(column.tolist() for column in columns), strict=True):
        lines.append(",".join(f"{value:.10g}" for value in row))
    return ("\n".join(lines) + "\n").encode()


def json_of(spectrum: ExportedSpectrum) -> bytes:
    """One object; numbers as they are kept, without rounding."""
    whole = {
        "format": FORMAT,
        "title": spectrum.title,
        "facts": dict(spectrum.facts),
        AXIS: spectrum.wavenumber_cm1.tolist(),
        "curves": {name: values.tolist() for name, values in spectrum.curves.items()},
    }
    return (json.dumps(whole, allow_nan=False, ensure_ascii=False) + "\n").encode()


def _cell(name: str) -> str:
    """A name that a spreadsheet takes for text, in one cell."""
    name = one_line(name).replace('"', "'")
    name = name.lstrip("=+-@")  # would begin a formula
    return f'"{name}"' if "," in name or "'" in name else name
