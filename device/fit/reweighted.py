"""What the second step of the fit is asked, and what it answers; numpy and C agree on both.

Next: `flexible.py`, which says in numpy what is done.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from device.fit.windowed import Columns

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


def rounding_variance() -> float:
    """Of data in single precision, scaled to about 1."""
    return float(np.finfo(np.float32).eps) ** 2


@dataclass(frozen=True)
class Repeat:
    """When a fit is made again in another way: then nobody asks for its evidence."""

    aligned_cm1: float = np.inf  # a larger error of the axis moves lines too far for one fit
    noise_rules: float = np.inf  # from this `noise_part` on

    def misaligned(self, shift_cm1: float, stretch_cm1: float) -> bool:
        return abs(shift_cm1) + abs(stretch_cm1) > self.aligned_cm1


@dataclass(frozen=True, eq=False)
class Question:
    """One spectrum, aligned with the references of one range; arrays are padded to `stride`."""

    columns: Columns
    rows: npt.NDArray[np.int32]  # [K], the references to fit
    points: int  # from here on arrays are padding
    data: Singles  # [stride], scaled to about 1
    noise: Singles  # [stride], its variance
    known: Singles  # [stride], 1 where this is noise; 0: doubt about what a cosmic ray hid
    ramp: Singles  # [stride], -1 to 1: how much of the axis's stretch shows there
    cosines: Singles  # [terms, stride], what the response of the instrument is made of
    nuisances: Singles  # [N, stride], fitted beside the references, with any sign
    nuisance_precision: Floats  # [N], of what is known of their parts before: 0 each
    smoothing_cm1: float  # sigma of the kernel
    repeat: Repeat

    def without_nuisances(self, parts: Floats) -> Singles:
        """[stride], the data less such parts [N] of the nuisances."""
        return self.data - parts.astype(np.float32) @ self.nuisances if len(parts) else self.data


class Reweighted(Protocol):
    """The end of the reweighting, K references."""

    @property
    def coefficients(self) -> Floats:
        """[K], none negative."""

    @property
    def deviation(self) -> Floats:
        """[K], standard deviations of the coefficients; 0 of absent ones and of the smallest."""

    @property
    def own_shift_cm1(self) -> Floats:
        """[K]"""

    @property
    def own_width_cm2(self) -> Floats:
        """[K]"""

    @property
    def axis_error_cm1(self) -> Floats:
        """[2], shift and stretch that the question's alignment left."""

    @property
    def response_parts(self) -> Floats:
        """[terms], of the cosines."""

    @property
    def nuisance_parts(self) -> Floats:
        """[N], of the nuisances."""

    @property
    def model(self) -> Singles:
        """[points], of the references alone."""

    @property
    def model_error(self) -> float:
        """Misfit beyond noise, of the signal (`residual.py`)."""

    @property
    def noise_part(self) -> float:
        """0-1: how much of what may be wrong where the lines are is noise; the rest is misfit."""

    @property
    def evidence(self) -> Floats:
        """[K], rise of chi squared when one is left out; 0 of the smallest."""

    @property
    def support(self) -> Floats:
        """[K], 0-1 of each one's lines that the data really have."""

    @property
    def pull(self) -> Floats:
        """[K], half the fall of chi squared for each unit more of a component; negative for absent
        ones that would raise it, zero for present ones."""

    @property
    def precision(self) -> Floats:
        """[K, K], inverse covariance of the coefficients: rows and columns of present ones, and
        the diagonal."""

    @property
    def weight(self) -> Singles:
        """[points], of each squared residual in chi squared."""
