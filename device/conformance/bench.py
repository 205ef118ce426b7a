"""What a check works with: the open link, what the analyzer has, and the usual questions.

Next: `check.py`; then the checks, section by section: `identity.py`, `streams.py` and so on.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from device.conformance.hands import Hands
from device.conformance.outcome import CheckFailed, CheckSkipped, require
from device.conformance.wire import Wire, name_of, status_name, text_problem
from device.driver.transports.base import Transport
from firmware_bridge.errors import LinkError, ProtocolError
from firmware_bridge.framing import Packet
from firmware_bridge.messages import (
    MAX_DETAIL_SIZE,
    Abort,
    AcquireFrame,
    Capabilities,
    Flush,
    FrameReply,
    GetCapabilities,
    GetClock,
    GetState,
    LaserState,
    ReplyT,
    Request,
    SetIntegrationTime,
    SetLaserPower,
    Status,
)
from firmware_bridge.session import READOUT_TIME_S

_REST_S: Final = 1.0
_REOPEN_S: Final = 3.0
_REOPEN_PAUSE_S: Final = 0.1
_ASK_AGAIN_S: Final = 0.1
_SLOW_FLASH_S: Final = 10.0
_LASER_POWER_MW: Final = 1  # the least: what eye and sample are spared


class Bench:
    """One analyzer under test.

    connect: opens the link. connect_again: one more to the same analyzer, None where the port
    cannot. link_key: what both prove, and connect_unproven does not. hands: on cover and power.
    """

    def __init__(
        self,
        connect: Callable[[], Transport],
        patience_s: float,
        *,
        connect_again: Callable[[], Transport] | None = None,
        exchanges: int = 500,
        link_key: bytes | None = None,
        connect_unproven: Callable[[], Transport] | None = None,
        hands: Hands | None = None,
    ) -> None:
        self.wire = Wire(connect(), patience_s)
        self.connect_again = connect_again
        self.exchanges = exchanges
        self.link_key = link_key
        self.connect_unproven = connect_unproven
        self.hands = hands
        self._capabilities: Capabilities | None = None

    @property
    def is_tcp(self) -> bool:
        return self.wire.transport.name.startswith("tcp://")

    @property
    def capabilities(self) -> Capabilities:
        """Raises `CheckSkipped` where the analyzer does not tell them: a check of its own fails."""
        if self._capabilities is None:
            try:
                self._capabilities = self.ok(GetCapabilities())
            except CheckFailed as error:
                raise CheckSkipped("its capabilities cannot be read") from error
        return self._capabilities

    # ---- asking ----

    def packet(self, request: Request[Any]) -> Packet:
        """A request under a new id, not sent yet."""
        return self.wire.packet(request.opcode, request.to_bytes())

    def ok(self, request: Request[ReplyT]) -> ReplyT:
        """The reply to a request that must be done. Raises `CheckFailed`."""
        packet = self.packet(request)
        self.wire.send(packet)
        return self.read(request, self.wire.reply(packet))

    def read(self, request: Request[ReplyT], reply: Packet) -> ReplyT:
        """A reply that must be OK and well formed. Raises `CheckFailed`."""
        name = name_of(request.opcode)
        require(reply.opcode == request.opcode, f"{name} was answered as {name_of(reply.opcode)}")
        if reply.status != Status.OK:
            detail = reply.payload[:MAX_DETAIL_SIZE].decode(errors="replace")
            raise CheckFailed(f"{name} was refused: {status_name(reply.status)} ({detail})")
        try:
            return request.parse_reply(reply.payload)
        except ProtocolError as error:
            raise CheckFailed(f"the reply to {name} is malformed: {error.text}") from error

    def refused(self, request: Request[Any] | Packet, *statuses: Status) -> Packet:
        """The refusal of a request that must not be done, with one of these statuses."""
        packet = request if isinstance(request, Packet) else self.packet(request)
        self.wire.send(packet)
        reply = self.wire.reply(packet)
        if reply.status == Status.WORKING and not isinstance(request, Packet):
            self.wire.pause(_ASK_AGAIN_S)
            reply = self.worked(request)
        return self.check_refusal(packet, reply, *statuses)

    def check_refusal(self, request: Packet, reply: Packet, *statuses: Status) -> Packet:
        wanted = " or ".join(status.name for status in statuses)
        name = name_of(request.opcode)
        require(
            reply.status in statuses,
            f"{name} with payload {request.payload[:24].hex() or 'of 0 bytes'} was answered "
            f"{status_name(reply.status)}, not {wanted}",
        )
        problem = text_problem(reply.payload)
        require(not problem, f"the refusal of {name} {problem}")
        return reply

    def done(self, request: Request[ReplyT]) -> ReplyT:
        """As `ok`, for work on the flash, which may be answered WORKING meanwhile."""
        return self.read(request, self.worked(request))

    def worked(self, request: Request[Any]) -> Packet:
        """The final reply to a request at which the flash may work."""
        give_up_s = self.wire.now_s() + self.wire.patience_s + _SLOW_FLASH_S
        while True:
            packet = self.packet(request)
            self.wire.send(packet)
            reply = self.wire.reply(packet, _SLOW_FLASH_S)
            if reply.status != Status.WORKING:
                return reply
            percent = reply.payload[:MAX_DETAIL_SIZE].decode(errors="replace")
            require(
                percent.isascii() and percent.isdigit() and int(percent) < 100,
                f"WORKING came with {percent!r} instead of the percent that are done",
            )
            require(self.wire.now_s() < give_up_s, f"{name_of(request.opcode)} never ends")
            self.ok(GetState())  # what is not about flash is answered as always
            self.ok(GetClock())
            self.wire.pause(_ASK_AGAIN_S)

    def answered_only(self, data: bytes, wanted: Sequence[Packet]) -> None:
        """These bytes bring OK to these requests, in this order, and nothing else."""
        self.wire.forget()
        self.wire.write(data)
        for packet in wanted:
            reply = self.wire.reply(packet)
            require(
                reply.status == Status.OK,
                f"{name_of(packet.opcode)} was answered {status_name(reply.status)}",
            )
        self.wire.pause(0.05)
        ids = self.wire.ids()
        require(
            ids == [packet.request_id for packet in wanted],
            f"{len(wanted)} replies were due, {len(ids)} came, or in another order",
        )

    # ---- exposing ----

    def clamp_exposure(self, wanted_ms: float) -> int:
        """Microseconds within what the analyzer can."""
        limits = self.capabilities
        wanted_us = max(round(wanted_ms * 1e3), limits.min_integration_time_us)
        return min(wanted_us, limits.max_integration_time_us)

    def set_exposure(self, wanted_ms: float) -> int:
        """Set an exposure within what the analyzer can; microseconds."""
        exposure_us = self.clamp_exposure(wanted_ms)
        self.ok(SetIntegrationTime(exposure_us))
        return exposure_us

    def long_exposure(self, wanted_ms: float) -> int:
        """As `set_exposure`; skips the check where the analyzer cannot expose so long."""
        exposure_us = self.set_exposure(wanted_ms)
        if exposure_us < wanted_ms * 1e3:
            raise CheckSkipped(f"it exposes {exposure_us / 1e3:g} ms at most")
        return exposure_us

    def set_low_power(self) -> None:
        self.ok(SetLaserPower(min(_LASER_POWER_MW, self.capabilities.max_laser_power_mw)))

    def require_light_possible(self) -> None:
        """Raises `CheckSkipped` where a fault or an open cover forbids light."""
        state = self.ok(GetState())
        if state.laser_state is LaserState.FAULT:
            raise CheckSkipped("its laser reports a fault: look at its events")
        if not state.interlock_closed:
            raise CheckSkipped("its sample cover is open")

    def lease_ms(self, wanted_ms: int) -> int:
        """Within what the analyzer grants."""
        limits = self.capabilities
        return min(max(wanted_ms, limits.min_lease_ms), limits.max_lease_ms)

    def frame(self, request: Packet, exposure_us: int) -> FrameReply:
        """The frame that was asked for."""
        reply = self.wire.reply(request, exposure_us * 1e-6 + READOUT_TIME_S)
        return self.read(AcquireFrame(False), reply)

    def dark_frame(self, exposure_us: int) -> FrameReply:
        self.wire.send(packet := self.packet(AcquireFrame(False)))
        return self.frame(packet, exposure_us)

    def rest(self) -> None:
        """Dark and idle, nothing on the way: however the last check ended.

        Raises `LinkError` when the link is gone.
        """
        wire, flush = self.wire, self.packet(Flush())
        wire.forget()
        wire.send(self.packet(Abort()), flush)
        end_s = wire.now_s() + _REST_S
        # One that floods the link is left alone after a while: the next check will say it.
        with suppress(CheckFailed):
            while flush.request_id not in wire.ids() and wire.now_s() < end_s:
                wire.listen(end_s - wire.now_s())
        wire.forget()

    def reopen(self, connect: Callable[[], Transport] | None = None) -> None:
        """Close the link and open it again. Raises `LinkError` where that fails."""
        connect = connect or self.connect_again
        if connect is None:
            raise CheckSkipped("this port cannot be opened twice for the same analyzer")
        wire = self.wire
        wire.transport.close()
        end_s = wire.now_s() + _REOPEN_S
        while True:
            time.sleep(_REOPEN_PAUSE_S)  # a link has to notice that its host has left
            try:
                wire.move_to(connect())
                return
            except LinkError:
                if wire.now_s() >= end_s:
                    raise

    def close(self) -> None:
        self.wire.transport.close()
