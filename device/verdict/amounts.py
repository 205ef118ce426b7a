"""How much: shares of the signal, and volume fractions where the responses are known.

Next: `identification.py`, which asks for both.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from device.fit.library import LibraryFit
from device.inference.manifest import Compound

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# The relative strengths of a compound's lines differ between its reference and this sample, on
# this instrument: the share p then errs by about spread * p * (1 - p). The spread is
# the model error within limits, from simulated scenes whose lines vary by 0 to 10% (`ramix-train
# figures --only coverage`).
_SPREAD_LIMITS = (0.055, 0.075)
_SMALLEST_SD = 0.002


def signal_shares(fit: LibraryFit, asserted: Bools) -> tuple[Floats, Floats]:
    """Signal shares and their standard deviations; components not asserted count as unexplained."""
    total = float(fit.coefficients.sum())
    if total <= 0:
        zeros = np.zeros(len(fit.coefficients))
        return zeros, zeros
    part = fit.coefficients / total
    relative = fit.coefficient_sd / total
    variance = relative**2 * (1.0 - 2.0 * part) + part**2 * float(np.sum(relative**2))
    least, most = _SPREAD_LIMITS
    spread = min(max(fit.model_error, least), most)
    variance = np.maximum(variance, 0.0) + (spread * part * (1.0 - part)) ** 2
    explained = 1.0 - fit.unexplained
    sd = np.maximum(np.sqrt(variance) * explained, _SMALLEST_SD)
    return np.where(asserted, part * explained, 0.0), np.where(asserted, sd, 0.0)


def volume_fractions(
    shares: Floats, sd: Floats, asserted: Bools, compounds: Sequence[Compound]
) -> tuple[Floats | None, Floats | None]:
    """Volume fractions of the Raman-visible part and their standard deviations; None unless every
    asserted compound has a response factor."""
    named = [compounds[i] for i in np.flatnonzero(asserted)]
    if any(c.response_factor is None for c in named):
        return None, None
    factor = np.array([c.response_factor or 1.0 for c in compounds])
    factor_sd = np.array([c.response_factor_uncertainty or 0.0 for c in compounds])
    volume = shares / factor
    relative_variance = np.zeros(len(volume))
    relative_variance[asserted] = (sd[asserted] / shares[asserted]) ** 2
    relative_variance += (factor_sd / factor) ** 2
    total = float(volume.sum())
    part = volume / total
    variance = part**2 * (
        relative_variance * (1.0 - 2.0 * part) + float(np.sum(part**2 * relative_variance))
    )
    return part, np.sqrt(np.maximum(variance, 0.0))
