"""Requests out, their own replies back, within one budget: a `Session` joined to a `Transport`.

Everything that waits on the wire waits here. A reply is found by the id of its request; whatever
else arrives was meant for nobody and is discarded by the session.

Next: `analyzer.py`, which says what to ask.
"""

import logging
from typing import Any

from device.driver.transports.base import Transport
from firmware_bridge.errors import LinkError, LinkTimeout
from firmware_bridge.framing import MAX_PAUSE_S
from firmware_bridge.messages import Ack, ReplyT, Request
from firmware_bridge.session import Deadline, Reply, Session

# Longest single read. Ctrl-C is noticed between reads: a blocked USB transfer does not let it in.
_SLICE_S = 0.1
# A command whose repetition is harmless is repeated after this much silence.
_INSIST_S = 0.4


class Conversation:
    """One open link to one analyzer. Several requests may be under way at once."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.session = Session(transport.framing)
        self._arrived: dict[int, Reply[Any]] = {}
        self.now_s = transport.monotonic_s  # the link's clock
        self._last_bytes_s = self.now_s()

    def deadline(self, budget_s: float) -> Deadline:
        """`budget_s` from now, on the link's clock."""
        return Deadline.after(self.now_s(), budget_s)

    def call(self, request: Request[ReplyT], deadline: Deadline) -> ReplyT:
        """Ask and wait.

        Raises:
            LinkTimeout: no reply by `deadline`; should it still come, nobody will see it.
            InstrumentError: the analyzer refused.
            ProtocolError: the reply makes no sense.
        """
        request_id = self.start(request, deadline)
        try:
            while (reply := self.take(request_id)) is None:
                self.listen(self.left_s(deadline, request))
            message: ReplyT = reply.result()
            return message
        finally:
            self.drop(request_id)

    def insist(self, request: Request[Ack], budget_s: float, filler: bytes = b"") -> None:
        """Repeat a harmless request until it is acknowledged; `filler` is sent in between."""
        deadline = self.deadline(budget_s)
        while True:
            left_s = deadline.remaining(self.now_s())
            try:
                self.call(request, self.deadline(min(_INSIST_S, left_s)))
                return
            except LinkTimeout:
                left_s = deadline.remaining(self.now_s())
                if not left_s:
                    raise
            if filler:
                self.transport.write(filler, left_s)

    def try_to(self, request: Request[Ack], budget_s: float, error: BaseException | None) -> None:
        """As `insist`; a link that fails is a note to `error`, which it must not hide, or a log."""
        try:
            self.insist(request, budget_s)
        except LinkError as failure:
            text = f"{request.opcode.name} could not be delivered: {failure.text}"
            if error is None:
                logging.getLogger("ramix.driver").warning(text)
            else:
                error.add_note(text)

    def start(self, request: Request[Any], deadline: Deadline) -> int:
        """Send `request` and return its id; follow with `take` and, in the end, `drop`."""
        request_id, data = self.session.request(request)
        try:
            self.transport.write(data, deadline.remaining(self.now_s()))
        except BaseException:
            self.session.expire(request_id)
            raise
        return request_id

    def take(self, request_id: int) -> Reply[Any] | None:
        """The reply to this request, if it is here."""
        return self._arrived.pop(request_id, None)

    def drop(self, request_id: int) -> None:
        """Nobody waits for this reply any more."""
        self._arrived.pop(request_id, None)
        self.session.expire(request_id)

    def left_s(self, deadline: Deadline, request: Request[Any]) -> float:
        """Seconds that `request` may still wait. Raises `LinkTimeout` when there are none."""
        left_s = deadline.remaining(self.now_s())
        if not left_s:
            name = request.opcode.name
            raise LinkTimeout(f"The analyzer at {self.transport.name} did not answer {name}.")
        return left_s

    def listen(self, longest_s: float) -> None:
        """Collect the replies of one read, which lasts `longest_s` or less."""
        data = self.transport.read(min(longest_s, _SLICE_S))
        if data:
            replies = self.session.receive(data)
            self._last_bytes_s = self.now_s()
        elif self.now_s() - self._last_bytes_s > MAX_PAUSE_S:
            replies = self.session.link_idle()
        else:
            return
        self._arrived.update((reply.request_id, reply) for reply in replies)

    def pause(self, duration_s: float) -> None:
        """Let time pass on the link's clock, taking in what arrives meanwhile."""
        deadline = self.deadline(duration_s)
        while left_s := deadline.remaining(self.now_s()):
            self.listen(left_s)
