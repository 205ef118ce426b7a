"""Requests out, their own replies back, within one budget: a `Session` joined to a `Transport`.

Everything that waits on the wire waits here. A reply is found by the id of its request; whatever
else arrives was meant for nobody and is discarded by the session.

Next: `analyzer.py`, which says what to ask.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from device.driver.transports.base import Transport
from firmware_bridge.errors import InstrumentError, LinkError, LinkTimeout, ProtocolError
from firmware_bridge.framing import MAX_PAUSE_S
from firmware_bridge.line_hints import hint
from firmware_bridge.messages import Ack, ReplyT, Request
from firmware_bridge.session import Deadline, Reply, Session
from firmware_bridge.tally import Tally

# Longest single read. Ctrl-C is noticed between reads: a blocked USB transfer does not let it in.
_SLICE_S = 0.1
# A command whose repetition is harmless is repeated after this much silence, or after this many
# round trips where those take longer; then after twice as much, and so on: repetitions that came
# as fast as they could would keep a slow link busy with themselves.
_INSIST_S = 0.4
_INSIST_ROUND_TRIPS = 2.0
# Long enough for whoever is still there, when the last request to leave went unanswered already.
_LAST_WORD_S = 0.3
# Enough to recognise a line of text, or the mark of a packet.
_KEPT_BYTES = 256
# The longest farewell to an analyzer that answers slowly.
_LONGEST_FAREWELL_S = 3.0


class Conversation:
    """One open link to one analyzer. Several requests may be under way at once."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.session = Session(transport.framing)
        self._arrived: dict[int, Reply[Any]] = {}
        self.now_s = transport.monotonic_s  # the link's clock
        self._last_bytes_s = self.now_s()
        self._sent: dict[int, tuple[float, Tally]] = {}  # by id: when, and the counts at that time
        self._last_bytes = b""  # the end of what came, to tell what kind of peer it is
        self._whole: Deadline | None = None
        self._round_trip_s = 0.0  # of the last request that was insisted on
        self._deaf = False  # nothing has come since a farewell went unanswered

    def deadline(self, budget_s: float) -> Deadline:
        """`budget_s` from now, on the link's clock; within a budget of several steps, at most its
        end."""
        deadline = Deadline.after(self.now_s(), budget_s)
        return deadline if self._whole is None else deadline.sooner(self._whole)

    @contextmanager
    def within(self, budget_s: float) -> Iterator[None]:
        """All steps of the block share one budget: no number of slow answers exceeds it."""
        outer = self._whole
        self._whole = self.deadline(budget_s)
        try:
            yield
        finally:
            self._whole = outer

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
                self.listen(self.left_s(deadline, request, request_id))
            message: ReplyT = reply.result()
            return message
        finally:
            self.drop(request_id)

    def insist(self, request: Request[Ack], budget_s: float, filler: bytes = b"") -> None:
        """Repeat a harmless request until one of them is acknowledged; `filler` is sent before
        each repetition.

        An answer to any of them will do: over a slow link the first one's comes after the second
        was sent.

        Raises:
            LinkTimeout: none was answered within `budget_s`.
            ProtocolError: one was refused; what may be insisted on must never be.
        """
        deadline = self.deadline(budget_s)
        pause_s = max(_INSIST_S, _INSIST_ROUND_TRIPS * self._round_trip_s)
        waiting = [self.start(request, deadline)]
        try:
            while True:
                repeat = self.deadline(pause_s)
                while left_s := min(repeat.remaining(self.now_s()), self._left_s(deadline)):
                    self.listen(left_s)
                    for request_id in waiting:
                        if (reply := self.take(request_id)) is not None:
                            self._round_trip_s = self.now_s() - self._sent[request_id][0]
                            _acknowledged(reply)
                            return
                self.left_s(deadline, request, waiting[0])  # raises when the time is up
                if filler:
                    self.transport.write(filler, self._left_s(deadline))
                waiting.append(self.start(request, deadline))
                pause_s *= 2.0
        finally:
            for request_id in waiting:
                self.drop(request_id)

    def try_to(self, request: Request[Ack], budget_s: float, error: BaseException | None) -> None:
        """As `insist`; a failure is a note to `error`, which it must not hide, or a log."""
        slow_s = min(_INSIST_ROUND_TRIPS * self._round_trip_s, _LONGEST_FAREWELL_S)
        try:
            self.insist(request, _LAST_WORD_S if self._deaf else max(budget_s, slow_s))
        except (LinkError, ProtocolError) as failure:
            self._deaf = isinstance(failure, LinkTimeout)
            text = f"{request.opcode.name} could not be delivered: {failure.text}"
            if error is None:
                logging.getLogger("ramix.driver").warning(text)
            else:
                error.add_note(text)

    def start(self, request: Request[Any], deadline: Deadline) -> int:
        """Send `request` and return its id; follow with `take` and, in the end, `drop`."""
        request_id, data = self.session.request(request)
        self._sent[request_id] = (self.now_s(), self.session.tally.copy())
        try:
            self.transport.write(data, deadline.remaining(self.now_s()))
        except BaseException:
            self.drop(request_id)
            raise
        return request_id

    def take(self, request_id: int) -> Reply[Any] | None:
        """The reply to this request, if it is here."""
        return self._arrived.pop(request_id, None)

    def drop(self, request_id: int) -> None:
        """Nobody waits for this reply any more."""
        self._arrived.pop(request_id, None)
        self._sent.pop(request_id, None)
        self.session.expire(request_id)

    def left_s(self, deadline: Deadline, request: Request[Any], request_id: int) -> float:
        """Seconds that `request` may still wait.

        Raises:
            LinkTimeout: there are none left; the text says what came instead of the answer.
        """
        left_s = self._left_s(deadline)
        if not left_s:
            session = self.session
            came = session.tally.since(self._sent[request_id][1])
            what = came.text(session.decoder.unfinished_bytes)
            kept = len(self._last_bytes)
            raise LinkTimeout(
                f"The analyzer at {self.transport.name} did not answer {request.opcode.name}"
                f"{': ' + what if what else ''}.",
                remedy=hint(came, self._last_bytes[max(0, kept - came.received_bytes) :]),
            )
        return left_s

    def _left_s(self, deadline: Deadline) -> float:
        return deadline.remaining(self.now_s())

    def listen(self, longest_s: float) -> None:
        """Collect the replies of one read, which lasts `longest_s` or less."""
        data = self.transport.read(min(longest_s, _SLICE_S))
        if data:
            replies = self.session.receive(data)
            self._last_bytes_s = self.now_s()
            self._last_bytes = (self._last_bytes + data)[-_KEPT_BYTES:]
            self._deaf = False
        elif self.now_s() - self._last_bytes_s > MAX_PAUSE_S:
            replies = self.session.link_idle()
        else:
            return
        self._arrived.update((reply.request_id, reply) for reply in replies)

    def close(self) -> None:
        """Let go of the link; what it brought in vain is logged, for whoever writes a firmware."""
        if told := self.session.tally.discarded:
            link = logging.getLogger("ramix.driver")
            link.info("%s: %s discarded while it was open", self.transport.name, ", ".join(told))
        self.transport.close()

    def pause(self, duration_s: float) -> None:
        """Let time pass on the link's clock, taking in what arrives meanwhile."""
        deadline = self.deadline(duration_s)
        while left_s := deadline.remaining(self.now_s()):
            self.listen(left_s)


def _acknowledged(reply: Reply[Any]) -> None:
    """Raises `ProtocolError` where the request was refused, or answered with something else."""
    try:
        reply.result()
    except InstrumentError as refusal:
        raise ProtocolError(
            f"{refusal.text} This request must never be refused.",
            remedy="Update the analyzer's firmware.",
        ) from refusal
