"""Which columns of a table are the axis and the intensity: by their names, never by a guess.

Where names do not say it, only what cannot be otherwise is taken: a column that counts the rows, or
wavelengths beside the shifts that one laser makes of them. All else is refused with the list.
Next: `settled_axis.py`, whether the axis may be read as Raman shift.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from device.spectra.files.axis_words import (
    RAMAN,
    WAVELENGTHS,
    Axis,
    axis_named,
    intensity_named,
    is_position,
)
from device.spectra.files.choices import Choices
from device.spectra.files.column_names import is_unknown_name, kind_of
from device.spectra.files.table import Table
from device.spectra.files.text import Floats

_BESIDE = re.compile(
    r"dark(?![\s_-]*(?:subtr|corr))|reference|(?<![a-z])raw|background|baseline(?![\s_-]*(?:subtr|corr))|"
    r"(?<![a-z])std|(?<![a-z])sd(?![a-z])|error|varian|noise|saturat|(?<![a-z])fit|white|%\s*[tr]\b|"
    r"absorb|irradian|abgezogen|dunkel|hintergrund|\u6697|\u80cc\u666f|\u80cc\u666f",
    re.I,
)
_BEST = re.compile(r"processed|dark[\s_-]*(?:subtr|corr)|baseline[\s_-]*(?:subtr|corr)", re.I)
_NO_NAME = re.compile(r"^\W*(?:unnamed.*|id|i|n|nr|no|num|v1)?\W*$", re.I)
_WAVE = re.compile(r"^\W*wave\W*$", re.I)  # WiRE's name of a shift in cm-1
_MOST_LISTED = 12
_LASER_SPREAD = 2e-4  # of its wavelength: two columns with two decimals give it that exactly


@dataclass(frozen=True)
class Columns:
    """Indices into a table, and what the axis' name says it is (None: nothing)."""

    axis: int
    intensity: int
    said: Axis | None
    label: str
    intensity_label: str


def columns_of(table: Table, labels: Sequence[str], choices: Choices) -> Columns:
    """The two columns to read.

    Raises:
        SpectrumFileError: the names do not tell which; the sentence lists them.
    """
    kinds = [kind_of(label) for label in labels]
    placed = [is_position(label) for label in labels]
    if table.width > 2 and any(
        kind in RAMAN | WAVELENGTHS or _WAVE.match(label)
        for kind, label, place in zip(kinds, labels, placed, strict=True)
        if not place
    ):
        kinds = [
            Axis.POSITION if place else kind for kind, place in zip(kinds, placed, strict=True)
        ]
    chosen_axis = _named(table, labels, choices.axis_column, "--axis-column")
    chosen = _named(table, labels, choices.column, "--column")
    _one_point(table, labels, kinds)
    axis = chosen_axis if chosen_axis is not None else _axis(table, labels, kinds)
    if chosen is None:
        chosen = _intensity(table, labels, kinds, axis)
    if chosen == axis:
        table.file.fail(f"column {axis + 1} cannot be both Raman shift and intensity")
    said = kinds[axis] or axis_named(labels[axis])  # also of a name that sounds of intensity
    if said is None and labels[chosen] and is_unknown_name(labels[axis]):
        said = Axis.UNKNOWN_SCRIPT
    if said is Axis.UNKNOWN_SCRIPT and chosen_axis is not None:
        said = None  # a person has read it
    return Columns(axis, chosen, said, labels[axis], labels[chosen])


def _axis(table: Table, labels: Sequence[str], kinds: Sequence[Axis | None]) -> int:
    for wanted in ({Axis.SHIFT}, {Axis.WAVENUMBER}, {Axis.WEAK_SHIFT}, WAVELENGTHS):
        found = [at for at, kind in enumerate(kinds) if kind in wanted and _used(table, at)]
        first = found[0] if found else 0
        if any(not np.array_equal(table.values[:, first], table.values[:, at], equal_nan=True)
               for at in found[1:]):  # fmt: skip
            _ambiguous(table, labels, "several columns are an axis")
        if found:
            return first
    waves = [at for at, label in enumerate(labels) if _WAVE.match(label)]
    if len(waves) == 1:
        return waves[0]
    unnamed = [at for at in range(table.width) if _used(table, at)]
    if table.width == 2:
        named = [at for at, kind in enumerate(kinds) if kind is not None]
        if len(named) == 1:
            return named[0]
        if intensity_named(labels[0]) and labels[1] and not intensity_named(labels[1]):
            return 1
        if not named and not _turns(table, 1) and _turns(table, 0):
            table.file.fail(
                "the second column rises and the first does not, and their names do not say which "
                "is Raman shift",
                remedy="Say which column is the Raman shift: --axis-column 2.",
            )
        return 0
    if len(unnamed) > 2:
        unnamed = [at for at in unnamed if not _is_index(table, labels, at)]
    unnamed = [at for at in unnamed if kinds[at] is None or kinds[at] is Axis.UNKNOWN_SCRIPT]
    pair = _wavelength_and_shift(table, unnamed, unnamed) if len(unnamed) == 3 else None
    if pair is not None:
        return pair[1]
    if (
        len(unnamed) == 2
        and not any(labels[at] for at in unnamed)
        and not _turns(table, unnamed[0])
    ):
        return unnamed[0]
    _ambiguous(table, labels, f"{table.width} columns of numbers")


def _intensity(table: Table, labels: Sequence[str], kinds: Sequence[Axis | None], axis: int) -> int:
    rest = [at for at in range(table.width) if at != axis and _used(table, at)]
    rest = [at for at in rest if kinds[at] in (None, Axis.UNKNOWN_SCRIPT)] or rest
    if len(rest) > 1:
        pair = _wavelength_and_shift(table, rest, [axis])
        rest = [at for at in rest if not _is_index(table, labels, at)]
        if pair is not None:
            rest = [at for at in rest if at != pair[0] or labels[at]]
    tests: tuple[Callable[[int], bool], ...] = (
        lambda at: bool(_BEST.search(labels[at])),
        lambda at: not _BESIDE.search(labels[at]),
        lambda at: intensity_named(labels[at]),
        lambda at: not _constant(table, at),
    )
    for better in tests:
        kept = [at for at in rest if better(at)]
        if len(rest) > 1 and kept:
            rest = kept
    if len(rest) != 1:
        _ambiguous(table, labels, f"{table.width} columns of numbers" if rest else "no intensity")
    return rest[0]


def _one_point(table: Table, labels: Sequence[str], kinds: Sequence[Axis | None]) -> None:
    for at, kind in enumerate(kinds):
        if kind is Axis.POSITION and table.width > 2 and not _constant(table, at):
            table.file.fail(
                f"spectra of several points: {_shown(labels[at])} changes",
                remedy="Export the spectrum of one point.",
            )


def _named(table: Table, labels: Sequence[str], wanted: str | None, option: str) -> int | None:
    if wanted is None:
        return None
    exact = [at for at, label in enumerate(labels) if label.casefold() == wanted.casefold()]
    if not exact and wanted.isdigit() and 1 <= int(wanted) <= table.width:
        exact = [int(wanted) - 1]
    if not exact:
        exact = [at for at, label in enumerate(labels) if wanted.casefold() in label.casefold()]
    if len(exact) != 1:
        which = "none" if not exact else "several"
        _ambiguous(table, labels, f"{which} of the columns is {option} {_shown(wanted)}")
    return exact[0]


def _ambiguous(table: Table, labels: Sequence[str], problem: str) -> NoReturn:
    listed = ", ".join(
        f"{at + 1} {_shown(label)}" if label else f"{at + 1} without a name"
        for at, label in enumerate(labels[:_MOST_LISTED])
    )
    more = f" and {table.width - _MOST_LISTED} more" if table.width > _MOST_LISTED else ""
    table.file.fail(
        f"{problem}; they are {listed}{more}",
        table.line_numbers[0],
        "Say which to read, by name or number: --axis-column for the Raman shift, --column for "
        "the intensity.",
    )


def _shown(label: str) -> str:
    """A name of the file, for a message: short, and nothing that a terminal obeys."""
    return repr("".join(sign for sign in label if sign.isprintable())[:30])


def _used(table: Table, column: int) -> bool:
    return not bool(np.isnan(table.values[:, column]).all())


def _constant(table: Table, column: int) -> bool:
    values = _known(table.values[:, column])
    return len(values) == 0 or bool((values == values[0]).all())


def _is_index(table: Table, labels: Sequence[str], column: int) -> bool:
    """It counts the rows, and no name says that it is anything else."""
    return bool(_NO_NAME.match(labels[column])) and _counts_rows(table, column)


def _counts_rows(table: Table, column: int) -> bool:
    values = table.values[:, column]
    steps = np.arange(len(values))
    return any(np.array_equal(values, steps + start) for start in (0, 1))


def _turns(table: Table, column: int) -> bool:
    steps = np.diff(_known(table.values[:, column]))
    return bool((steps > 0).any() and (steps < 0).any()) or not bool(steps.any())


def _wavelength_and_shift(
    table: Table, wavelengths: Sequence[int], shifts: Sequence[int]
) -> tuple[int, int] | None:
    """Two columns of which one is the Raman shift of the other, for one laser."""
    for nm in wavelengths:
        for shift in shifts:
            both = table.values[:, (nm, shift)]
            both = both[~np.isnan(both).any(axis=1)]
            if nm == shift or len(both) < 2 or not (both[:, 0] > 100).all():
                continue
            laser_per_cm = both[:, 1] + 1e7 / both[:, 0]
            middle = float(np.median(laser_per_cm))
            if (
                not _turns(table, nm)
                and 4_000 < middle < 50_000
                and float(np.abs(laser_per_cm - middle).max()) < _LASER_SPREAD * middle
            ):
                return nm, shift
    return None


def _known(values: Floats) -> Floats:
    return values[~np.isnan(values)]
