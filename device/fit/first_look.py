"""What can be told of nuisances before shift and width of the axis are known.

Next: `search.py`, which looks for these in data without the nuisances.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from device.fit.derivative import LINE_CM1, SMOOTHING_CM1, noise_correlation
from device.fit.measured import MeasuredDerivatives
from device.fit.nonnegative import solve_series
from device.fit.residual import NOISE_SIGMAS
from device.fit.reweighted import rounding_variance
from device.fit.search import SHIFT_LIMIT_CM1
from device.fit.windowed import SearchColumns, WindowedReferences

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# From this part of an energy on it is explained. A nuisance is the sample itself where the data are
# alike (the square of their cosine, of the signal's energy) and references explain it. Of a dark
# frame with a tenth of a solvent's signal they explain 0.94 and more; of a neon lamp, whose
# strongest line stands where cyclohexane's does, 0.54; of daylight 0.02.
_ALIKE = 0.5
EXPLAINED = 0.9
# A nuisance that may be absent is seen where it explains this part of what references leave beyond
# noise, and more than chance would. Of 408 spectra without a lamp (liquids and solids of
# data/wasatch785, alone and in mixtures with solvents, down to 200 counts) none reaches it.
_SEEN_PART = 0.25
# A dark frame's shape keeps some of its noise, which the data have as well: a part of it that has
# less than this of the noise's energy is found where nothing is left of the light (0.02 to 0.08).
_NOISE_OF_SHAPES = 0.1


def look_first(references: WindowedReferences, measured: MeasuredDerivatives) -> None:
    """Leave out nuisances that are the sample itself, and note how much there is of the others."""
    if not len(measured.nuisance_precision):
        return
    look = FirstLook(references, measured)
    left_out = look.are_the_sample() | ~look.are_seen()
    if left_out.any():
        measured.leave_out(left_out)
        look = FirstLook(references, measured)
    if measured.fitted.any():
        measured.note_parts(look.parts())


@dataclass(frozen=True, eq=False)
class FirstLook:
    """Data and nuisances at the points of the search, without baseline, as they are measured: not
    shifted, and smoothed as for lines as wide as the references'."""

    references: WindowedReferences
    measured: MeasuredDerivatives

    def parts(self) -> Floats:
        """[N], fitted together with non-negative amounts of the references."""
        everything = np.ones(len(self._rows), dtype=np.bool_)
        return self._fitted(everything)[0] if self.measured.sought.any() else self._known[0]

    def are_seen(self) -> Bools:
        """[N]: is there more of it than noise alone makes? Of one that may be absent: does it
        explain enough of what references and the others leave?"""
        sought = self.measured.sought
        known, amounts, left = self._known
        noise, energies = float(self._noise.sum()), np.square(self._rows).sum(axis=1)
        result: Bools = np.square(known) * energies > _NOISE_OF_SHAPES * noise
        misfit = max(left - noise, 0.0)
        chance = NOISE_SIGMAS**2 * noise_correlation(SMOOTHING_CM1) * float(self._noise.mean())
        needed = max(_SEEN_PART * misfit, chance)
        # what it explains by itself is the least that it explains with the amounts found anew
        rest = self._data - amounts @ self._columns.pure - known @ self._rows
        alike = self._rows @ rest
        worth = (alike > 0) & (np.square(alike) > _SEEN_PART * needed * energies)
        for k in np.flatnonzero(sought & worth):
            with_it = ~sought
            with_it[k] = True
            parts, _, still_left = self._fitted(with_it)
            seen = parts[k] > 0 and left - still_left > needed
            result[k] = seen and self._has_more_than_one_line(rest, k)
        return result

    def _has_more_than_one_line(self, rest: Floats, k: np.intp) -> bool:
        """Does a nuisance explain enough of the `rest` away from its strongest line, too? One line
        alone is a substance's."""
        row = self._rows[k]
        strongest = self.references.searched[int(np.argmax(np.abs(row)))]
        away = np.abs(self.references.searched - strongest) > 2 * LINE_CM1
        row, rest, noise = row[away], rest[away], float(self._noise[away].sum())
        alike = max(float(row @ rest), 0.0)
        misfit = max(float(rest @ rest) - noise, 0.0)
        return alike**2 > _SEEN_PART**2 * misfit * float(row @ row)

    def _fitted(self, which: Bools) -> tuple[Floats, Floats, float]:
        """Parts [N] of the nuisances `which`, amounts [C] of the references beside them, and the
        energy left over."""
        columns, rows = self._columns, self._rows[which]
        noise = max(float(self._noise.mean()), rounding_variance())
        precision = np.diag(self.measured.nuisance_precision[which] * noise)
        covariance = np.linalg.inv(rows @ rows.T + precision)
        shared, alike = columns.pure @ rows.T, rows @ self._data
        known = shared @ covariance
        gram, projection = columns.gram - known @ shared.T, self._projection - known @ alike
        amounts = np.zeros(len(projection))
        explained = float(solve_series(gram, projection[None], amounts)[0])
        parts = np.zeros(len(which))
        parts[which] = covariance @ (alike - shared.T @ amounts)
        return parts, amounts, self._energy - float(alike @ covariance @ alike) - explained

    def are_the_sample(self) -> Bools:
        """[N]: is this all that was measured, and do the references explain it?

        A dark frame taken with the laser on has the sample's own lines: no fit could tell how much
        of them is the nuisance's.
        """
        alike = self._rows @ self._data
        signal = max(self._energy - float(self._noise.sum()), 0.0)
        energies = np.square(self._rows).sum(axis=1)
        result: Bools = (alike > 0) & (np.square(alike) > _ALIKE * signal * energies)
        for k in np.flatnonzero(result):
            result[k] = self._explained(k) > EXPLAINED
        return result

    def _explained(self, k: np.intp) -> float:
        """0-1: part of a nuisance's energy that references explain at the best shift."""
        columns, searched = self._columns, self.references.searched
        row = self.measured.nuisances(SMOOTHING_CM1**2)[k]
        # between shifts as far apart as the smoothing reaches no line is missed
        shifts = np.arange(-SHIFT_LIMIT_CM1, SHIFT_LIMIT_CM1 + 1, int(SMOOTHING_CM1))
        moved = row[(searched + shifts[:, None]).clip(0, len(row) - 1)]
        moved -= (moved @ columns.slow.T) @ columns.slow
        energies = np.maximum(np.square(moved).sum(axis=1), rounding_variance())
        start = np.zeros(len(columns.pure))
        return float((solve_series(columns.gram, moved @ columns.pure.T, start) / energies).max())

    @cached_property
    def _known(self) -> tuple[Floats, Floats, float]:
        return self._fitted(~self.measured.sought)

    @cached_property
    def _energy(self) -> float:
        return float(self._data @ self._data)

    @cached_property
    def _projection(self) -> Floats:
        result: Floats = self._columns.pure @ self._data
        return result

    @cached_property
    def _data(self) -> Floats:
        return self._seen(self.measured.derivative(SMOOTHING_CM1**2))

    @cached_property
    def _rows(self) -> Floats:
        return self._seen(self.measured.nuisances(SMOOTHING_CM1**2))

    @cached_property
    def _noise(self) -> Floats:
        noise: Floats = self.measured.noise(SMOOTHING_CM1**2)[self.references.searched]
        return noise

    @cached_property
    def _columns(self) -> SearchColumns:
        return self.references.search_columns(SMOOTHING_CM1**2)

    def _seen(self, values: Floats) -> Floats:
        slow, seen = self._columns.slow, values[..., self.references.searched]
        result: Floats = seen - (seen @ slow.T) @ slow
        return result
