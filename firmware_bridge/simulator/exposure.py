"""One exposure of the simulated firmware, from ACQUIRE_FRAME to the frame's counts and flags.

The laser is on from the start of a lit exposure to its end at most; a frame whose light ended
early says so. Readout follows in the dark.

Next: `detector.py`, which makes the counts; `instrument.py`, which runs one exposure at a time.
"""

from dataclasses import dataclass

from firmware_bridge.framing import Packet
from firmware_bridge.messages import FrameFlags, FrameReply, LaserState
from firmware_bridge.simulator.cooler import Cooler
from firmware_bridge.simulator.detector import Detector
from firmware_bridge.simulator.laser import Laser
from firmware_bridge.simulator.scenes import ReplayScene, Scene


@dataclass
class PendingFrame:
    """An exposure under way for the request in `packet`; `reply` is there once it has ended."""

    packet: Packet
    laser_on: bool
    started_s: float
    ends_s: float
    ready_s: float
    reply: FrameReply | None = None

    @property
    def next_due_s(self) -> float:
        return self.ends_s if self.reply is None else self.ready_s


class Camera:
    """Detector, laser and cooler working together on one frame."""

    def __init__(
        self,
        detector: Detector,
        laser: Laser,
        cooler: Cooler,
        *,
        speed: float,
        has_tec: bool = True,
        has_thermometer: bool = True,
    ) -> None:
        self._detector = detector
        self._laser = laser
        self._cooler = cooler
        self._speed = speed
        self._has_tec = has_tec
        self._has_thermometer = has_thermometer
        self._frame_seq = 0

    def start(
        self, packet: Packet, *, laser_on: bool, now_s: float, exposure_us: int
    ) -> PendingFrame:
        """Open the shutter. Raises `Refused` when the laser may not go on."""
        if laser_on:
            self._laser.switch_on(now_s)
        ends_s = now_s + exposure_us / 1e6 / self._speed
        ready_s = ends_s + self._detector.model.readout_ms / 1e3 / self._speed
        return PendingFrame(packet, laser_on, now_s, ends_s, ready_s)

    def finish(
        self, pending: PendingFrame, scene: Scene, *, exposure_us: int, settings_epoch: int
    ) -> FrameReply:
        """The frame, at the end of its exposure. The laser goes dark here."""
        state_at_end = self._laser.state
        self._laser.exposure_done(pending.ends_s)
        dropped = pending.laser_on and state_at_end is not LaserState.ON
        temperature_c = self._cooler.temperature_c(pending.ends_s)
        exposure = self._detector.expose(
            scene,
            exposure_ms=exposure_us / 1e3,
            lit_fraction=self._lit_fraction(pending) if dropped else float(pending.laser_on),
            laser_power_mw=self._laser.power_mw,
            temperature_c=temperature_c,
        )
        flags = FrameFlags.NONE
        if exposure.saturated:
            flags |= FrameFlags.SATURATED
        if self._has_tec and not self._cooler.is_locked(pending.ends_s):
            flags |= FrameFlags.TEC_UNLOCKED
        if dropped:
            flags |= FrameFlags.LASER_DROPPED
        if isinstance(scene, ReplayScene) and scene.is_average:
            flags |= FrameFlags.RECORDED_AVERAGE
        self._frame_seq = (self._frame_seq + 1) % 0x1_0000_0000
        return FrameReply(
            frame_seq=self._frame_seq,
            settings_epoch=settings_epoch,
            exposure_us=exposure_us,
            detector_temperature_c=temperature_c if self._has_thermometer else 0.0,
            laser_state=state_at_end,
            laser_power_mw=self._laser.power_mw,
            flags=flags,
            counts=exposure.counts,
        )

    def _lit_fraction(self, pending: PendingFrame) -> float:
        lit_s = self._laser.lit_s(pending.started_s, pending.ends_s)
        return lit_s / (pending.ends_s - pending.started_s)
