"""Firmware that forgets its cover, or a restart: `open-cover-outlives-a-restart` finds it."""

from dataclasses import replace

from firmware_bridge.framing import Packet
from firmware_bridge.messages import EventKind, EventList, Opcode, RestartCause
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.instrument import Instrument
from tests.planted import RepliesAltered, with_message


class CoverForgotten(SimulatedAnalyzer):
    """Begins with a closed cover, whatever the switch says."""

    def _boot(self, cause: RestartCause) -> Instrument:
        instrument = super()._boot(cause)
        instrument.laser.interlock_closed = True
        return instrument


class CoverIgnored(SimulatedAnalyzer):
    """Never looks at its switch."""

    def interlock(self, open: bool) -> None:
        pass


class CoverIsNews(SimulatedAnalyzer):
    """Tells of a cover that opens, when it begins with an open one."""

    def _boot(self, cause: RestartCause) -> Instrument:
        instrument = super()._boot(cause)
        if self._cover_is_open:
            self._events.note(EventKind.INTERLOCK_OPENED, 0, uptime_ms=0, utc_ms=0)
        return instrument


class RestartUntold(RepliesAltered):
    """Has no event for a restart."""

    def altered(self, reply: Packet) -> Packet:
        if reply.opcode != Opcode.GET_EVENTS or reply.status:
            return reply
        log = EventList.from_bytes(reply.payload)
        kept = tuple(one for one in log.events if one.kind != EventKind.RESTARTED)
        return with_message(reply, replace(log, events=kept))
