"""Why a calibration is refused, as one error with a word for the reason.

Next: `lamp_peaks.py`, the first that may refuse.
"""

from typing import Final

from firmware_bridge.errors import RamixError

NO_LAMP: Final = "no_lamp"
SATURATED: Final = "saturated"
TOO_FEW_LINES: Final = "too_few_lines"
NO_MATCH: Final = "no_match"
AMBIGUOUS: Final = "ambiguous"
MIRRORED: Final = "mirrored"
SHIFTED: Final = "shifted"
POOR: Final = "poor"
NO_POLYSTYRENE: Final = "no_polystyrene"
CALCITE_OFF: Final = "calcite_off"
NO_LIGHT: Final = "no_light"
HOLES: Final = "holes"
NOT_SMOOTH: Final = "not_smooth"

_REMEDIES: Final = {
    NO_LAMP: "Light the lamp, hold it before the probe, and measure again.",
    SATURATED: "Measure again with a shorter exposure, or hold the lamp further away.",
    TOO_FEW_LINES: "Measure again with a longer exposure, or hold the lamp nearer.",
    NO_MATCH: "Check that the lamp is the one named by --lamp, and that no other light is there.",
    AMBIGUOUS: "Measure again with a longer exposure, so that weaker lines decide.",
    MIRRORED: "Let the firmware send the pixels from the shortest to the longest wavelength.",
    SHIFTED: "Check that the frame and the page are of one analyzer. "
    "If its grating or detector was moved, it needs its maker's adjustment.",
    POOR: "Measure again without other light; if it stays so, the optics need adjustment.",
    NO_POLYSTYRENE: "Put polystyrene before the probe, cover it, and measure again.",
    NO_LIGHT: "Put the standard nearer, cover the probe, and measure with more frames.",
    HOLES: "Use a curve of the whole range, and a page whose dead pixels do not lie together.",
    NOT_SMOOTH: "Check that the curve belongs to this standard, and keep other light away.",
    CALCITE_OFF: "Calibrate with the lamp and polystyrene again before the analyzer is used.",
}


class CalibrationRefused(RamixError):
    """The frame does not decide a calibration; `reason` is one of this module's words."""

    code = "calibration_refused"

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text, remedy=_REMEDIES[reason])
        self.reason = reason
