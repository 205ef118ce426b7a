"""Response factors from the heights of the pures, where these may be compared.

Next: `response.py`, the same from mixtures, which share cell, focus and laser.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from train.library.file import CompoundEntry
from train.recipe import RecipeError

Floats = npt.NDArray[np.float64]

# Relative standard uncertainty of a response factor read off two separate exposures; the four
# solvents of the published equal mixtures differ by this much from their pures' heights.
RESPONSE_UNCERTAINTY = 0.3


def response_factors(
    entries: Sequence[CompoundEntry], heights: Floats, comparable: bool
) -> tuple[float | None, ...]:
    """Signal per volume, relative to the strongest; None: not known.

    As given in the library file, for all compounds or for none; else from the height of each pure
    per exposure and power, comparable only where every pure is measured with a known exposure,
    and power known for all or for none (then it was the same).

    Args:
        entries: with the light that is known of them, see `headers.py`.
        heights: [C] of the pures; of averaged counts, so their number does not count.
        comparable: whether one instrument measured all of them.

    Raises:
        RecipeError: factors are given, or the power is known, for some compounds only.
    """
    given = [entry.response_factor for entry in entries]
    if all(factor is not None for factor in given):
        return tuple(given)
    if any(factor is not None for factor in given):
        raise RecipeError("response_factor must be given for every compound or for none")
    powers = [entry.laser_power_mw for entry in entries]
    if any(entry.lines or entry.exposure_ms is None for entry in entries) or not comparable:
        return (None,) * len(entries)
    if any(power is None for power in powers) and any(power is not None for power in powers):
        raise RecipeError("laser_power_mw must be given for every compound or for none")
    light = np.array(
        [(entry.exposure_ms or 1.0) * (entry.laser_power_mw or 1.0) for entry in entries]
    )
    response = heights / light
    relative = response / response.max()
    return tuple(
        None if entry.response_doubtful else round(float(value), 4)
        for entry, value in zip(entries, relative, strict=True)
    )
