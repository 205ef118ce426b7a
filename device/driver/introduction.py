"""What an analyzer tells of itself on opening: who it is, what it has, and its camera's figures.

Next: `analyzer.py`, which asks it.
"""

from dataclasses import dataclass

from device.driver.averaging import CameraNoise
from firmware_bridge.errors import ProtocolError
from firmware_bridge.messages import (
    PROTOCOL_VERSION,
    Camera,
    CameraFigures,
    Capabilities,
    DeviceInfo,
)

_NOISE_FIGURES = CameraFigures.GAIN | CameraFigures.READ_NOISE | CameraFigures.OFFSET


@dataclass(frozen=True)
class Introduction:
    """The answers to HELLO, GET_CAPABILITIES and GET_CAMERA; constant while the link is open."""

    info: DeviceInfo
    capabilities: Capabilities
    figures: Camera

    @property
    def camera(self) -> CameraNoise | None:
        """The camera's noise from its own figures; None where the firmware lacks one of them."""
        told = self.figures
        if told.known & _NOISE_FIGURES != _NOISE_FIGURES:
            return None
        return CameraNoise(told.gain_e_per_count, told.read_noise_e, told.offset_counts)


def check_version(name: str, spoken: int) -> None:
    """Raises `ProtocolError` unless `spoken` is the version that this program speaks."""
    if spoken == PROTOCOL_VERSION:
        return
    older = "the analyzer's firmware" if spoken < PROTOCOL_VERSION else "this program"
    raise ProtocolError(
        f"{name} speaks protocol {spoken}, this program {PROTOCOL_VERSION}.",
        remedy=f"Update {older}.",
    )
