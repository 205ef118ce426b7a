"""The empty vial, bag or bottle that a sample was measured through: what light its wall adds.

How much it adds is not known: focus and thickness decide. So the blank is offered to the fit
beside the references, with a part of its own (`device/answer/through_containers.py`). What is noise
in the blank is noise in what is fitted: the spectrum's variance grows by that of the part found.
Next: `device/answer/identifier.py`, which checks a blank and asks.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from device.spectra.cosmic_rays import without_cosmic_rays
from device.spectra.quality import DARK, check
from device.spectra.reason import Reason
from device.spectra.resampling import WavenumberGrid
from device.spectra.response import said_corrected, weighed
from device.spectra.spectrum import GridSpectrum, Nuisance, Spectrum, to_grid
from firmware_bridge.errors import CallerError

Floats = npt.NDArray[np.float64]

# Prior of how far the axis of a sample is from that of its blank, as that of the fit's own axis,
# and how far it may be found.
SHIFT_SIGMA_CM1 = 0.5
SHIFT_LIMIT_CM1 = 2.0
_LINE_POINTS = 10  # of the grid: about the width of a line
# A wall may shine without a line, as glass does: these of the gate's reasons do not refuse a blank
# unless so much of its variance over the range is noise.
_WITHOUT_LINES = frozenset({"fluorescence", "no_signal"})
_NOISE_ALONE = 0.5
_REMEDIES = {
    "saturated": "Measure it with a shorter integration time or less laser power: how bright it is "
    "need not be as with the sample.",
    "range": "Measure or export the blank over the whole range of the sample.",
}


class UnusableBlank(CallerError):
    """This spectrum cannot stand for an empty container."""

    code = "unusable_blank"
    default_remedy = "Measure the empty container again, as the sample is measured."


@dataclass(frozen=True, eq=False)
class Container:
    """A measured blank on the grid of the model that is to answer."""

    source: str  # the file's name
    sha256: str  # of the file; empty where there is none
    gridded: GridSpectrum  # without cosmic rays
    corrected: bool | None = None  # to relative intensity; None: its file does not say
    holds: tuple[str, ...] = ()  # compounds of the library that are named in the blank alone
    is_sample: bool = False  # they explain all of it: it is no wall, and takes no part
    blank: Spectrum | None = field(default=None, repr=False)  # as it was measured

    @property
    def name(self) -> str:
        """What a plot calls it."""
        return f"container {self.source}".strip()

    @property
    def warning(self) -> Reason | None:
        """What stands beside an answer where the blank holds what might be the sample."""
        if not self.holds:
            return None
        names = ", ".join(self.holds)
        text = f"shows {names} by itself: as much of that as it shows is taken out of the sample."
        if self.is_sample:
            text = f"is {names} and no empty container: it was not taken out of the sample."
        return Reason(
            "blank_holds_compound",
            f"The blank {self.source} {text}",
            "Measure the clean, empty container as the blank.",
        )

    def light(self, spectrum: GridSpectrum, shift_cm1: float = 0.0) -> Nuisance:
        """A multiple of the blank, moved by `shift_cm1`; by its prior the lines of the wall are
        about as high as the highest of the spectrum."""
        values = _moved(self.gridded.intensity, shift_cm1 / self.gridded.grid.step_cm1)
        alike = _steepest(spectrum.intensity) / max(_steepest(values), 1e-300)
        return Nuisance(self.name, values, max(alike, 1e-300))

    def slope(self, light: Nuisance, part: float) -> Nuisance:
        """Of `light` per cm-1: its part is minus such a part of the light times a further shift."""
        values = np.gradient(light.values) / self.gridded.grid.step_cm1
        return Nuisance(self.name, values, part * SHIFT_SIGMA_CM1)

    def with_noise(self, spectrum: GridSpectrum, part: float) -> GridSpectrum:
        """`spectrum` with the variance that such a part of the blank adds."""
        blank, square = self.gridded, part**2
        return replace(
            spectrum,
            variance=spectrum.variance + square * blank.variance,
            white_variance=spectrum.white_variance + square * blank.white_variance,
        )

    def seen_as(self, spectrum: GridSpectrum) -> "Container":
        """Weighed where its own header says that it is corrected, or, where that says nothing,
        where the spectrum was weighed (`response.py`)."""
        corrected = spectrum.weighed if self.corrected is None else self.corrected
        return replace(self, gridded=weighed(self.gridded)) if corrected else self


def container_of(
    blank: Spectrum, grid: WavenumberGrid, lines: Floats, sha256: str = ""
) -> Container:
    """A measured blank, checked and on `grid`.

    Args:
        lines: [G], each point's part of the library's lines, which sum to 1.
        sha256: of the file that it was read from.

    Raises:
        UnusableBlank: it has clipped lines, no light or no laser, or shows too little of `lines`.
    """
    gridded = to_grid(blank, grid)
    for reason in check(blank, gridded, lines):
        lineless = reason.code in _WITHOUT_LINES and not _is_noise(gridded)
        if not lineless and reason.code != DARK:
            raise UnusableBlank(
                f"The blank {blank.source} cannot be used. {reason.text}",
                remedy=_REMEDIES.get(reason.code),
            )
    seen = without_cosmic_rays(gridded, blank)
    return Container(blank.source, sha256, seen, said_corrected(blank), blank=blank)


def _is_noise(gridded: GridSpectrum) -> bool:
    measured, noise = gridded.intensity[gridded.valid], gridded.variance[gridded.valid]
    return not float(noise.mean()) < _NOISE_ALONE * float(measured.var())


def _steepest(values: Floats) -> float:
    """Range of the steps over a line's width: of lines, and little of what is slower."""
    return float(np.ptp(values[_LINE_POINTS:] - values[:-_LINE_POINTS]))


def _moved(values: Floats, points: float) -> Floats:
    """[G], `values` so many points to the right, ends held: cubic through four neighbours, for a
    straight line between two would make lines wider."""
    if points == 0.0:
        return values
    whole = int(np.floor(-points))
    t = -points - whole
    weights = (
        -t * (t - 1.0) * (t - 2.0) / 6.0,
        (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
        -(t + 1.0) * t * (t - 2.0) / 2.0,
        (t + 1.0) * t * (t - 1.0) / 6.0,
    )
    left = np.arange(len(values)) + whole
    result = np.zeros(len(values))
    for offset, weight in enumerate(weights, start=-1):
        result += weight * values[(left + offset).clip(0, len(values) - 1)]
    return result
