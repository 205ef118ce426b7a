"""By how much the neighbours of a lamp's line move its centre, where they run into each other.

Next: `lamp_axis.py`, which leaves such lines out.
"""

import numpy as np
import numpy.typing as npt

from device.calibration.line_fit import FWHM_PER_SIGMA

Floats = npt.NDArray[np.float64]


def pulls_cm1(line_nm: Floats, strength: Floats, fwhm_cm1: float) -> Floats:
    """[l]: by how much its neighbours move the centre of each line of this width.

    To first order in the neighbour's height: the slope of a Gaussian at the line, seen through a
    fit of the same width.
    """
    at = 1e7 / line_nm
    sigma = fwhm_cm1 / FWHM_PER_SIGMA
    apart = at[None, :] - at[:, None]
    part = strength[None, :] / strength[:, None]
    pull = part * apart * np.exp(-0.25 * np.square(apart / sigma))
    result: Floats = np.abs(pull).sum(axis=1)
    return result
