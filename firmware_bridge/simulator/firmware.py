"""SimulatedAnalyzer: the mock instrument as the host sees it, bytes in and bytes out.

Sans-IO, on explicit time: `receive` takes what the host sent, `poll` returns what is due by now,
`next_due_s` says when to poll again. Nothing happens between two calls that does not happen, with
its own time stamp, inside the next one; a link that stops polling stops the laser only in the
log's view of time, so links in real time poll when something is due.

Next: `answering.py`, from a request to its replies; `serve.py` and `usb_backend.py` for the links.
"""

import random
from collections.abc import Callable

from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import CallerError
from firmware_bridge.framing import MAX_PAUSE_S, Framing, Packet, encode_for, make_decoder
from firmware_bridge.messages import DeviceInfo, RestartCause, answer
from firmware_bridge.simulator.answering import replies_to
from firmware_bridge.simulator.body import Body
from firmware_bridge.simulator.detector import Detector, DetectorModel, default_calibration
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.event_memory import EventMemory
from firmware_bridge.simulator.faults import FaultKind, FaultPlan
from firmware_bridge.simulator.flash import Flash, PowerCut
from firmware_bridge.simulator.hands import Hands
from firmware_bridge.simulator.identity import identity
from firmware_bridge.simulator.instrument import Instrument
from firmware_bridge.simulator.laser import DarkCause, Pulse
from firmware_bridge.simulator.mishaps import Mishap, Mishaps
from firmware_bridge.simulator.output import Output
from firmware_bridge.simulator.samples import Samples
from firmware_bridge.simulator.scenes import Scene
from firmware_bridge.simulator.settings import random_epoch
from firmware_bridge.simulator.slot_store import flash_bytes


class SimulatedAnalyzer(Hands):
    """One analyzer on one link.

    scene: what lies under the laser, or the samples that take turns there; may be replaced at any
        time through `scene`.
    calibration: the page in its memory; `default_calibration()` when None.
    flash: where the model slots live; an erased one when None.
    speed: exposure and readout take 1/speed of their time; leases are never scaled.
    trigger_every_s: presses the trigger after each such time without a measurement.
    equipment: what it is fitted with and tells; all of it when None.
    link_key: what a host must prove before it may command; None: the link needs no key.
    faults, mishaps: what goes wrong on the wire, and with the laser.
    """

    def __init__(
        self,
        scene: Scene | Samples,
        *,
        detector: DetectorModel | None = None,
        calibration: CalibrationPage | None = None,
        flash: Flash | None = None,
        framing: Framing = Framing.RAW,
        seed: int = 0,
        faults: FaultPlan | None = None,
        mishaps: tuple[Mishap, ...] = (),
        info: DeviceInfo | None = None,
        speed: float = 1.0,
        trigger_every_s: float | None = None,
        equipment: Equipment | None = None,
        link_key: bytes | None = None,
    ) -> None:
        if not speed > 0:
            raise CallerError("The speed of a simulated analyzer must be positive.")
        if trigger_every_s is not None and not trigger_every_s > 0:
            raise CallerError("The time between two trigger presses must be positive.")
        model = detector or DetectorModel()
        self.calibration = calibration or default_calibration(model)
        self.flash = flash or Flash(flash_bytes())
        self.framing = framing
        self.info = info or identity(self.calibration.serial)
        self.equipment = equipment or Equipment()
        self.attach_count = 0  # grows whenever the host sees a new analyzer: boot, plug-in
        # A USB bus sets these two. It has no thread that polls between transfers, so there the
        # analyzer itself asks the time before anybody looks at it or touches it.
        self.endpoints_can_halt = False
        self.clock: Callable[[], float] | None = None
        self.stalled = False
        self._connected = True
        self._now_s = 0.0
        self._last_bytes_s = 0.0
        self._speed = speed
        self._trigger_every_s = trigger_every_s
        self._link_key = link_key
        self._detector = Detector(model, self.calibration, seed=seed)
        self._rng = random.Random(seed)
        self._decoder = make_decoder(framing)
        self._output = Output(faults or FaultPlan.none())
        self._mishaps = Mishaps(mishaps)
        self._earlier_pulses: list[Pulse] = []
        self.samples = scene if isinstance(scene, Samples) else Samples([scene])
        if self.samples.take_turns:
            self.samples.on_change = self._detector.begin_sample
            self._detector.begin_sample(self.samples.number)
        self._cover_is_open = False
        self._events = EventMemory()
        self._instrument = self._boot(RestartCause.POWER_ON)

    # ---- the link's side ----

    @property
    def connected(self) -> bool:
        """Whether the plug is in and the power on."""
        return self._connected

    @property
    def needs_key(self) -> bool:
        """Whether a host must prove the link key before it may command."""
        return self._link_key is not None

    def receive(self, data: bytes, now_s: float) -> None:
        """Take bytes from the host; replies come out of `poll`."""
        self._advance(now_s)
        if not self._connected:
            return
        if now_s - self._last_bytes_s > MAX_PAUSE_S:
            self._decoder.reset()  # whatever a cut-off packet swallowed is too old to be obeyed
        self._last_bytes_s = now_s
        attached = self.attach_count
        for packet in self._decoder.feed(data):
            self._serve(packet)
            if not self._connected or self.attach_count != attached:
                return  # what came behind in the same portion was lost with the link

    def poll(self, now_s: float) -> bytes:
        """All output due up to `now_s`."""
        self._advance(now_s)
        return b"" if self.stalled else self._output.due(now_s)

    def next_due_s(self) -> float | None:
        """When the analyzer will next do something by itself; None when it only waits."""
        if not self._connected:
            return None
        due_s, output_s = self._instrument.next_due_s(), self._output.next_due_s
        if output_s is None or self.stalled:
            return due_s
        return output_s if due_s is None else min(due_s, output_s)

    def disconnect(self, now_s: float) -> None:
        """The host closed the link or crashed, and the link told: dark, and nothing left over."""
        self._advance(now_s)
        self._drop_link(DarkCause.LINK)

    def clear_stall(self) -> None:
        """The host cleared the halted endpoint."""
        self.stalled = False

    # ---- cable and power ----

    def unplug(self) -> None:
        """Pull the cable."""
        self._catch_up()
        self._drop_link(DarkCause.LINK)
        self._connected = False

    def plug_in(self) -> None:
        """Put the cable back; the instrument kept its power."""
        self.attach_count += 1
        self._connected = True

    def reboot(self, cause: RestartCause = RestartCause.POWER_ON) -> None:
        """Power off and on: RAM is lost, flash and events stay, an unconfirmed trial ends."""
        self._catch_up()
        self._drop_link(DarkCause.REBOOT)
        self._earlier_pulses += self._instrument.laser.pulses
        self._instrument = self._boot(cause)
        self._connected = True

    # ---- inside ----

    def _boot(self, cause: RestartCause) -> Instrument:
        self.attach_count += 1
        instrument = Instrument(
            self.samples,
            self._detector,
            self.calibration,
            self.flash,
            self.info,
            Body(self.equipment, self._events, now_s=self._now_s, cause=cause),
            self.equipment,
            self._mishaps,
            speed=self._speed,
            first_epoch=random_epoch(self._rng),
            now_s=self._now_s,
            trigger_every_s=self._trigger_every_s if self.equipment.has_trigger else None,
            link_key=self._link_key,
        )
        instrument.laser.interlock_closed = not self._cover_is_open
        return instrument

    def _catch_up(self) -> None:
        if self.clock is not None:
            self._advance(self.clock())

    def _advance(self, now_s: float) -> None:
        self._now_s = max(self._now_s, now_s)
        try:
            for packet, frame, ready_s in self._instrument.advance(self._now_s):
                self._send(answer(packet, frame), ready_s)
        except PowerCut:
            self.unplug()  # as in `_serve`

    def _serve(self, packet: Packet) -> None:
        try:
            for reply in replies_to(packet, self._instrument, self._output, self._now_s):
                self._send(reply)
        except PowerCut:
            self.unplug()  # everything went dark; `reboot` after the flash has power again

    def _send(self, packet: Packet, at_s: float | None = None) -> None:
        """Queue a reply, through the planned faults."""
        data = encode_for(self.framing, packet)
        match self._output.send(packet.opcode, data, self._now_s if at_s is None else at_s):
            case FaultKind.STALL:
                self.stalled = self.endpoints_can_halt
            case FaultKind.UNPLUG:
                self.unplug()
            case FaultKind.REBOOT:
                self.reboot()

    def _drop_link(self, cause: DarkCause) -> None:
        self._instrument.stop(self._now_s, cause)
        self._instrument.guard.forget()
        self._output.clear()
        self._decoder.reset()
        self.stalled = False
