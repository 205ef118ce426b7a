"""What a measurement says against itself, beside its answer: flags of its frames become reasons.

Next: `identifier.py`, which adds them; `../driver/steadiness.py`, where two of them come from.
"""

from collections.abc import Set

from device.spectra.reason import Reason
from device.spectra.spectrum import DRIFTS, ROOM_LIGHT, TEC_UNLOCKED

_REMARKS = (
    Reason(
        "detector_not_stable",
        "The detector had not reached its temperature, or did not hold it.",
        "Wait a minute and measure again; if it stays so, the place is too hot for the cooler: "
        "give it a warmer setpoint (--cooler).",
    ),
    Reason(
        "room_light",
        "Light of the room reaches the detector.",
        "Put the probe onto the sample or cover it, then measure again.",
    ),
    Reason(
        "drift",
        "The light, or the dark level, changed while the measurement went on.",
        "Hold the probe still, let the analyzer warm up, and measure again.",
    ),
)
_FLAGS = (TEC_UNLOCKED, ROOM_LIGHT, DRIFTS)


def remarks_on(flags: Set[str]) -> tuple[Reason, ...]:
    """One reason for each flag that an operator should know; none forbids the answer."""
    return tuple(told for flag, told in zip(_FLAGS, _REMARKS, strict=True) if flag in flags)
