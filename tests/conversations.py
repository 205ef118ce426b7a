"""Conversations with a firmware, told step by step, and the JSON that another firmware replays.

A story says by hand what is sent, how much time passes, what somebody does to the analyzer, and
which replies come: their status, and those fields that the story is about. Nothing is taken from
the simulator; it only has to agree (`test_conversations.py`). `stories.py` tells them.
"""

import struct
from dataclasses import dataclass, field
from typing import Any

from firmware_bridge import messages as m
from firmware_bridge.framing import Packet, encode
from firmware_bridge.layout import Message, TailType

Fields = dict[str, Any]

# What a firmware must have for a story; one that lacks it leaves the story out.
NEEDS = {
    "interlock": "has_interlock",
    "lease": "max_lease_ms of 500 or more",
    "trigger": "has_trigger",
    "slots": "two slots, max_chunk of 32 or more",
    "page": "calibration_size of 200 or more",
    "key": "a test build whose link needs the key in `link_key`",
}
# What a test build of the firmware lets its tester do.
ACTIONS = {
    "open_interlock": "the sample cover opens",
    "close_interlock": "the sample cover closes",
    "break_laser": "the laser driver reports a fault",
    "press_trigger": "the trigger is pressed once",
    "restart": "the power goes off and on again; the link is opened again",
    "lose_link": "the host's end of the link closes and is opened again, the power stays on",
}


# Of a firmware with the need `key`.
LINK_KEY = bytes(range(32))


@dataclass(frozen=True)
class Masked:
    """Bytes to compare where `mask` is FF; `open_ended` when more may follow."""

    payload: bytes
    mask: bytes
    open_ended: bool


def masked(cls: type[Message], wanted: Fields) -> Masked:
    """The payload of a reply of which only the `wanted` fields are told."""
    payload = mask = b""
    for name, kind in cls.wire_fields:
        size = struct.calcsize(f"<{kind.format}")
        if name in wanted:
            payload += struct.pack(f"<{kind.format}", kind.encode(wanted[name]))
            mask += b"\xff" * size
        else:
            payload, mask = payload + bytes(size), mask + bytes(size)
    names = {name for name, _ in (*cls.wire_fields, *((cls.wire_tail,) if cls.wire_tail else ()))}
    if set(wanted) - names:
        raise ValueError(f"{cls.__name__} has no {set(wanted) - names}")
    if cls.wire_tail is None:
        return Masked(payload, mask, open_ended=False)
    name, tail = cls.wire_tail
    if name not in wanted:
        return Masked(payload, mask, open_ended=True)
    more, more_mask = _tail(tail, wanted[name])
    return Masked(payload + more, mask + more_mask, open_ended=False)


def _tail(tail: TailType, wanted: Any) -> tuple[bytes, bytes]:
    if not isinstance(wanted, list):
        data = tail.encode(wanted)
        return data, b"\xff" * len(data)
    parts = [masked(m.Event, event) for event in wanted]
    count = len(parts).to_bytes(2, "little")
    payload = b"".join(part.payload for part in parts)
    return count + payload, b"\xff\xff" + b"".join(part.mask for part in parts)


def _offset_of(cls: type[Message], name: str) -> int:
    before = [kind.format for field_name, kind in cls.wire_fields]
    names = [field_name for field_name, _ in cls.wire_fields]
    return struct.calcsize("<" + "".join(before[: names.index(name)]))


@dataclass
class Story:
    """One conversation with an analyzer that has just been switched on for the first time."""

    name: str
    needs: tuple[str, ...] = ()
    steps: list[dict[str, Any]] = field(default_factory=list)
    _requests: dict[int, m.Request[Any]] = field(default_factory=dict)
    _packets: int = 0

    def send(self, request: m.Request[Any]) -> int:
        """Send and do not wait; the request's id."""
        self._packets += 1
        self._requests[self._packets] = request
        told = ", ".join(f"{key}={value!r}" for key, value in vars(request).items())
        self._send(
            encode(Packet(request.opcode, self._packets, payload=request.to_bytes())),
            f"{request.opcode.name} {told}".strip(),
        )
        return self._packets

    def send_raw(self, data: bytes, note: str, request: m.Request[Any] | None = None) -> int:
        """Send any bytes; `request` is what they ask under the next number, which is returned."""
        if request is not None:
            self._packets += 1
            self._requests[self._packets] = request
        self._send(data, note)
        return self._packets

    def prove(self, host_nonce: bytes, key: bytes = LINK_KEY) -> int:
        """AUTHENTICATE, for the challenge that was answered last, begun with `host_nonce`."""
        self._packets += 1
        self._requests[self._packets] = m.Authenticate(bytes(32))
        self.steps.append(
            {
                "step": "prove",
                "request_id": self._packets,
                "host_nonce": host_nonce.hex(),
                "key": key.hex(),
            }
        )
        return self._packets

    def advance(self, ms: int) -> None:
        self.steps.append({"step": "advance", "ms": ms})

    def act(self, what: str) -> None:
        """What somebody does to the analyzer; ACTIONS says what there is."""
        self.steps.append({"step": "act", "what": what})

    def nothing(self) -> None:
        """No reply has come since the last look."""
        self.steps.append({"step": "expect", "replies": []})

    def expect(self, *replies: dict[str, Any]) -> None:
        """Exactly these replies have come since the last look, in this order."""
        self.steps.append({"step": "expect", "replies": list(replies)})

    def reply(self, number: int, status: m.Status = m.Status.OK, **wanted: Any) -> dict[str, Any]:
        """The answer to request `number`; `settings_epoch` is relative to the first one told."""
        request = self._requests[number]
        told: dict[str, Any] = {
            "opcode": int(request.opcode),
            "request_id": number,
            "status": int(status),
            "status_name": status.name,
        }
        if status is not m.Status.OK:
            return told  # the text is for people
        if "settings_epoch" in wanted:
            told["settings_epoch"] = {
                "offset": _offset_of(request.Reply, "settings_epoch"),
                "above_first": wanted.pop("settings_epoch"),
            }
        part = masked(request.Reply, wanted)
        told |= {"payload": part.payload.hex(), "mask": part.mask.hex()}
        return told | {"size": None if part.open_ended else len(part.payload)}

    def ask(self, request: m.Request[Any], status: m.Status = m.Status.OK, **wanted: Any) -> None:
        """Send, and this answer comes at once and alone."""
        self.expect(self.reply(self.send(request), status, **wanted))

    def _send(self, data: bytes, note: str) -> None:
        self.steps.append({"step": "send", "bytes": data.hex(), "note": note})

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "needs": list(self.needs), "steps": self.steps}
