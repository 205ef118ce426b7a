"""What an analyzer tells of itself on opening: who it is, what it has, and its camera's figures.

Next: `analyzer.py`, which asks it.
"""

from dataclasses import dataclass
from typing import Protocol

from device.driver.averaging import CameraNoise
from device.driver.claims import check_capabilities
from firmware_bridge.errors import CallerError, ProtocolError
from firmware_bridge.messages import (
    PROTOCOL_VERSION,
    Camera,
    CameraFigures,
    Capabilities,
    DeviceInfo,
    GetCamera,
    GetCapabilities,
    Hello,
    ReplyT,
    Request,
)

_NOISE_FIGURES = CameraFigures.GAIN | CameraFigures.READ_NOISE | CameraFigures.OFFSET


class Ask(Protocol):
    """Sends one request and returns its reply."""

    def __call__(self, request: Request[ReplyT], /) -> ReplyT: ...


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
        # it is told for the cooler's setpoint: without one it is anybody's guess
        known = bool(told.known & CameraFigures.DARK_CURRENT) and self.capabilities.has_tec
        dark = told.dark_current_e_per_s if known else None
        return CameraNoise(told.gain_e_per_count, told.read_noise_e, told.offset_counts, dark)


class Introduced:
    """What `Analyzer` knows from its opening. All raise `CallerError` before it."""

    _introduction: Introduction | None

    @property
    def info(self) -> DeviceInfo:
        """Who it is."""
        return self._told_on_opening.info

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._told_on_opening.capabilities

    @property
    def camera_figures(self) -> Camera:
        """What the firmware knows of its camera."""
        return self._told_on_opening.figures

    @property
    def camera(self) -> CameraNoise | None:
        """The camera's noise from its own figures; None where the firmware lacks one of them."""
        return self._told_on_opening.camera

    @property
    def saturated_counts(self) -> int | None:
        """The count from which a pixel says "or more"; None where the firmware does not know."""
        return self.camera_figures.saturated_counts

    @property
    def _told_on_opening(self) -> Introduction:
        if self._introduction is None:
            raise CallerError("The analyzer is not open: use it in a `with` statement.")
        return self._introduction


def introduce(name: str, call: Ask) -> Introduction:
    """Ask who it is and what it has; `name` is the port's, `call` asks and returns the reply.

    Raises:
        ProtocolError: it speaks another version, or claims what the protocol forbids.
        as `call` otherwise.
    """
    info = call(Hello())
    _check_version(name, info.protocol_version)
    capabilities = call(GetCapabilities())
    check_capabilities(name, capabilities)
    return Introduction(info, capabilities, call(GetCamera()))


def _check_version(name: str, spoken: int) -> None:
    """Raises `ProtocolError` unless `spoken` is the version that this program speaks."""
    if spoken == PROTOCOL_VERSION:
        return
    older = "the analyzer's firmware" if spoken < PROTOCOL_VERSION else "this program"
    raise ProtocolError(
        f"{name} speaks protocol {spoken}, this program {PROTOCOL_VERSION}.",
        remedy=f"Update {older}.",
    )
