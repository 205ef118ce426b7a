"""HTTP whose clients cannot keep it busy: few connections, each head within seconds, none unread.

uvicorn bounds how long an idle connection is kept and how large a head may be, not how slowly a
head may come or an answer is taken. Next: `server.py`, which uses it.
"""

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS: Final = 48
HEAD_WITHIN_S: Final = 5.0
READ_WITHIN_S: Final = 10.0
_WAITING: Final = ("_head_timer", "timeout_keep_alive_task", "_unread_timer")  # in this order


class BoundedHttp(H11Protocol):
    """uvicorn's own, which closes what comes too slowly, is not read, or is too many.

    Of too many the one that has waited longest for its head, or else to be read, makes room: who
    holds connections open keeps nobody else out.
    """

    _head_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _was_refused = False

    def connection_made(self, transport: Any) -> None:
        if len(self.connections) >= MOST_CONNECTIONS and not self._made_room():
            self._was_refused = True
            transport.abort()
            return
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if self._was_refused:
            return
        super().data_received(data)
        self._await_head()

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
        if not self._was_refused:
            super().connection_lost(exc)

    def _await_head(self) -> None:
        """One timer from the first byte of a head, or the connection, to the head's end."""
        waits = self.conn.their_state is h11.IDLE
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
        others = [one for one in self.connections if isinstance(one, BoundedHttp)]
        for timer in _WAITING:
            waiting = [one for one in others if getattr(one, timer) is not None]
            if waiting:
                oldest = min(waiting, key=lambda one: float(getattr(one, timer).when()))
                oldest._abort()
                self.connections.discard(oldest)  # it hears that it is lost only after this
                return True
        return False


def _stopped(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer is not None:
        timer.cancel()
    return None
