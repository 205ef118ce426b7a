"""What stands above the columns of a table: names, units and comments, in one line or in several.

Next: `columns.py`, which chooses by these names.
"""

import re
from collections.abc import Sequence

from device.spectra.files.axis_words import (
    Axis,
    axis_named,
    intensity_named,
    names_shift,
    names_wavelength,
    speaks_of_optics,
    speaks_of_place,
    speaks_of_sample,
)
from device.spectra.files.dialect import Dialect
from device.spectra.files.header_facts import is_lasers_value
from device.spectra.files.table import Table

_MOST_NAME_LINES = 3
_UNIT = re.compile(r"^(?:[\[(].*[\])]|nm|cts|counts|a\.?u\.?|1/cm|cm.?-1|)$", re.I)
_ONLY_NUMBER = re.compile(r"^[-+]?[\d.,]+$")
# What programs call the first of two columns, whatever is in it.
_ANY_AXIS = re.compile(
    r"^\W*(?:[a-z]{0,2}|x?[\s_-]*(?:ax[ei]s|data|values?|wave)|col(?:umn)?|field|var(?:iable)?|"
    r"spalte|colonn[ea]|columna|series|unnamed|abs?ciss?ae?|points?)[\W_]*\d*\W*x?\W*$",
    re.I | re.A,
)
_KEY_AND_VALUE = re.compile(r"[=:]\s*[;,\t]")  # of a line that names no column
_KEY_AND_TEXT = re.compile(r"^[^:=]{1,60}[:=]\s*\S")
_KEY_AND_NUMBER = re.compile(r"[=:;,\t]\s*[-+]?\d")  # nor does this where it stands above two


def kind_of(label: str) -> Axis | None:
    """What a name says that an axis is; `Raman intensity` and `Counts/nm` name none."""
    if intensity_named(label) and not (names_shift(label) or names_wavelength(label)):
        return None
    return axis_named(label)


def is_unknown_name(label: str) -> bool:
    """A word of some language, and none that is known: it may say wavelength as well as shift."""
    return bool(label) and not (_ANY_AXIS.match(label) or intensity_named(label))


def names_something(labels: Sequence[str]) -> bool:
    """Whether one of these is the known name of an axis or of an intensity."""
    return any(
        kind_of(label) not in (None, Axis.UNKNOWN_SCRIPT) or intensity_named(label)
        for label in labels
    )


def labels_of(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What stands above each column, and the lines of the header that are no such names.

    A name may be followed by its unit and a comment in lines of their own; "" where nothing stands.
    Where names and rows do not have the same number of cells, the line above belongs to the first.
    """
    labels = [""] * table.width
    above = [at for at, line in enumerate(table.header) if line.strip()][-_MOST_NAME_LINES:]
    begins = len(table.header)
    for at in reversed(above):
        line = table.header[at]
        names = _names(table, line)
        if names is None:
            if _KEY_AND_VALUE.search(line):
                break
            if begins == len(table.header) and table.width == 2 and not _is_property(line):
                labels[0] = line.strip(" \t#;,%'\"")  # and it stays a line of the header
            break
        named = names_something(names)
        if begins < len(table.header) and not named:
            continue
        labels = [f"{name} {label}".strip() for name, label in zip(names, labels, strict=True)]
        begins = at
        if named and not all(map(_UNIT.match, names)):
            break
    return tuple(labels), table.header[:begins]


def _names(table: Table, line: str) -> list[str] | None:
    """One text a column; None where this line holds something else."""
    if _KEY_AND_VALUE.search(line) or speaks_of_place(line):
        return None
    line = line.strip(" \r\n").lstrip("%!'/")
    line = line.removeprefix("# ") if line.startswith("# ") else line
    own = [cell.strip(" \"'") for cell in table.dialect.cells(line)]
    tried = [own, [cell for cell in own if cell]]
    for separator in ("\t", ";", ","):
        tried.append([cell.strip(" \"'") for cell in Dialect(separator).cells(line) if cell])
    tried.append([cell.strip() for cell in line.replace("\t", "  ").split("  ") if cell.strip()])
    if 1 < len(own) == table.width - 1:  # R names no column of row numbers; others no last columns
        tried += [["", *own], [*own, ""]]
    for names in tried:
        if (
            len(names) == table.width
            and not _ONLY_NUMBER.match(names[0])
            and not any(map(_begins_with_number, names[1:]))
            and not _is_sentence(names)
        ):
            return names
    return None


def _is_sentence(names: Sequence[str]) -> bool:
    """`Sample: ethanol, absolute` above two columns: one property, and no two names."""
    return (
        bool(_KEY_AND_TEXT.match(names[0]))
        and not any(_KEY_AND_TEXT.match(name) for name in names[1:])
        and (speaks_of_optics(names[0]) or speaks_of_sample(names[0]) or not names_something(names))
    )


def _is_property(line: str) -> bool:
    """`Laser wavelength: 785 nm`, which is said of the instrument and not of a column."""
    return (
        speaks_of_optics(line)
        or speaks_of_sample(line)
        or speaks_of_place(line)
        or is_lasers_value(line)
        or bool(_KEY_AND_NUMBER.search(line))
    )


def _begins_with_number(name: str) -> bool:
    return bool(name) and (name[0].isdigit() or name[0] in "+-." and name[1:2].isdigit())
