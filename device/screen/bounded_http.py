"""HTTP whose clients cannot keep it busy: few connections, each head within seconds, none unread.

uvicorn bounds how long an idle connection is kept and how large a head may be, not how slowly a
head may come or an answer is taken. Next: `server.py`, which uses it.
"""

import asyncio
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

MOST_CONNECTIONS: Final = 48
HEAD_WITHIN_S: Final = 5.0
READ_WITHIN_S: Final = 10.0
MOST_OUTSIDE: Final = 48
_AGAIN_S: Final = 0.02
_UNTOUCHED_S: Final = 0.3  # whoever has just come has this long to send its head, however many come


class BoundedHttp(H11Protocol):
    """uvicorn's own, which closes what comes too slowly, is not read, or is too many.

    Of too many the one that has waited longest for its head, or else to be read, makes room: who
    holds connections open keeps nobody else out. While every one is being answered, a new one stays
    unread outside until one of them waits; the oldest outside comes first.
    """

    _OUTSIDE: ClassVar[WeakKeyDictionary[ServerState, dict["BoundedHttp", Any]]] = (
        WeakKeyDictionary()
    )  # of each server: protocol -> its transport, oldest first
    _head_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _has_entered = False
    _early = b""  # what was read before it entered

    @property
    def _outside(self) -> dict["BoundedHttp", Any]:
        return self._OUTSIDE.setdefault(self.server_state, {})

    def connection_made(self, transport: Any) -> None:
        if not self._outside and self._has_entered_by(transport):
            return
        transport.pause_reading()
        self._outside[self] = transport
        if len(self._outside) > MOST_OUTSIDE:
            self._outside.pop(next(iter(self._outside))).abort()
        self.loop.call_later(_AGAIN_S, self._ask_again, self.loop.time() + HEAD_WITHIN_S)

    def _has_entered_by(self, transport: Any) -> bool:
        if len(self.connections) >= MOST_CONNECTIONS and not self._made_room():
            return False
        self._has_entered = True
        super().connection_made(transport)
        # It waits from its first reading, two turns of the loop from now, however long they take.
        self.loop.call_soon(self.loop.call_soon, self._await_head)
        return True

    def _ask_again(self, until_s: float) -> None:
        transport = self._outside.get(self)
        if transport is None or transport.is_closing():
            return
        is_first = next(iter(self._outside)) is self
        if is_first and self._has_entered_by(transport):
            del self._outside[self]
            transport.resume_reading()
            if self._early:
                self.data_received(self._early)
        elif self.loop.time() > until_s:
            transport.abort()
        else:
            self.loop.call_later(_AGAIN_S, self._ask_again, until_s)

    def data_received(self, data: bytes) -> None:
        if not self._has_entered:
            # Early releases of Python 3.11 read on after a pause in `connection_made`.
            self._early += data
            self._pause_again()
            return
        super().data_received(data)
        self._await_head()

    def _pause_again(self) -> None:
        transport = self._outside.get(self)
        if transport is not None:
            transport.resume_reading()
            transport.pause_reading()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread_timer is None:
            self._unread_timer = self.loop.call_later(READ_WITHIN_S, self._abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread_timer = _stopped(self._unread_timer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_timer = _stopped(self._head_timer)
        self._unread_timer = _stopped(self._unread_timer)
        self._outside.pop(self, None)
        if self._has_entered:
            super().connection_lost(exc)

    def _await_head(self) -> None:
        """One timer from the first byte of a head, or the connection, to the head's end."""
        waits = self.conn.their_state is h11.IDLE and not self.transport.is_closing()
        if waits and self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_WITHIN_S, self._too_slow)
        elif not waits:
            self._head_timer = _stopped(self._head_timer)

    def _too_slow(self) -> None:
        self._head_timer = None
        if self.conn.their_state is h11.IDLE:
            self._abort()

    def _abort(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()

    def _made_room(self) -> bool:
        """Whether another connection was closed for this one."""
        waited = {one: one._waited_s() for one in self.connections if isinstance(one, BoundedHttp)}
        for kind in range(3):
            oldest = max(waited, key=lambda one: waited[one][kind], default=None)
            if oldest is not None and waited[oldest][kind] > _UNTOUCHED_S:
                oldest._abort()
                self.connections.discard(oldest)  # `connection_lost` comes only after this
                return True
        return False

    def _waited_s(self) -> tuple[float, ...]:
        """For its head, for a further request, to be read: 0 where it does not wait for that."""
        now_s = self.loop.time()
        timers = (
            (self._head_timer, HEAD_WITHIN_S),
            (self.timeout_keep_alive_task, self.timeout_keep_alive),
            (self._unread_timer, READ_WITHIN_S),
        )
        return tuple(
            0.0 if timer is None else longest_s - (timer.when() - now_s)
            for timer, longest_s in timers
        )


def _stopped(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer is not None:
        timer.cancel()
    return None
