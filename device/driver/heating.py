"""Signs that the laser heats the sample: light that rises, lines that move or widen.

The level of the light is the median of lit less dark over the pixels of interest. It may exceed
what is expected by an uncertainty of the laser's power, by noise, measured from the same frames,
and by what dark frames change. A sample that is moved into the focus looks the same. Lines that
soften move to lower shifts, and hot ones are wider (`line_positions.py`).

Next: `first_light.py`, which asks after each step of the power; `growing.py`, after each pair.
"""

import numpy as np
import numpy.typing as npt

from device.driver.line_positions import LinePositions
from device.driver.spectrometer import Frame
from device.spectra.noise import MAD_TO_SIGMA, median
from firmware_bridge.errors import RamixError

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

# The first pulse has this part of the power.
LOW_PART = 0.1
# At a part of its power a laser may give half of what was set; the light then doubles beyond it.
_STEP_ERROR = 2.0
# A laser that warms up, and the hand that holds the probe, change the light by less than this.
DRIFT = 0.10
# Chance alone exceeds this once in 10^9 comparisons.
_SIGMAS = 6.0
# A line that moved or widened by so many standard errors did not do so by chance: once in 10^6.
_LINE_SIGMAS = 5.0
# Lines of solids and liquids fall by about 0.02 cm-1 with each kelvin and widen by half of it
# (silicon: Balkanski, Wallis & Haro, Phys. Rev. B 1983, 28, 1928): 50 and 100 K. Less is no danger,
# and no more than lasers wander.
_LINE_CM1 = 1.0
# Standard error of a median over that of a mean, of normal noise.
_OF_MEDIAN = float(np.sqrt(np.pi / 2.0))


class SampleHeats(RamixError):
    """The light rose under the laser; it is off, and there is no verdict."""

    code = "sample_heats"
    default_remedy = (
        "Lower the power (--laser-power), move the focus off the surface and hold still; a dark or "
        "energetic sample may ignite."
    )


class HeatingWatch:
    """Looks at the frames of one measurement as they come.

    pixels: bool[n], of interest. axis_cm1: [n]; None: lines are not looked at.
    resolution_cm1: full width at half maximum of a narrow line.
    """

    def __init__(
        self, pixels: Bools, axis_cm1: Floats | None = None, resolution_cm1: float = 12.0
    ) -> None:
        self._pixels = pixels
        self._axis_cm1 = None if axis_cm1 is None else axis_cm1[pixels]
        self._resolution_cm1 = resolution_cm1
        self._first: Floats | None = None  # lit less dark of the first pair
        self._second: Floats | None = None  # of the one after it
        self._lines: LinePositions | None = None  # of the first pair
        self._dark_levels: list[float] = []
        self._high = 0  # pairs beyond what is allowed, one after the other
        self._moved = 0  # the same of pairs whose lines moved

    def power_raised(self, low: Frame, full: Frame, dark: list[Frame], ratio: float) -> None:
        """The first frame at full power against one at 1/`ratio` of it, all exposed alike.

        Raises:
            SampleHeats: it is brighter than power and noise explain.
        """
        darkness = np.asarray(np.mean([self._counts(one) for one in dark], axis=0))
        weak, strong = self._counts(low) - darkness, self._counts(full) - darkness
        expected = ratio * max(median(weak), 0.0)
        noise = _SIGMAS * (ratio * _error(np.diff(weak)) + _error(np.diff(strong)))
        changed = ratio * float(np.ptp([median(self._counts(one)) for one in dark]))
        if median(strong) > _STEP_ERROR * expected + noise + changed:
            raise SampleHeats(
                f"The sample heats: {ratio:.3g} times the laser power gave more than "
                f"{_STEP_ERROR * ratio:.3g} times the light."
            )

    def pair(self, lit: Frame, dark: Frame) -> None:
        """The next pair, all of one power and exposure.

        Raises:
            SampleHeats: this pair and the one before are brighter than the first one, or their
                lines lie lower or are wider than those of the second.
        """
        light = self._counts(lit) - self._counts(dark)
        self._dark_levels.append(median(self._counts(dark)))
        if self._first is None:
            self._first = light
            return
        rise, level = light - self._first, max(median(self._first), 0.0)
        # the lit and the dark frame may each differ by as much as dark frames do
        changed = 2.0 * float(np.ptp(self._dark_levels))
        beyond = median(rise) > DRIFT * level + _SIGMAS * _error(rise) + changed
        self._high = self._high + 1 if beyond else 0
        if self._high == 2:  # one alone may be a lamp, switched on between its two frames
            raise SampleHeats(
                f"The sample heats: its light rose by {median(rise):.0f} counts above {level:.0f} "
                f"in {len(self._dark_levels)} frames of the same power."
            )
        self._look_at_lines(light)

    def _look_at_lines(self, light: Floats) -> None:
        if self._axis_cm1 is None or self._first is None:
            return
        if self._second is None:
            self._second = light
            return
        if self._lines is None:  # not before it is asked: most measurements end with two pairs
            self._lines = LinePositions(self._axis_cm1, self._first, self._resolution_cm1)
        moved = self._lines.compared(self._second, light)
        wider_cm2 = (self._resolution_cm1 + _LINE_CM1) ** 2 - self._resolution_cm1**2
        lower = moved.shift_cm1 < -max(_LINE_CM1, _LINE_SIGMAS * moved.shift_error_cm1)
        wider = moved.width2_cm2 > max(wider_cm2, _LINE_SIGMAS * moved.width2_error_cm2)
        self._moved = self._moved + 1 if lower or wider else 0
        if self._moved == 2:
            how = f"moved by {moved.shift_cm1:+.1f} cm-1" if lower else "became wider"
            raise SampleHeats(
                f"The sample heats: its lines {how} in {len(self._dark_levels)} frames of the "
                "same power."
            )

    def _counts(self, frame: Frame) -> Floats:
        return frame.counts[self._pixels].astype(np.float64)


def _error(values: Floats) -> float:
    """Standard error of the median of `values` [n], by their scatter."""
    scatter = MAD_TO_SIGMA * median(np.abs(values - median(values)))
    return _OF_MEDIAN * scatter / float(np.sqrt(len(values)))
