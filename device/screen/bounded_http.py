"""HTTP whose clients cannot keep it busy: few connections, and each request's head within seconds.

uvicorn bounds how long an idle connection is kept and how large a head may be, not how slowly a
head may come. Next: `server.py`, which uses it.
"""

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS: Final = 48
HEAD_WITHIN_S: Final = 5.0


class BoundedHttp(H11Protocol):
    """uvicorn's own, which closes what comes too slowly and what is too many."""

    _head_timer: asyncio.TimerHandle | None = None
    _was_refused = False

    def connection_made(self, transport: Any) -> None:
        if len(self.connections) >= MOST_CONNECTIONS:
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

    def connection_lost(self, exc: Exception | None) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
        if not self._was_refused:
            super().connection_lost(exc)

    def _await_head(self) -> None:
        """One timer from the first byte of a head, or the connection, to the head's end."""
        waits = self.conn.their_state is h11.IDLE
        if waits and self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_WITHIN_S, self._too_slow)
        elif not waits and self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.abort()
