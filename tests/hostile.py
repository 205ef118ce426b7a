"""A firmware that lies: a simulated analyzer whose replies are altered on their way out.

`Liar` stands where a `SimulatedAnalyzer` does. Each lie is a function from the honest reply's
packet to what is sent instead: any number of `Sent`, each a piece of the stream and its delay.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from firmware_bridge.framing import Framing, Packet, encode_for, make_decoder
from firmware_bridge.messages import REQUESTS, Status, refuse
from firmware_bridge.simulator.firmware import SimulatedAnalyzer


@dataclass(frozen=True)
class Sent:
    """Bytes for the host, `delay_s` after the honest reply's time."""

    data: bytes
    delay_s: float = 0.0


Lie = Callable[[Packet], Iterable[Sent]]


class Liar:
    """The analyzer behind a link; `lies` by opcode, None for every other opcode's replies."""

    def __init__(self, honest: SimulatedAnalyzer, lies: dict[int | None, Lie]) -> None:
        self.honest = honest
        self.framing: Framing = honest.framing
        self.lies = lies
        self.asked: list[int] = []
        self._requests = make_decoder(honest.framing)
        self._replies = make_decoder(honest.framing)
        self._queue: deque[tuple[float, bytes]] = deque()

    @property
    def connected(self) -> bool:
        return self.honest.connected

    def receive(self, data: bytes, now_s: float) -> None:
        self.asked += [packet.opcode for packet in self._requests.feed(data)]
        self.honest.receive(data, now_s)
        self._take(now_s)

    def poll(self, now_s: float) -> bytes:
        self._take(now_s)
        due = b""
        while self._queue and self._queue[0][0] <= now_s:
            due += self._queue.popleft()[1]
        return due

    def next_due_s(self) -> float | None:
        times = [self._queue[0][0]] if self._queue else []
        honest_s = self.honest.next_due_s()
        return min([*times, *([] if honest_s is None else [honest_s])], default=None)

    def _take(self, now_s: float) -> None:
        for packet in self._replies.feed(self.honest.poll(now_s)):
            lie = self.lies.get(packet.opcode, self.lies.get(None, truth(self.framing)))
            at_s = now_s
            for sent in lie(packet):
                at_s = max(at_s, now_s + sent.delay_s)
                self._queue.append((at_s, sent.data))


def truth(framing: Framing) -> Lie:
    """The honest reply."""
    return lambda packet: [Sent(encode_for(framing, packet))]


def saying(framing: Framing, **values: Any) -> Lie:
    """The honest reply with other values in it; refusals pass as they are."""

    def lie(packet: Packet) -> list[Sent]:
        if packet.status != Status.OK:
            return [Sent(encode_for(framing, packet))]
        message = REQUESTS[packet.opcode].Reply.from_bytes(packet.payload)
        changed = {key: v(message) if callable(v) else v for key, v in values.items()}
        payload = replace(message, **changed).to_bytes()  # type: ignore[type-var]
        return [Sent(encode_for(framing, replace(packet, payload=payload)))]

    return lie


def silent(_packet: Packet) -> list[Sent]:
    """No answer at all."""
    return []


def refusing(framing: Framing, status: Status, text: str = "") -> Lie:
    """A refusal instead of the reply."""
    return lambda packet: [Sent(encode_for(framing, refuse(packet, status, text)))]


def in_turn(*lies: Lie) -> Lie:
    """One lie after the other; the last one for ever."""
    left = list(lies)
    return lambda packet: (left.pop(0) if len(left) > 1 else left[0])(packet)


def late(framing: Framing, delay_s: float) -> Lie:
    """The honest reply, `delay_s` after its time."""
    return lambda packet: [Sent(encode_for(framing, packet), delay_s)]


def dribbling(framing: Framing, pause_s: float) -> Lie:
    """The honest reply, one byte after the other."""

    def lie(packet: Packet) -> list[Sent]:
        data = encode_for(framing, packet)
        return [Sent(data[i : i + 1], (i + 1) * pause_s) for i in range(len(data))]

    return lie
