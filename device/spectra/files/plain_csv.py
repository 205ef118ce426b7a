"""Columns of numbers with or without names above them, in any dialect people export.

Most programs write such files: OceanView, WiRE, LabSpec, Origin, spreadsheets, R, pandas. Two
columns or more; any separator, decimal sign and encoding; header and text below or none; ascending
or descending; any range and step.
Next: `table.py`, `columns.py` and `settled_axis.py`, the three steps; `device/spectra/quality.py`,
which says whether such a spectrum may be identified.
"""

from dataclasses import replace

import numpy as np

from device.spectra.files.choices import NOTHING_CHOSEN, Choices
from device.spectra.files.column_names import labels_of
from device.spectra.files.columns import columns_of
from device.spectra.files.dialect import is_missing
from device.spectra.files.header_facts import facts_of
from device.spectra.files.plain_header import parse_header
from device.spectra.files.settled_axis import shifts_cm1
from device.spectra.files.table import Table, table_in
from device.spectra.files.text import TextFile, spectrum_from_columns
from device.spectra.provenance import Provenance
from device.spectra.spectrum import Spectrum


def parse(file: TextFile, choices: Choices = NOTHING_CHOSEN) -> Spectrum:
    """The Spectrum of a file of columns.

    Raises:
        SpectrumFileError: no columns of finite numbers, no Raman shift axis, or several spectra.
    """
    table = table_in(file)
    labels, header = labels_of(table)
    columns = columns_of(table, labels, choices)
    rows = measured_rows(table, columns.axis, columns.intensity)
    time_ms, taken = parse_header(header)
    axis, laser_nm = shifts_cm1(
        file.name,
        table.values[rows, columns.axis],
        said=columns.said,
        label=columns.label,
        intensity_label=columns.intensity_label,
        facts=facts_of(file.name, (*header, *table.footer), names=table.header[len(header) :]),
        choices=choices,
        header_laser_nm=taken.excitation_nm if taken else None,
    )
    if laser_nm is not None:
        taken = replace(taken or Provenance(), excitation_nm=laser_nm)
    return spectrum_from_columns(
        file,
        axis,
        table.values[rows, columns.intensity],
        table.line_numbers[rows],
        time_ms,
        taken,
        join_equal=True,
    )


def measured_rows(table: Table, axis: int, intensity: int) -> slice:
    """The rows that have both numbers; at the ends a missing one means that none was measured.

    Raises:
        SpectrumFileError: one is missing between others.
    """
    unknown = np.isnan(table.values[:, (axis, intensity)])
    known = np.flatnonzero(~unknown.any(axis=1))
    if not len(known):
        table.file.fail("no row has both a Raman shift and an intensity", table.line_numbers[0])
    rows = slice(int(known[0]), int(known[-1]) + 1)
    holes = np.flatnonzero(unknown[rows].any(axis=1))
    if len(holes):
        row = rows.start + int(holes[0])
        what, column = (
            ("the Raman shift", axis) if unknown[row, 0] else ("the intensity", intensity)
        )
        cell = table.cell(row, column)
        says = f"is {cell[:20]}" if is_missing(cell) and cell.strip() else "is missing"
        table.file.fail(f"{what} {says}", table.line_numbers[row])
    return rows
