"""The host's side of a conversation, sans-IO: ids, reply matching, no stale frame, deadlines.

A reply counts only when its id and opcode belong to a request that still waits, and a frame only
when it was exposed under the current settings and is newer than the last one. Time is a value
that the caller brings.

Next: `deadlines.py`, how long an answer may take; `calibration.py`, what pixels mean.
"""

import os
from dataclasses import dataclass
from typing import Any, Generic

from firmware_bridge.deadlines import (
    FRAME_MARGIN_S,
    READOUT_TIME_S,
    Deadline,
    answer_time_s,
    frame_budget_s,
)
from firmware_bridge.errors import InstrumentError, ProtocolError, RamixError
from firmware_bridge.framing import Framing, Packet, encode_for, make_decoder
from firmware_bridge.messages import (
    MAX_DETAIL_SIZE,
    FrameReply,
    InstrumentState,
    ReplyT,
    Request,
    SettingsApplied,
    Status,
)
from firmware_bridge.tally import Tally

# fmt: off
__all__ = [
    "FRAME_MARGIN_S", "READOUT_TIME_S", "Deadline", "Reply", "Session", "StaleFrame",
    "answer_time_s", "frame_budget_s",
]
# fmt: on

_REMEDIES = {
    Status.BAD_REQUEST: "Check that host and firmware versions match.",
    Status.BUSY: "Wait for the pending frame or abort it.",
    Status.NOT_ARMED: "Arm the laser and keep renewing its lease.",
    Status.INTERLOCK_OPEN: "Close the sample cover and keep it closed.",
    Status.OUT_OF_RANGE: "Choose a value within what `ramix info` shows.",
    Status.SLOT_STATE: "Look at the slots with `ramix-flash status`, then repeat the update.",
    Status.HASH_MISMATCH: "Upload the model again.",
    Status.COUNTER_TOO_OLD: "Use a newer model: this one has been withdrawn.",
    Status.FLASH_FAILED: "Try again; if it repeats, the analyzer's flash is worn out.",
    Status.LASER_FAULT: "Switch the analyzer off and on; if it repeats, send it to service.",
    Status.UNKNOWN_OPCODE: "Update the analyzer's firmware.",
    Status.ABORTED: "Start the measurement again.",
    Status.UNAUTHORIZED: "Give the analyzer's link key with --key-file.",
}


class StaleFrame(ProtocolError):
    """A frame that does not belong to the current settings, or repeats an older one."""

    code = "stale_frame"
    default_remedy = "Measure again; the analyzer returned an old frame, which was not used."


@dataclass(frozen=True)
class Reply(Generic[ReplyT]):
    """The end of one request: either `message` or `error`."""

    request_id: int
    request: Request[ReplyT]
    message: ReplyT | None = None
    error: RamixError | None = None

    def result(self) -> ReplyT:
        """The message; raises the error (`InstrumentError`, `ProtocolError`, `StaleFrame`)."""
        if self.error is not None:
            raise self.error
        if self.message is None:
            raise ProtocolError(f"{self.request.opcode.name} was answered with nothing.")
        return self.message


class Session:
    """One open link. Requests get ids; `receive` returns the replies that belong to them.

    `discarded` counts replies that no request waits for (late, duplicated, foreign),
    `stale_frames` those answered in time with a frame that must not be used; `tally` has every
    kind of what came and was of no use.
    The first id is random, so that a reply meant for an earlier session matches nothing here.
    """

    def __init__(self, framing: Framing, *, first_request_id: int | None = None) -> None:
        self.framing = framing
        self.decoder = make_decoder(framing)
        self.settings_epoch: int | None = None
        self.discarded = 0
        self.stale_frames = 0
        self._pending: dict[int, Request[Any]] = {}
        self._next_id = (
            int.from_bytes(os.urandom(4), "little")
            if first_request_id is None
            else first_request_id
        )
        self._first_id = self._next_id
        self._last_frame_seq: int | None = None
        self._epoch_source_id: int | None = None

    @property
    def pending(self) -> tuple[int, ...]:
        """Ids that still wait for a reply, oldest first."""
        return tuple(self._pending)

    @property
    def tally(self) -> Tally:
        """What came and was of no use, by its kind."""
        return self.decoder.tally

    def request(self, message: Request[Any]) -> tuple[int, bytes]:
        """A new request's id and the bytes to send."""
        request_id = self._next_id
        data = encode_for(
            self.framing, Packet(message.opcode, request_id, payload=message.to_bytes())
        )
        self._next_id = (request_id + 1) & 0xFFFF_FFFF
        self._pending[request_id] = message
        return request_id, data

    def receive(self, data: bytes) -> list[Reply[Any]]:
        """Replies completed by these bytes, in the order they came."""
        self.tally.received_bytes += len(data)
        return self._match(self.decoder.feed(data))

    def link_idle(self) -> list[Reply[Any]]:
        """The link is silent inside a packet: give that one up; replies found behind it."""
        return self._match(self.decoder.give_up())

    def expire(self, request_id: int) -> None:
        """Nobody waits for this reply any more; should it still come, it is discarded.

        If it would have told the settings epoch, the epoch is unknown from here on, and frames are
        refused until another reply tells it.
        """
        request = self._pending.pop(request_id, None)
        if request is not None and request.Reply is SettingsApplied:
            self._learn_epoch(request_id, None)

    def expire_all(self) -> None:
        """Expire every pending request (the link was flushed)."""
        for request_id in self.pending:
            self.expire(request_id)

    def _match(self, packets: list[Packet]) -> list[Reply[Any]]:
        replies: list[Reply[Any]] = []
        for packet in packets:
            request = self._pending.get(packet.request_id)
            if not packet.is_reply or request is None or request.opcode != packet.opcode:
                self._discard(packet)
                continue
            del self._pending[packet.request_id]
            replies.append(self._reply(packet, request))
        return replies

    def _discard(self, packet: Packet) -> None:
        """Count a packet that answers nothing that waits."""
        self.discarded += 1
        age = (self._next_id - packet.request_id) & 0xFFFF_FFFF
        if not packet.is_reply:
            self.tally.echoed += 1
        elif 0 < age <= (self._next_id - self._first_id) & 0xFFFF_FFFF and (
            packet.request_id not in self._pending
        ):
            self.tally.late += 1
        else:
            self.tally.strange += 1

    def _reply(self, packet: Packet, request: Request[Any]) -> Reply[Any]:
        try:
            if packet.status != Status.OK:
                raise _refusal(packet, request)
            message = request.parse_reply(packet.payload)
            if isinstance(message, SettingsApplied | InstrumentState):
                self._learn_epoch(packet.request_id, message.settings_epoch)
            elif isinstance(message, FrameReply):
                self._check_fresh(message)
        except (InstrumentError, ProtocolError) as error:
            return Reply(packet.request_id, request, error=error)
        return Reply(packet.request_id, request, message=message)

    def _learn_epoch(self, request_id: int, settings_epoch: int | None) -> None:
        """Set by the reply to the latest request; a delayed older reply must not set it back."""
        source = self._epoch_source_id
        if source is None or _is_newer(request_id, source) or request_id == source:
            self._epoch_source_id = request_id
            self.settings_epoch = settings_epoch

    def _check_fresh(self, frame: FrameReply) -> None:
        if frame.settings_epoch != self.settings_epoch:
            self.stale_frames += 1
            raise StaleFrame(
                f"The frame was exposed under settings {frame.settings_epoch}, "
                f"the current ones are {self.settings_epoch}."
            )
        last = self._last_frame_seq
        if last is not None and not _is_newer(frame.frame_seq, last):
            self.stale_frames += 1
            raise StaleFrame(f"Frame {frame.frame_seq} is not newer than frame {last}.")
        self._last_frame_seq = frame.frame_seq


def _is_newer(value: int, than: int) -> bool:
    """Serial-number order of 32-bit counters that wrap (RFC 1982)."""
    return 0 < (value - than) & 0xFFFF_FFFF < 0x8000_0000


def _refusal(packet: Packet, request: Request[Any]) -> InstrumentError:
    detail = packet.payload[:MAX_DETAIL_SIZE].decode(errors="replace")
    # from outside, for one line of a terminal
    detail = "".join(c if c.isprintable() else " " for c in detail).strip(" .")
    try:
        name, remedy = Status(packet.status).name, _REMEDIES.get(Status(packet.status))
    except ValueError:  # a later firmware's status
        name, remedy = f"status {packet.status}", "Update this program."
    text = f"The analyzer refused {request.opcode.name} ({name}){': ' + detail if detail else ''}."
    return InstrumentError(text, status=packet.status, remedy=remedy)
