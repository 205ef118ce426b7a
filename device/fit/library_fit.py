"""The answer of the library fit for one spectrum: amounts, how sure, and what is left.

Made by `library.py`. Next: `device/verdict/identification.py`, which decides with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from device.fit.derivative import Reals, ramp_of
from device.fit.residual import Residual
from device.fit.windowed import Floats, Singles


@dataclass(frozen=True)
class Start:
    """Where a fit starts: it finds what is left of shift and stretch."""

    shift_cm1: float
    stretch_cm1: float
    width_cm2: float
    smoothing_cm1: float


@dataclass(frozen=True, eq=False)
class LibraryFit:
    """Arrays have one entry per reference, C in all, or one per grid point, G in all."""

    coefficients: Floats  # of references scaled to unit maximum, in the spectrum's unit
    coefficient_sd: Floats
    precision: Floats  # [C, C], inverse covariance of the coefficients, absent ones included
    pull: Floats  # half the fall of chi squared for each unit more; negative: it would rise
    evidence: Floats  # rise of chi squared when the component is left out
    visible: Floats  # 0-1: part of the component's lines within what was measured
    support: Floats  # 0-1: part of the component's own lines that the spectrum really has
    own_shift_cm1: Floats
    own_width_cm2: Floats
    shift_cm1: float  # measured axis minus reference axis
    stretch_cm1: float  # beyond the shift at the last grid point; its negative at the first
    width_cm2: float  # extra variance of the measured lines; negative: narrower
    smoothing_cm1: float  # sigma of the kernel that data and references were smoothed with
    noise_part: float  # 0-1 of what may be wrong where the lines are; the rest is misfit
    spike_part: float  # of the derivative's energy that was spikes, taken out before
    model_error: float  # misfit beyond noise, of the signal; see residual.py
    grid_points: int  # G
    left: "Left | None" = None  # None: there was nothing to fit
    # [N], of the spectrum's nuisances: the part found of each, and 0-1 its amplitude (root of
    # energy) of its own and all references' together
    nuisance_parts: Floats = field(default_factory=lambda: np.zeros(0))
    nuisance_amplitudes: Floats = field(default_factory=lambda: np.zeros(0))

    def start(self, smoothing_cm1: float | None = None) -> Start:
        """For another fit: the axis and the width found, and this smoothing or another."""
        smoothing = self.smoothing_cm1 if smoothing_cm1 is None else smoothing_cm1
        return Start(self.shift_cm1, self.stretch_cm1, self.width_cm2, smoothing)

    @property
    def shares(self) -> Floats:
        """[C], 0-1 of all amounts; zeros where nothing was found."""
        return self.coefficients / max(float(self.coefficients.sum()), 1e-300)

    @property
    def axis_error_cm1(self) -> Floats:
        """[G], measured axis minus reference axis."""
        return self.shift_cm1 + self.stretch_cm1 * ramp_of(self.grid_points)

    @property
    def bent_cm1(self) -> float:
        """How far the components sit from their references' places: root mean square own shift,
        by amount. Liquids that interact, or a mixture on another instrument, reach 0.3 and more.
        """
        total = float(self.coefficients.sum())
        if total <= 0:
            return 0.0
        return float(np.sqrt(self.coefficients @ np.square(self.own_shift_cm1) / total))

    @cached_property
    def explained(self) -> float:
        """Part of the derivative's energy; may be negative for nonsense."""
        return 0.0 if self.left is None else self.left.residual.explained()

    @cached_property
    def worst_line(self) -> float:
        """0-1: largest misfit at one line, beyond noise, against the strongest line."""
        return 1.0 if self.left is None else self.left.residual.worst_line()

    @cached_property
    def unexplained(self) -> float:
        """0-1: foreign amplitude against all amplitude."""
        return 1.0 if self.left is None else self.left.residual.unexplained()

    @cached_property
    def lone_line(self) -> float:
        """0-1: foreign line away from all others, against the strongest of all."""
        return 0.0 if self.left is None else self.left.residual.lone_line()

    @cached_property
    def response(self) -> Floats:
        """[G], of this instrument against that of the references; 1 where not fitted."""
        return self._on_grid(lambda left: left.response, 1.0)

    @cached_property
    def weight(self) -> Floats:
        """[G], of each point's squared residual in chi squared; zero where not fitted."""
        return self._on_grid(lambda left: left.weight) / self._scale**2

    @cached_property
    def residual(self) -> Floats:
        """[G], smoothed derivative domain; zero where not fitted."""
        return self._on_grid(lambda left: left.residual.values) * self._scale

    @cached_property
    def foreign(self) -> Floats:
        """[G], the part of the residual that counts as foreign."""
        return self._on_grid(lambda left: left.residual.foreign) * self._scale

    @property
    def _scale(self) -> float:
        return 1.0 if self.left is None else self.left.scale

    def _on_grid(self, values: Callable[["Left"], Reals], beside: float = 0.0) -> Floats:
        """[G]: such values of what is left, and `beside` where nothing was fitted."""
        result = np.full(self.grid_points, beside)
        if self.left is not None:
            result[self.left.points] = values(self.left)
        return result


@dataclass(frozen=True, eq=False)
class Left:
    """What a fit left over the points of its range, of data divided by `scale`."""

    points: npt.NDArray[np.intp]  # on the grid
    residual: Residual
    response: Singles
    weight: Singles
    scale: float
