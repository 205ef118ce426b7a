"""Whether an axis may be read as Raman shift, all that the file says taken together.

A file that calls its axis wavelength is refused, or converted with a laser that a person names.
Next: `plain_csv.py`, which asks.
"""

from typing import Final, NoReturn

import numpy as np

from device.spectra.files.axis_words import (
    RAMAN,
    WAVELENGTHS,
    Axis,
    is_absorbance,
    is_absorbance_symbol,
    mentions_raman,
)
from device.spectra.files.choices import FROM_HEADER, Choices
from device.spectra.files.header_facts import HeaderFacts
from device.spectra.files.text import Floats, refuse

_LARGEST_RAMAN_SHIFT_CM1: Final = 5000.0  # H2, the highest fundamental, lies at 4160
_SMALLEST_RAMAN_SHIFT_CM1: Final = -4500.0  # the anti-Stokes side
_LASERS_NM: Final = (150.0, 2000.0)
_NM_OF: Final = {Axis.NM: 1.0, Axis.UM: 1000.0, Axis.ANGSTROM: 0.1}
_SHOWN = 60
_IF_RAMAN: Final = (
    "If it is a Raman spectrum nevertheless, say so in its header: a line `Raman spectrum`."
)


def shifts_cm1(
    name: str,
    axis: Floats,
    *,
    said: Axis | None,
    label: str,
    intensity_label: str,
    facts: HeaderFacts,
    choices: Choices,
    header_laser_nm: float | None,
) -> tuple[Floats, float | None]:
    """The axis in cm-1, and the laser's wavelength in nm where it was converted with one.

    Raises:
        SpectrumFileError: it is no Raman shift, or the file is no Raman spectrum.
    """
    _check_kind(name, label, intensity_label, facts, said)
    stated, stated_by = facts.axis, facts.axis_line
    if range_line := _range_in_nm(axis, facts):
        stated, stated_by = Axis.NM, range_line
    if said in RAMAN and stated is not None and stated not in RAMAN | {Axis.WEAK_SHIFT}:
        refuse(
            name,
            f"the column is called {_shown(label)} and a line says {_shown(stated_by)}: one "
            "of them is wrong",
        )
    unsaid = (None, Axis.WEAK_SHIFT, Axis.UNKNOWN_SCRIPT)
    kind = stated if said in unsaid and stated is not None else said
    evidence = label if kind is said and label else stated_by
    if kind not in RAMAN and kind not in WAVELENGTHS and facts.wavelength_line:
        kind, evidence = Axis.NM, facts.wavelength_line
    if kind in WAVELENGTHS or (
        choices.excitation_nm is not None and kind in (None, Axis.WEAK_SHIFT)
    ):
        return _converted(name, axis, kind or Axis.NM, evidence, choices, header_laser_nm)
    if kind not in RAMAN | {None, Axis.WEAK_SHIFT}:
        hint = (
            "If it is the Raman shift, say so: --axis-column 1, or another number."
            if kind is Axis.UNKNOWN_SCRIPT
            else None
        )
        what = kind.value if kind is not None else ""
        refuse(
            name,
            f"the axis is called {_shown(evidence)} ({what}), it must be Raman shift in cm-1",
            remedy=hint,
        )
    if kind is None and choices.axis_column is None and _counts_pixels(axis):
        refuse(
            name,
            f"the axis counts pixels or rows from {axis[0]:g} by ones, it must be Raman shift in "
            "cm-1",
            remedy="Export it with the Raman shift. If the numbers are shifts, say so: "
            "--axis-column 1.",
        )
    if min(axis[0], axis[-1]) > _LARGEST_RAMAN_SHIFT_CM1:
        refuse(
            name,
            f"the axis begins at {min(axis[0], axis[-1]):g} cm-1, no Raman shift is larger than "
            f"{_LARGEST_RAMAN_SHIFT_CM1:g}; absolute wavenumbers must be converted first",
        )
    return axis, None


def _check_kind(
    name: str, label: str, intensity_label: str, facts: HeaderFacts, said: Axis | None
) -> None:
    """Refuse what is no Raman spectrum.

    A line that says Raman outweighs what another line says, but for the quantity of the ordinate:
    there it must say Raman spectrum. A column that is called Raman shift outweighs only a remark.
    """
    symbol = is_absorbance_symbol(intensity_label) and said is Axis.WAVENUMBER and not facts.raman
    if symbol or is_absorbance(intensity_label):
        _refuse_kind(name, intensity_label, absorption=True, certain=not symbol)
    if facts.ordinate_line and not facts.raman_spectrum:
        _refuse_kind(name, facts.ordinate_line, absorption=True)
    if facts.raman:
        return
    if facts.absorbance_line:
        _refuse_kind(name, facts.absorbance_line, absorption=True)
    if facts.infrared_line:
        _refuse_kind(name, facts.infrared_line)
    if facts.remark_line and not mentions_raman(label):
        _refuse_kind(name, facts.remark_line)


def _refuse_kind(
    name: str, evidence: str, *, absorption: bool = False, certain: bool = False
) -> NoReturn:
    what = "an absorption spectrum, not a Raman spectrum" if absorption else "not a Raman spectrum"
    refuse(
        name,
        f"{_shown(evidence)} stands in it: {what}",
        remedy=None if certain else _IF_RAMAN,
    )


def _converted(
    name: str,
    axis: Floats,
    kind: Axis,
    evidence: str,
    choices: Choices,
    header_laser_nm: float | None,
) -> tuple[Floats, float]:
    laser = choices.excitation_nm
    wrong = f"the axis is wavelength ({_shown(evidence)}), it must be Raman shift in cm-1"
    if laser is None:
        known = "NM" if header_laser_nm is None else f"{header_laser_nm:g}"
        refuse(
            name,
            wrong,
            remedy=f"Export it with the Raman shift, or name the laser: --excitation {known}.",
        )
    if laser == FROM_HEADER:
        if header_laser_nm is None:
            refuse(
                name,
                f"{wrong}, and no line names the laser",
                remedy="Name the laser: --excitation NM.",
            )
        laser = header_laser_nm
    laser_nm, axis_nm = float(laser), axis * _NM_OF[kind]
    with np.errstate(divide="ignore"):
        shifts = 1e7 / laser_nm - 1e7 / axis_nm
    possible = _LASERS_NM[0] <= laser_nm <= _LASERS_NM[1] and bool((axis_nm > 0).all())
    if not possible or not (
        shifts.min() >= _SMALLEST_RAMAN_SHIFT_CM1
        and 0 < shifts.max() <= 2 * _LARGEST_RAMAN_SHIFT_CM1
    ):
        refuse(
            name,
            f"wavelengths of {axis_nm.min():g} to {axis_nm.max():g} nm are no Raman spectrum of a "
            f"laser of {laser_nm:g} nm",
            remedy="Check the laser's wavelength; --excitation NM names it.",
        )
    return shifts, laser_nm


def _range_in_nm(axis: Floats, facts: HeaderFacts) -> str:
    """The line whose figures in nm are the ends of the axis, as far as they are written; or ""."""
    if not facts.figures_in_nm:
        return ""
    ends = (float(axis.min()), float(axis.max()))
    step = (ends[1] - ends[0]) / max(1, len(axis) - 1)
    low, high = (
        [line for figure, line in facts.figures_in_nm if _is_written(end, figure, step)]
        for end in ends
    )
    return high[0] if low and high else ""


def _is_written(value: float, figure: str, step: float) -> bool:
    """`2600` may be 2598: it is written to hundreds, and the last point is a step away."""
    whole, _, decimals = figure.replace(",", ".").partition(".")
    zeros = len(whole) - len(whole.rstrip("0"))
    unit = 10.0 ** (-len(decimals) if decimals.strip("0") else zeros)
    return abs(float(figure.replace(",", ".")) - value) <= max(unit, step)


def _counts_pixels(axis: Floats) -> bool:
    steps = np.arange(len(axis))
    return any(np.array_equal(axis, steps + start) for start in (0, 1))


def _shown(text: str) -> str:
    """A line of the file, for a message: short, and nothing that a terminal obeys."""
    return repr("".join(sign for sign in text if sign.isprintable()).strip()[:_SHOWN])
