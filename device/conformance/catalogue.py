"""All checks, in the order in which they run: asking first, then settings, light and flash.

Next: `runner.py`, which runs them.
"""

from typing import Final

from device.conformance import (
    calibration,
    condition,
    conversation,
    frames,
    hindrances,
    identity,
    leases,
    light,
    link_key,
    restart,
    settings,
    silence,
    slots,
    slow_flash,
    soak,
    streams,
)
from device.conformance.check import Check

CHECKS: Final[tuple[Check, ...]] = (
    *identity.CHECKS,
    *streams.CHECKS,
    *silence.CHECKS,
    *conversation.CHECKS,
    *link_key.CHECKS,
    *settings.CHECKS,
    *frames.CHECKS,
    *condition.CHECKS,
    *leases.CHECKS,
    *light.CHECKS,
    *hindrances.CHECKS,
    *restart.CHECKS,
    *calibration.CHECKS,
    *slots.CHECKS,
    *slow_flash.CHECKS,
    *soak.CHECKS,
)
