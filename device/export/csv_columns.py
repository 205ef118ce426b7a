"""CSV for spreadsheets: all curves over the axis, with what is known above them.

Next: `../spectra/files/plain_csv.py`, which reads the CSV back.
"""

from device.export.spectrum import MEASURED, ExportedSpectrum, one_line

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


def _cell(name: str) -> str:
    """A name that a spreadsheet takes for text, in one cell."""
    name = one_line(name).replace('"', "'")
    name = name.lstrip("=+-@")  # would begin a formula
    return f'"{name}"' if "," in name or "'" in name else name
