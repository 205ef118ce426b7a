"""How much of each reference explains the spectrum, and what is left that none explains.

Two steps: a common shift and line width (`search.py`), then amounts with a little freedom
for each component (`aligned.py`), both on derivatives without baseline (`derivative.py`).
Next: `library_fit.py`, the answer; `device/verdict/identification.py`, which decides with it.
"""

from collections import OrderedDict
from typing import Any

import numpy as np
import numpy.typing as npt

from device.fit.aligned import aligned_fit, nothing
from device.fit.derivative import LINE_CM1, SMOOTHING_CM1, fitted_window, smoothed_derivative
from device.fit.first_look import look_first
from device.fit.flexible import AXIS_SIGMA_CM1, SMALLEST_MODEL_ERROR
from device.fit.library_fit import LibraryFit, Start
from device.fit.measured import MeasuredDerivatives
from device.fit.reference_lines import line_parts, look_alikes
from device.fit.reweighted import Repeat
from device.fit.search import ShiftSearch
from device.fit.windowed import WindowedReferences, kept
from device.native import memory
from device.spectra.response import silicon_response, weighed
from device.spectra.spectrum import GridSpectrum

__all__ = ["Library", "LibraryFit"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# Where noise hides how lines differ from the references', nothing is lost by smoothing more, and
# weak components stand out: a line shows best in noise smoothed by the width that it has there.
_NOISE_RULES = 0.5  # from this `noise_part` on


class Library:
    """References prepared for fitting; build once per model.

    Args:
        references: [C, G] on the model grid at 1 cm-1, unit maximum.
    """

    def __init__(self, references: npt.NDArray[np.floating[Any]]) -> None:
        self.references: Floats = np.asarray(references, dtype=np.float64)
        narrowest = smoothed_derivative(self.references, SMOOTHING_CM1**2)
        self.look_alikes = look_alikes(narrowest)
        self._lines = line_parts(np.square(narrowest))
        self.line_parts: Floats = self._lines.mean(axis=0)  # [G], of all compounds' lines together
        self._windows: OrderedDict[bytes, WindowedReferences] = OrderedDict()
        self._corrected: OrderedDict[bytes, WindowedReferences] = OrderedDict()
        self._last: tuple[GridSpectrum, MeasuredDerivatives] | None = None
        self._searched: ShiftSearch | None = None

    def as_taken(self, spectrum: GridSpectrum) -> GridSpectrum:
        """The spectrum as it is, or weighed as a silicon detector sees it: whichever the references
        follow better, with as little left of it beside them, or beside these with the detector's
        response taken out. Places and widths of lines are the same for both.
        """
        seen = self._seen(spectrum)
        if seen is None:
            return spectrum
        measured, response = seen[1], silicon_response(spectrum.grid)
        as_it_is = self._search(*seen)
        corrected = kept(
            self._corrected,
            measured.window.tobytes(),
            lambda: WindowedReferences(self.references / response, self._lines, measured.window),
            memory.KEPT_WINDOWS,
        )
        tried = (as_it_is, ShiftSearch(corrected, measured))
        left = [max(1.0 - one.explained_there(as_it_is), SMALLEST_MODEL_ERROR**2) for one in tried]
        return spectrum if left[0] <= left[1] else weighed(spectrum)

    def fit(self, spectrum: GridSpectrum) -> LibraryFit:
        """Fit all references to `spectrum`; never fails on a finite spectrum."""
        seen = self._seen(spectrum)
        if seen is None:
            return nothing(self.references)
        shift, width = self._search(*seen).found()
        first = Start(shift, 0.0, width, SMOOTHING_CM1)
        # lines move too far for one fit where the axis is farther off than it is known
        repeat = Repeat(AXIS_SIGMA_CM1, _NOISE_RULES)
        fit = aligned_fit(*seen, first, repeat=repeat)
        if fit is not None and repeat.misaligned(*fit.found.axis_error_cm1):
            repeat = Repeat(np.inf, _NOISE_RULES)
            fit = aligned_fit(*seen, fit.end(), repeat=repeat)
        if fit is not None and fit.found.noise_part > _NOISE_RULES:
            fit = aligned_fit(*seen, fit.end(float(np.hypot(SMOOTHING_CM1, LINE_CM1 / 2))))
        return nothing(self.references) if fit is None else fit.answer()

    def far_shift(self, spectrum: GridSpectrum) -> tuple[float, float]:
        """Best shift beyond the one that `fit` looks for, and the part of the energy explained."""
        seen = self._seen(spectrum)
        return (0.0, 0.0) if seen is None else self._search(*seen).far_away()

    def refit(
        self,
        spectrum: GridSpectrum,
        fit: LibraryFit,
        only: Bools | None = None,
        smoothing_cm1: float | None = None,
    ) -> LibraryFit:
        """Fit again with the components `only`, on the axis, at the width and, unless told
        otherwise, with the smoothing already found."""
        seen = self._seen(spectrum)
        if seen is None:
            return nothing(self.references)
        again = aligned_fit(*seen, fit.start(smoothing_cm1), only)
        return nothing(self.references) if again is None else again.answer()

    def _search(self, references: WindowedReferences, measured: MeasuredDerivatives) -> ShiftSearch:
        """The last one where it was of this spectrum: it computes nothing twice."""
        last = self._searched
        if last is None or last.measured is not measured:
            last = self._searched = ShiftSearch(references, measured)
        return last

    def _seen(
        self, spectrum: GridSpectrum
    ) -> tuple[WindowedReferences, MeasuredDerivatives] | None:
        """References and spectrum over what was measured; None where there is nothing to fit."""
        last = self._last  # read once: another thread may identify something else meanwhile
        if last is None or last[0] is not spectrum:
            window = fitted_window(spectrum.valid)
            if not window.any() or not spectrum.intensity.any():
                return None
            last = (spectrum, MeasuredDerivatives(spectrum, window))
        measured = last[1]
        references = kept(
            self._windows,
            measured.window.tobytes(),
            lambda: WindowedReferences(self.references, self._lines, measured.window),
            memory.KEPT_WINDOWS,
        )
        if last is not self._last:
            look_first(references, measured)
            self._last = last
        return references, measured
