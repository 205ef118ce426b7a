"""What the lines above and below the numbers say of the axis and of the kind of spectrum.

The names of the columns are not enough: `XAxis mode: Wavelengths` may stand ten lines higher.
A laser's wavelength is no statement about the axis.
Next: `settled_axis.py`, which weighs these against the name of the column.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from device.spectra.files import axis_words
from device.spectra.files.axis_words import RAMAN, WAVELENGTHS, Axis, axis_named
from device.spectra.files.text import parse_number, refuse

_AROUND = " \t\"'#;,!/*"  # signs of a comment; a percent sign too, unless %T is asked for
_MOST_TEXT = 100_000  # characters; no file in data/ has 10,000 around its numbers
_LONGEST = 400  # the rest of a longer line says nothing about an axis
_X_KEY = re.compile(
    r"(?<![a-z])x[\s_-]*(?:axis|achse|axe|label|units?|einheit|data|title|mode|type|scale|name|$)|"
    r"abs[cz]+is|ascissa|odci.{1,2}ta|horizontal|(?<![a-z])x(?![a-z])|(?<![a-z])(?:axis|axe|achse|asse|eje|eixo)(?:[\s_-]*(?:unit|type|label|mode|name|x))?"
    r"|axis(?:unit|type|label|name)|spectral[\s_-]*(?:axis|units?)|^\W*(?:units?|einheit|unidad|"
    r"unit.{1,4})\W*$|ось|единиц|坐标|横[轴軸]|x[轴軸]|单位|単位",
    re.I,
)
_Y_KEY = re.compile(
    r"(?<![a-z])y[\s_-]*(?:axis|achse|axe|label|units?|einheit|data|title|mode|type|scale|name|$)|"
    r"ordinat|vertical|intensit|纵[轴坐]|y[轴軸]",
    re.I,
)
_NUMBERED_AXIS = re.compile(r"axis\w*\s*\[\s*(\d+)\s*\]", re.I)  # LabSpec: 1 is the spectral one
_KEY = re.compile(r"^([^:=;,\t]{1,60})[:=;,\t]\s*(.*)$")
_WORDS_AND_NUMBER = re.compile(r"^(\D{1,60})\s(\d.*)$")
_ONLY_LENGTH = re.compile(r"^\W*(?:nm|nanomet\w*|нм)\W*$", re.I)
_NUMBER = re.compile(r"^\W*(\d{3,4}(?:\.\d+)?)\s*(?:nm|нм)?\W*$")
_LASER_LINES_NM: tuple[float, ...] = (244.0, 257.2, 266.0, 325.0, 355.0, 405.0, 441.6, 457.9, 473.0)
_LASER_LINES_NM += (488.0, 514.5, 532.0, 561.0, 632.8, 638.0, 647.1, 660.0, 671.0, 691.0, 752.5)
_LASER_LINES_NM += (780.0, 785.0, 808.0, 830.0, 852.0, 976.0, 1030.0, 1064.0)
_LASER_WITHIN_NM = 1.5
_BEGINS_WITH_NUMBER = re.compile(r"^\W*[-+]?\d")
_FIGURE = re.compile(r"(?<![\w.])\d{2,6}(?:[.,]\d{1,4})?(?!\d)")
_MOST_FIGURES = 100


@dataclass(frozen=True)
class HeaderFacts:
    """Each line is one that says so, for the refusal; "" where none does."""

    axis: Axis | None = None  # what a line plainly says that the axis is
    axis_line: str = ""
    wavelength_line: str = ""  # speaks of wavelength without saying what of
    infrared_line: str = ""
    absorbance_line: str = ""  # speaks of what passes or comes back
    ordinate_line: str = ""  # ... and says that the intensities are such
    remark_line: str = ""  # speaks of either in a remark, or of the sample
    raman: bool = False
    raman_spectrum: bool = False  # in these words, not in a file's name alone
    # with the lines: figures as they are written where a line speaks of nm, `Range: 250-2600 nm`
    figures_in_nm: tuple[tuple[str, str], ...] = ()


def facts_of(name: str, lines: Iterable[str], names: Sequence[str] = ()) -> HeaderFacts:
    """What the lines around the numbers say; the worst statement counts where two contradict.

    `names` are the lines that name the columns: they are no statements about the axis, but
    `infrared` in one of them counts.

    Raises:
        SpectrumFileError: more text than stands around any spectrum; `name` is the file's.
    """
    axis: Axis | None = None
    axis_line = wavelength = infrared = absorbance = ordinate = remark = ""
    raman = raman_spectrum = False
    figures: list[tuple[str, str]] = []
    read = 0
    for whole in lines:
        text = whole[:_LONGEST]
        read += len(text)
        if read > _MOST_TEXT:
            refuse(name, "more text stands around the numbers than any spectrum has")
        line, with_percent = text.strip(_AROUND + "%"), text.strip(_AROUND)
        if not line:
            continue
        said = _stated(line)
        if said is not None and (axis is None or axis in RAMAN):
            axis, axis_line = said, line
        if len(figures) < _MOST_FIGURES and axis_words.speaks_in_nm(line):
            figures += [(figure, line) for figure in _FIGURE.findall(line)]
        is_raman = axis_words.mentions_raman(line)
        raman = raman or is_raman
        raman_spectrum = raman_spectrum or is_raman and axis_words.mentions_spectrum(line)
        if _ordinate_is_absorbance(with_percent):
            ordinate = ordinate or line
        if axis_words.speaks_of_place(line):
            continue
        other = not is_raman and axis_words.mentions_infrared(line)
        other = other and not axis_words.speaks_of_optics(line) and not is_lasers_value(line)
        absorbs = _says_absorbance(with_percent)
        if axis_words.speaks_of_sample(line):
            remark = remark or (line if other or absorbs else "")
        else:
            infrared = infrared or (line if other else "")
            absorbance = absorbance or (line if absorbs else "")
        if said is None and _speaks_of_wavelength(line):
            wavelength = wavelength or line
    infrared = infrared or next(filter(axis_words.mentions_infrared, names), "")
    return HeaderFacts(
        axis=axis,
        axis_line=axis_line,
        wavelength_line=wavelength,
        infrared_line=infrared,
        absorbance_line=absorbance,
        ordinate_line=ordinate,
        remark_line=remark,
        raman=raman,
        raman_spectrum=raman_spectrum,
        figures_in_nm=tuple(figures),
    )


def _stated(line: str) -> Axis | None:
    """The axis, where this line says what it is."""
    found = _KEY.match(line)
    key, value = (found[1], found[2]) if found else (line, "")
    number = _NUMBERED_AXIS.search(key)
    if number is not None and number[1] != "1":
        return None
    if _Y_KEY.search(key):
        return None
    if _X_KEY.search(key) and not (found and _BEGINS_WITH_NUMBER.match(value)):
        axis = axis_named(value) or axis_named(_X_KEY.sub(" ", key))
        return None if axis in (Axis.UNKNOWN_SCRIPT, Axis.POSITION) else axis
    if axis_words.speaks_of_optics(line):
        return None
    if _ONLY_LENGTH.match(line):
        return Axis.NM
    if found and _BEGINS_WITH_NUMBER.match(value):  # a property of the instrument
        return None
    named = axis_named(line)
    if named in WAVELENGTHS and axis_words.names_length_unit(line):
        return named if axis_words.mentions_wavelength(line) else None
    if named is Axis.OTHER and axis_words.is_shift_in_length(line):
        return named
    return named if named in (Axis.SHIFT, Axis.WAVENUMBER) and _is_axis_name(line) else None


def is_lasers_value(line: str) -> bool:
    """`Wavelength (nm): 785`, `Wavelength 785`, which no axis is."""
    found = _KEY.match(line) or _WORDS_AND_NUMBER.match(line)
    number = _NUMBER.match(found[2]) if found else None
    return number is not None and any(
        abs(float(number[1]) - laser_nm) < _LASER_WITHIN_NM for laser_nm in _LASER_LINES_NM
    )


def _is_axis_name(line: str) -> bool:
    """`Raman shift (cm-1)` alone in a line, not a sentence about the instrument."""
    return len(line) <= 40 and axis_named(line) in RAMAN and axis_words.names_shift(line)


def _speaks_of_wavelength(line: str) -> bool:
    return (
        axis_words.mentions_wavelength(line)
        and not axis_words.speaks_of_optics(line)
        and not is_lasers_value(line)
    )


def _ordinate_is_absorbance(line: str) -> bool:
    found = _KEY.match(line)
    if found is None or not _Y_KEY.search(found[1]):
        return False
    return axis_words.is_absorbance(found[2]) or axis_words.is_absorbance_symbol(found[2])


def _says_absorbance(line: str) -> bool:
    found = _KEY.match(line)
    if found and _Y_KEY.search(found[1]):
        return False
    if not axis_words.is_absorbance(line) or axis_words.speaks_of_optics(line):
        return False
    return found is None or (
        parse_number(found[2].strip(" \t\"';,")) is None and not _BEGINS_WITH_NUMBER.match(found[2])
    )
