"""What could hide: amounts that hold even if one compound lies below its detection limit.

`device/verdict/identification.py` states the share of the signal so. A compound that scatters
weakly hides more volume than signal, so for volumes each one is asked by its own response factor.
Next: `result.py`, where both stand.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what reads a stored result needs no interpreter
    from device.inference.manifest import Compound
    from device.verdict.identification import Identification


def volume_kept(found: "Identification", compounds: "Sequence[Compound]") -> float | None:
    """0-1: what is left of every volume fraction if the worst of the others hides.

    With shares s and response factors r, the named have W = (1 - L) sum(s / r) of volume beside
    L / r of one that hides at its limit L. None where a volume or a limit is not known.
    """
    limits = found.limiting_shares
    factors = {one.name: one.response_factor for one in compounds}
    if limits is None or any(one.volume_fraction is None for one in found.components):
        return None
    volume = 0.0
    for one in found.components:
        factor = factors.get(one.name)
        if factor is None:
            return None
        volume += one.signal_share / factor
    named = {one.name for one in found.components}
    kept = 1.0
    for compound, limit in zip(compounds, limits, strict=True):
        if compound.name in named:
            continue
        if compound.response_factor is None or not math.isfinite(limit):
            return None
        rest = (1.0 - float(limit)) * volume
        kept = min(kept, rest / (rest + float(limit) / compound.response_factor))
    return kept
