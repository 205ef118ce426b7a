"""What the codes of an SPC file say of its axis and of its intensities.

Next: `spc.py`, where they stand.
"""

from typing import Final

from device.spectra.files.axis_words import Axis, axis_named

RAMAN_SHIFT: Final = 13  # the code for Raman shift in cm-1
_AXES: Final = {
    1: Axis.WAVENUMBER,
    2: Axis.UM,
    3: Axis.NM,
    RAMAN_SHIFT: Axis.SHIFT,
    16: Axis.PIXEL,
    17: Axis.PIXEL,
    22: Axis.PIXEL,
}
_ARBITRARY: Final = 0
# Kubelka-Munk, log(1/R), absorbance; transmission, reflectance, valleys
_ABSORPTION: Final = frozenset({2, 3, 10, 128, 129, 130})
RAMAN: Final = 11  # the technique
_FOURIER: Final = 4  # FT-IR, FT-NIR and FT-Raman have one code
# near infrared, UV-visible, X-ray, mass, NMR, X-ray powder: never Raman
_OTHER_TECHNIQUES: Final = frozenset({5, 7, 8, 9, 10, 12})


def axis_of(code: int, label: str) -> Axis | None:
    """What the axis is; the label counts where the file has one. None: it is not said."""
    labelled = axis_named(label) if label else None
    coded = _AXES.get(code, None if code == _ARBITRARY else Axis.OTHER)
    if labelled is None or labelled is coded:
        return coded
    if coded is None:
        return labelled
    both = {labelled, coded}
    if both <= {Axis.SHIFT, Axis.WAVENUMBER, Axis.WEAK_SHIFT}:
        return Axis.SHIFT if Axis.SHIFT in both else Axis.WAVENUMBER
    return labelled if labelled not in (Axis.SHIFT, Axis.WAVENUMBER, Axis.WEAK_SHIFT) else coded


def may_be_infrared(axis: Axis | None, technique: int) -> bool:
    """Wavenumbers of a Fourier spectrometer: infrared, unless something else says Raman."""
    return technique == _FOURIER and axis is Axis.WAVENUMBER


def is_absorption(intensities: int, technique: int) -> bool:
    """Whether codes of intensity and technique say that it is no Raman spectrum."""
    return intensities in _ABSORPTION or technique in _OTHER_TECHNIQUES
