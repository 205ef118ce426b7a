"""What the simulated firmware does: laser, exposure, trigger, cooler, slots, within its settings.

Requests come in as objects and go out as objects; time is an argument. `advance` plays whatever
happens by itself (a lease that lapses, an exposure that ends) at the moment it happens.

Next: `settings.py`, what may be set; `laser.py` for the rules of light.
"""

from typing import Any, Final

from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.framing import Packet
from firmware_bridge.layout import Message
from firmware_bridge.messages import (
    NO_SLOT,
    Ack,
    AcquireFrame,
    ArmLaser,
    DeviceInfo,
    FrameReply,
    GetState,
    InstrumentState,
    LaserOff,
    LeaseGranted,
    RenewLease,
    Request,
    SetIntegrationTime,
    SetLaserPower,
    SetTec,
    Status,
    WriteCalibration,
)
from firmware_bridge.simulator.body import Body
from firmware_bridge.simulator.cooler import Cooler
from firmware_bridge.simulator.detector import Detector
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.exposure import Camera, PendingFrame
from firmware_bridge.simulator.flash import Flash
from firmware_bridge.simulator.laser import DarkCause, Laser
from firmware_bridge.simulator.link_guard import LinkGuard
from firmware_bridge.simulator.mishaps import Mishaps
from firmware_bridge.simulator.refused import Refused
from firmware_bridge.simulator.samples import Samples
from firmware_bridge.simulator.scenes import ReplayScene
from firmware_bridge.simulator.settings import Settings
from firmware_bridge.simulator.upkeep import Upkeep

DEFAULT_INTEGRATION_TIME_MS: Final = 100.0
_U32: Final = 0x1_0000_0000
_U16_MAX: Final = 0xFFFF


class Instrument:
    """One powered-up instrument. A reboot is a new one over the same flash.

    speed: exposure and readout take 1/speed of their nominal time. Leases never scale: the host
        renews them by its own clock.
    """

    def __init__(
        self,
        samples: Samples,
        detector: Detector,
        calibration: CalibrationPage,
        flash: Flash,
        info: DeviceInfo,
        body: Body,
        equipment: Equipment,
        mishaps: Mishaps,
        *,
        speed: float,
        first_epoch: int,
        now_s: float,
        trigger_every_s: float | None,
        link_key: bytes | None = None,
    ) -> None:
        model = detector.model
        self.body = body
        self.laser = Laser(model.full_laser_power_mw, body.note)
        self.trigger_count = 0
        self.guard = LinkGuard(link_key, info.serial)
        self._samples = samples
        self._equipment = equipment
        self._mishaps = mishaps
        self._cooler = Cooler(
            setpoint_c=model.tec_setpoint_c,
            ambient_c=model.ambient_c,
            time_constant_s=model.tec_time_constant_s,
            enabled=equipment.has_tec,
            holds=equipment.cooler_holds,
        )
        self._camera = Camera(
            detector,
            self.laser,
            self._cooler,
            speed=speed,
            has_tec=equipment.has_tec,
            has_thermometer=equipment.has_thermometer,
        )
        pixel_count = calibration.pixel_count
        integration_time_ms = DEFAULT_INTEGRATION_TIME_MS
        if isinstance(scene := samples.scene, ReplayScene):
            pixel_count = scene.raw_counts.size
            integration_time_ms = scene.integration_time_ms
        self._settings = Settings(
            model,
            self.laser,
            self._cooler,
            integration_time_us=round(integration_time_ms * 1e3),
            first_epoch=first_epoch,
        )
        self.upkeep = Upkeep(
            info,
            model,
            equipment,
            body,
            flash,
            calibration.to_bytes(),
            pixel_count=pixel_count,
            needs_key=link_key is not None,
        )
        self._pending: PendingFrame | None = None
        self._trigger_every_s = trigger_every_s
        self._next_press_s = None if trigger_every_s is None else now_s + trigger_every_s

    # ---- time ----

    def next_due_s(self) -> float | None:
        """When `advance` will next have something to do."""
        pending = self._pending
        due_s = self._next_press_s if pending is None else pending.next_due_s
        due = (due_s, self.laser.lease_ends_s, self.upkeep.work_ends_s)
        return min((at_s for at_s in due if at_s is not None), default=None)

    def advance(self, now_s: float) -> list[tuple[Packet, FrameReply, float]]:
        """Play all events up to `now_s`. Frames that became ready: (request, frame, when)."""
        ready = []
        while (due_s := self.next_due_s()) is not None and due_s <= now_s:
            self.laser.advance(due_s)
            self.upkeep.advance(due_s)
            pending = self._pending
            if pending is None:
                self._press_by_itself(now_s)
            elif pending.reply is None:
                if pending.ends_s <= due_s:
                    pending.reply = self._camera.finish(
                        pending,
                        self._samples.scene,
                        exposure_us=self._settings.integration_time_us,
                        settings_epoch=self._settings.epoch,
                    )
                    self._samples.exposed(pending.ends_s, lit=pending.laser_on)
            elif pending.ready_s <= due_s:
                ready.append((pending.packet, pending.reply, pending.ready_s))
                self._pending = None
                if self._trigger_every_s is not None:
                    self._next_press_s = pending.ready_s + self._trigger_every_s
        return ready

    def _press_by_itself(self, now_s: float) -> None:
        """All presses that fall due while nobody measures."""
        if self._next_press_s is None or self._trigger_every_s is None:
            return
        if self._next_press_s <= now_s:
            presses = int((now_s - self._next_press_s) // self._trigger_every_s) + 1
            self._next_press_s += presses * self._trigger_every_s
            self.press(self._next_press_s - self._trigger_every_s, presses)

    def press(self, now_s: float, times: int = 1) -> None:
        """Press the trigger."""
        self.trigger_count = (self.trigger_count + times) % _U32
        self._samples.pressed(now_s)

    # ---- requests ----

    def handle(self, packet: Packet, request: Request[Any], now_s: float) -> Message | None:
        """The reply, or None for a frame, which comes out of `advance` later.

        Raises `Refused`, or `SlotRefused` where the rules of the slots forbid.
        """
        self._mishaps.advance(self.laser, now_s)
        match request:
            case GetState():
                return self._state(now_s)
            case SetIntegrationTime(integration_time_us=wanted_us):
                self._check_idle_for_settings(now_s)
                return self._settings.set_integration_time(wanted_us)
            case SetLaserPower(laser_power_mw=wanted_mw):
                self._check_idle_for_settings(now_s)
                return self._settings.set_laser_power(wanted_mw)
            case SetTec(enabled=enabled, setpoint_c=setpoint_c) if self._equipment.has_tec:
                self._check_idle_for_settings(now_s)
                return self._settings.set_tec(now_s, enabled, setpoint_c)
            case ArmLaser(lease_ms=lease_ms):
                return LeaseGranted(self.laser.arm(now_s, lease_ms))
            case RenewLease(lease_ms=lease_ms):
                return LeaseGranted(self.laser.renew(now_s, lease_ms))
            case LaserOff():
                self.laser.go_dark(now_s, DarkCause.HOST)
                return Ack()
            case AcquireFrame(laser_on=laser_on):
                self._check_idle()
                self._pending = self._camera.start(
                    packet,
                    laser_on=laser_on,
                    now_s=now_s,
                    exposure_us=self._settings.integration_time_us,
                )
                if laser_on:
                    self._mishaps.light_begins(self.laser, now_s)
                return None
            case _:
                if isinstance(request, WriteCalibration):
                    self._check_idle()
                reply = self.upkeep.handle(request, self._samples.scene, now_s)
                self.laser.acknowledge(self.body.events.cleared_number)
                return reply

    def stop(self, now_s: float, cause: DarkCause) -> Packet | None:
        """Laser off and disarmed, exposure given up; the request that now stays unanswered."""
        self.laser.go_dark(now_s, cause)
        pending, self._pending = self._pending, None
        return None if pending is None else pending.packet

    def _state(self, now_s: float) -> InstrumentState:
        active = self.upkeep.slots.table.active
        temperature_c = self._cooler.temperature_c(now_s)
        return InstrumentState(
            laser_state=self.laser.state,
            laser_power_mw=self.laser.power_mw,
            interlock_closed=self.laser.interlock_closed,
            lease_remaining_ms=self.laser.lease_remaining_ms(now_s),
            detector_temperature_c=temperature_c if self._equipment.has_thermometer else 0.0,
            tec_locked=self._cooler.is_locked(now_s),
            settings_epoch=self._settings.epoch,
            integration_time_us=self._settings.integration_time_us,
            trigger_count=self.trigger_count,
            frame_pending=self._pending is not None,
            active_slot=NO_SLOT if active is None else active,
            unread_events=min(self.body.events.unread, _U16_MAX),
        )

    def _check_idle(self) -> None:
        if self._pending is not None:
            raise Refused(Status.BUSY, "a frame is pending")

    def _check_idle_for_settings(self, now_s: float) -> None:
        self._check_idle()
        self._samples.set_up(now_s)
