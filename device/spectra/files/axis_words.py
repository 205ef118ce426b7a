"""What a header's words say of an axis or of intensities, in the languages of instruments.

A file that calls its axis wavelength, or itself infrared, must never be read as Raman shift, so
every way to say so counts. The words: `vocabulary.py`.
Next: `header_facts.py`, which collects what a whole header says.
"""

import re
from enum import Enum

from device.spectra.files import vocabulary as words


class Axis(Enum):
    """What an axis is, as far as words say it."""

    SHIFT = "Raman shift"
    WAVENUMBER = "wavenumber"  # of a Raman file: the shift; of an infrared one: not
    WEAK_SHIFT = "shift"  # of what, and in which unit?
    NM = "wavelength"  # in nm where no unit is named
    UM = "wavelength in micrometres"
    ANGSTROM = "wavelength in angstrom"
    PIXEL = "pixel numbers"
    POSITION = "positions"
    OTHER = "another quantity"  # time, frequency, energy, a shift in nm
    UNKNOWN_SCRIPT = "words that are not known here"  # of a script, or of a column's name


WAVELENGTHS = frozenset({Axis.NM, Axis.UM, Axis.ANGSTROM})
RAMAN = frozenset({Axis.SHIFT, Axis.WAVENUMBER})


# 785 nm is a value, not the unit of an axis.
_VALUE_OF_LENGTH = re.compile(
    r"\d[\d.,]*\s*(?:nm|nanomet\w*|\u043d\u043c|\u03bcm|\xb5m|um|mm)(?![a-z])", re.I
)
_POSITION = re.compile(
    r"^\W*(?:[xyz]|[xyz][\s_-]?(?:pos(?:ition)?|coord\w*)|(?:pos(?:ition)?|depth)"
    r"(?:[\s_-]?[xyz])?)\W*(?:[(\[]?[\xb5\u03bcu]?m[)\]]?)?$",
    re.I,
)
_ONLY_FOREIGN = re.compile(r"[^\x00-\u024f\u1e00-\u2bff]")
_LETTER = re.compile(r"[^\W\d_]")


def axis_named(label: str) -> Axis | None:
    """What a label says that an axis is; None where it says nothing that is known."""
    text = _VALUE_OF_LENGTH.sub(" ", label[:300])
    raman, shift = words.RAMAN.search(text), words.SHIFT.search(text)
    per_cm = words.PER_CM.search(text)
    length = next((axis for axis, unit in _UNITS if unit.search(text)), None)
    if words.OTHER.search(text):
        return Axis.OTHER
    if length is not None:
        return Axis.OTHER if raman or shift or per_cm or words.WAVENUMBER.search(text) else length
    if words.WAVELENGTH.search(text):
        return Axis.NM
    if raman or per_cm and shift:
        return Axis.SHIFT
    if per_cm or words.WAVENUMBER.search(text):
        return Axis.WAVENUMBER
    if shift:
        return Axis.WEAK_SHIFT
    if words.PIXEL.search(text.strip()):
        return Axis.PIXEL
    if not intensity_named(text) and _unreadable(text):
        return Axis.UNKNOWN_SCRIPT
    return None


_UNITS = ((Axis.NM, words.NM), (Axis.UM, words.UM), (Axis.ANGSTROM, words.ANGSTROM))


def mentions_wavelength(text: str) -> bool:
    plain = _VALUE_OF_LENGTH.sub(" ", text)
    return bool(words.WAVELENGTH.search(text)) or any(unit.search(plain) for _, unit in _UNITS[:1])


def names_wavelength(text: str) -> bool:
    """By the word, not by a unit alone."""
    return bool(words.WAVELENGTH.search(text))


def speaks_of_optics(text: str) -> bool:
    """Of a laser, a grating, a filter: their wavelength is none of the axis."""
    return bool(words.OPTICS.search(text))


def speaks_of_sample(text: str) -> bool:
    """Of the sample, in a remark or of a project: no name of an axis follows."""
    return bool(words.SAMPLE_KEY.search(text))


def speaks_of_place(text: str) -> bool:
    """Of who measured and where: an institute of infrared optics has Raman instruments too."""
    is_place = words.PLACE_KEY.search(text) or words.PLACE.search(text)
    return bool(is_place) and not mentions_spectrum(text)


def is_position(label: str) -> bool:
    """`X`, `Y (um)`: where on a sample, if another column is the axis."""
    return bool(_POSITION.match(label.strip()))


def speaks_in_nm(text: str) -> bool:
    """In nanometres and not in cm-1, be it of a value, a range or an axis."""
    return bool(words.NM.search(text) or _VALUE_OF_LENGTH.search(text)) and not names_shift(text)


def names_length_unit(text: str) -> bool:
    plain = _VALUE_OF_LENGTH.sub(" ", text)
    return any(unit.search(plain) for _, unit in _UNITS)


def names_shift(text: str) -> bool:
    """A Raman shift, or wavenumbers, in words or by the unit."""
    return bool(
        words.PER_CM.search(text) or words.WAVENUMBER.search(text) or words.SHIFT.search(text)
    )


def is_shift_in_length(text: str) -> bool:
    """A shift in nm, which is no difference of wavenumbers."""
    return bool(words.SHIFT.search(text) or words.RAMAN.search(text)) and names_length_unit(text)


def mentions_raman(text: str) -> bool:
    return bool(words.RAMAN.search(text))


def mentions_spectrum(text: str) -> bool:
    return bool(words.SPECTRUM.search(text))


def mentions_infrared(text: str) -> bool:
    """Infrared, or another kind of spectrum that is no Raman spectrum."""
    return bool(words.INFRARED.search(text))


def is_absorbance(label: str) -> bool:
    """Whether intensities are a part of light that passed or came back, not scattered light."""
    return bool(words.ABSORBANCE.search(label))


def is_absorbance_symbol(label: str) -> bool:
    """`T`, `O.D.`: so called in an absorption spectrum, or a sample's name."""
    return bool(words.ABSORBANCE_SYMBOL.search(label))


def intensity_named(label: str) -> bool:
    return bool(words.INTENSITY.search(label))


def _unreadable(text: str) -> bool:
    """Letters, but none of a script in which an unknown name may pass as a remark."""
    letters = _LETTER.findall(text)
    return bool(letters) and (
        bool(_ONLY_FOREIGN.search(text)) or not any(letter.isascii() for letter in letters)
    )
