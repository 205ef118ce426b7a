"""What can be told of nuisances before shift and width of the axis are known.

Next: `search.py`, which looks for these in data without the nuisances.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from device.fit.derivative import SMOOTHING_CM1, kernel_variances
from device.fit.measured import MeasuredDerivatives
from device.fit.nonnegative import solve_nonnegative, solve_series
from device.fit.windowed import SearchColumns, WindowedReferences

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_VARIANCE, _DATA_VARIANCE = kernel_variances(SMOOTHING_CM1, 0.0)
# A nuisance is the sample itself where the data are alike (the square of their cosine, of the
# signal's energy) and references explain this part of its energy. Of a dark frame with a tenth of a
# solvent's signal they explain 0.94 and more; of a neon lamp, whose strongest line stands where
# cyclohexane's does, 0.54; of daylight 0.02.
_ALIKE = 0.5
_EXPLAINED = 0.8
_SHIFTS_CM1 = np.arange(-6, 7, 3)  # between them no line is missed
_SMALLEST_ENERGY = 1e-30  # of data scaled to 1


def look_first(references: WindowedReferences, measured: MeasuredDerivatives) -> None:
    """Leave out nuisances that are the sample itself, and note how much there is of the others."""
    if not len(measured.nuisance_precision):
        return
    look = FirstLook(references, measured)
    samples = look.are_the_sample()
    if samples.any():
        measured.leave_out(samples)
        look = FirstLook(references, measured)
    measured.first_parts = look.parts()


@dataclass(frozen=True, eq=False)
class FirstLook:
    """Data and nuisances at the points of the search, without baseline, as they are measured: not
    shifted, and smoothed as for lines as wide as the references'."""

    references: WindowedReferences
    measured: MeasuredDerivatives

    def parts(self) -> Floats:
        """[N], fitted together with non-negative amounts of the references."""
        columns, noise = self._columns, max(float(self._noise.mean()), _SMALLEST_ENERGY)
        precision = np.diag(self.measured.nuisance_precision * noise)
        covariance = np.linalg.inv(self._rows @ self._rows.T + precision)
        shared = columns.pure @ self._rows.T
        known = shared @ covariance
        projection = columns.pure @ self._data - known @ (self._rows @ self._data)
        amounts = solve_nonnegative(columns.gram - known @ shared.T, projection)
        result: Floats = covariance @ (self._rows @ (self._data - amounts @ columns.pure))
        return result

    def are_the_sample(self) -> Bools:
        """[N]: is this all that was measured, and do the references explain it?

        A dark frame taken with the laser on has the sample's own lines: no fit could tell how much
        of them is the nuisance's.
        """
        alike = self._rows @ self._data
        signal = max(float(self._data @ self._data) - float(self._noise.sum()), 0.0)
        energies = np.square(self._rows).sum(axis=1)
        result: Bools = (alike > 0) & (np.square(alike) > _ALIKE * signal * energies)
        for k in np.flatnonzero(result):
            result[k] = self._explained(k) > _EXPLAINED
        return result

    def _explained(self, k: np.intp) -> float:
        """0-1: part of a nuisance's energy that references explain at the best shift."""
        columns, searched = self._columns, self.references.searched
        row = self.measured.nuisances(_DATA_VARIANCE)[k]
        moved = row[(searched + _SHIFTS_CM1[:, None]).clip(0, len(row) - 1)]
        moved -= (moved @ columns.slow.T) @ columns.slow
        energies = np.maximum(np.square(moved).sum(axis=1), _SMALLEST_ENERGY)
        start = np.zeros(len(columns.pure))
        return float((solve_series(columns.gram, moved @ columns.pure.T, start) / energies).max())

    @cached_property
    def _data(self) -> Floats:
        return self._seen(self.measured.derivative(_DATA_VARIANCE))

    @cached_property
    def _rows(self) -> Floats:
        return self._seen(self.measured.nuisances(_DATA_VARIANCE))

    @cached_property
    def _noise(self) -> Floats:
        noise: Floats = self.measured.noise(_DATA_VARIANCE)[self.references.searched]
        return noise

    @cached_property
    def _columns(self) -> SearchColumns:
        return self.references.search_columns(_VARIANCE)

    def _seen(self, values: Floats) -> Floats:
        slow, seen = self._columns.slow, values[..., self.references.searched]
        result: Floats = seen - (seen @ slow.T) @ slow
        return result
