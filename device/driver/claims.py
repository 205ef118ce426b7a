"""What an analyzer claims, checked before anything is built on it.

The firmware is another program, written by others, and may be wrong: its limits, its leases, its
frames and its calibration are held against what PROTOCOL.md binds it to. Each check raises a
`ProtocolError` with one sentence, or returns nothing. No bytes are sent here.

Next: `analyzer.py` and `exposure.py`, which ask; `model_transfer.py` for what slots claim.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from firmware_bridge.calibration import CalibrationError, CalibrationPage
from firmware_bridge.errors import ProtocolError
from firmware_bridge.messages import (
    LONGEST_LEASE_MS,
    MIN_CHUNK_BYTES,
    Capabilities,
    DeviceInfo,
    FrameReply,
    InstrumentState,
    LaserState,
    SlotInfo,
)

# Larger than any model bundle; what a firmware claims beyond it is refused before it is read.
MOST_IMAGE_BYTES: Final = 32 * 1024 * 1024
# Two exposures are the same when they differ by less: timers of a microcontroller are coarse.
_SAME_EXPOSURE: Final = 0.01
_SAME_EXPOSURE_US: Final = 50
# No exposure is longer, so that no frame is waited for longer: an hour.
_LONGEST_EXPOSURE_US: Final = 3_600_000_000
# Fewer pixels cannot show one line and what lies beside it.
_FEWEST_PIXELS: Final = 3
# Beyond these no Raman spectrometer is built; they keep sums and widths within numbers.
_RESOLUTION_CM1: Final = (0.01, 1000.0)


def check_words(name: str, told: DeviceInfo) -> None:
    """Refuse names that would command a terminal, or break the line that they stand on.

    Raises:
        ProtocolError: product, serial number or firmware version is no line of text.
    """
    for what, text in (
        ("product", told.product),
        ("serial number", told.serial),
        ("firmware version", told.firmware_version),
    ):
        if not text.isprintable():
            raise ProtocolError(f"{name} tells a {what} that is no line of text: {text!r}.")


def check_capabilities(name: str, claimed: Capabilities) -> None:
    """Refuse limits that contradict each other or the protocol; `name` is the port's.

    Raises:
        ProtocolError: with the number that is wrong.
    """
    if claimed.max_lease_ms > LONGEST_LEASE_MS:
        raise ProtocolError(
            f"{name} would leave the laser on for {claimed.max_lease_ms} ms after this program "
            f"fell silent; {LONGEST_LEASE_MS} ms is the most that is allowed.",
            remedy="Do not use this analyzer: its firmware must be corrected.",
        )
    if claimed.max_lease_ms == 0 or claimed.min_lease_ms > claimed.max_lease_ms:
        raise ProtocolError(
            f"{name} grants the laser leases of {claimed.min_lease_ms} to "
            f"{claimed.max_lease_ms} ms, which is no range."
        )
    shortest_us, longest_us = claimed.min_integration_time_us, claimed.max_integration_time_us
    if not 0 < shortest_us <= longest_us <= _LONGEST_EXPOSURE_US:
        raise ProtocolError(
            f"{name} exposes for {shortest_us} to {longest_us} us; 1 us to an hour is what can be."
        )
    if claimed.pixel_count < _FEWEST_PIXELS:
        raise ProtocolError(f"{name} claims a detector of {claimed.pixel_count} pixels.")
    writable = claimed.slot_count or claimed.calibration_size
    if writable and claimed.max_chunk < MIN_CHUNK_BYTES:
        raise ProtocolError(
            f"{name} takes data in chunks of {claimed.max_chunk} bytes; "
            f"{MIN_CHUNK_BYTES} is the least."
        )


def check_state(told: InstrumentState, limits: Capabilities) -> InstrumentState:
    """`told` itself, once its settings lie within what the analyzer said that it can do.

    How long a frame is waited for follows from its integration time.

    Raises:
        ProtocolError: with the number that is wrong.
    """
    shortest_us, longest_us = limits.min_integration_time_us, limits.max_integration_time_us
    if not shortest_us <= told.integration_time_us <= longest_us:
        raise ProtocolError(
            f"The analyzer is set to {told.integration_time_us} us, "
            f"its own limits are {shortest_us} to {longest_us} us."
        )
    if told.laser_power_mw > limits.max_laser_power_mw:
        raise ProtocolError(
            f"The analyzer is set to {told.laser_power_mw} mW, "
            f"its own limit is {limits.max_laser_power_mw} mW.",
            remedy="Do not use this analyzer: its firmware must be corrected.",
        )
    return told


def check_lease(granted_ms: int, asked_ms: int) -> None:
    """Refuse a lease under which the laser would outlive this program, or that is none.

    Raises:
        ProtocolError: the caller has to switch the laser off.
    """
    if granted_ms > asked_ms:
        raise ProtocolError(
            f"The analyzer granted the laser {granted_ms} ms where {asked_ms} ms were asked for.",
            remedy="Do not use this analyzer: its firmware must be corrected.",
        )
    if granted_ms == 0:
        raise ProtocolError("The analyzer granted the laser a lease of 0 ms.")


def check_dark(frame: FrameReply) -> None:
    """Refuse a dark frame that was lit.

    Raises:
        ProtocolError: the laser was on, though nobody asked for light.
    """
    if frame.laser_state is LaserState.ON:
        raise ProtocolError(
            "The laser was on during a dark frame.",
            remedy="Switch the analyzer off: its laser does not obey.",
        )


class Exposed(Protocol):
    """Any instrument's frame."""

    @property
    def exposure_us(self) -> int:
        """The time really exposed."""


def check_exposures(lit: Sequence[Exposed], dark: Sequence[Exposed]) -> None:
    """Refuse frames that were exposed for different times: their difference means nothing.

    Raises:
        ProtocolError: naming both times.
    """
    first_us = lit[0].exposure_us
    margin_us = max(_SAME_EXPOSURE_US, _SAME_EXPOSURE * first_us)
    for kind, frames in (("lit", lit), ("dark", dark)):
        for frame in frames:
            if abs(frame.exposure_us - first_us) > margin_us:
                raise ProtocolError(
                    f"A {kind} frame was exposed for {frame.exposure_us / 1000:g} ms, the first "
                    f"lit one for {first_us / 1000:g} ms: they cannot be compared.",
                    remedy="Measure again; if it repeats, update the analyzer's firmware.",
                )


def check_slot(asked: int, told: SlotInfo, limits: Capabilities) -> SlotInfo:
    """`told` itself, once it is about the slot that was asked for and fits what a slot can hold.

    Raises:
        ProtocolError: with the number that is wrong.
    """
    if told.slot != asked:
        raise ProtocolError(f"Asked for slot {asked}, the analyzer told of slot {told.slot}.")
    largest = min(limits.slot_size, MOST_IMAGE_BYTES)
    if told.size > largest:
        raise ProtocolError(
            f"Slot {asked} claims an image of {told.size} bytes; {largest} is the most."
        )
    if told.received > told.size:
        raise ProtocolError(
            f"Slot {asked} claims {told.received} bytes of an image of {told.size}."
        )
    return told


def check_axis(page: CalibrationPage) -> None:
    """Refuse a page whose Raman shifts are infinite or unordered, or that has no living pixel.

    Raises:
        CalibrationError: what is wrong with it.
    """
    if not page.serial.isprintable():
        raise CalibrationError("The calibration page's serial number is no line of text.")
    with np.errstate(over="ignore"):  # an absurd page is refused right here
        axis_cm1 = page.wavenumber_cm1()[page.valid_range]
    if not np.isfinite(axis_cm1).all():
        raise CalibrationError("The calibration page gives pixels an infinite Raman shift.")
    if not (np.diff(axis_cm1) > 0.0).all():
        raise CalibrationError("The calibration page's Raman shift does not rise everywhere.")
    living = int(np.count_nonzero(~page.dead_mask()[page.valid_range]))
    if living < _FEWEST_PIXELS:
        raise CalibrationError(
            f"The calibration page leaves {living} of {page.pixel_count} pixels to measure with."
        )
    narrowest, widest = _RESOLUTION_CM1
    if not narrowest <= page.resolution_cm1 <= widest:
        raise CalibrationError(f"A resolution of {page.resolution_cm1:g} cm-1 is impossible.")
