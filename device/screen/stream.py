"""Server-sent events: each page gets every topic of the board as it is, and again when it changes.

A page that does not read holds one connection and nothing else: there is no queue behind it. One
page more than the limit ends the oldest. Next: `board.py`; `pages/station.js`, which listens.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Final

from device.screen.board import Board

MOST_PAGES: Final = 8
_ALIVE_S: Final = 5.0  # a sign of life, by which a page knows that what it shows is true
_GAP_S: Final = 0.03  # not more often than a screen is drawn


class Streams:
    """All pages that listen; lives on the server's loop."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._ends: list[asyncio.Event] = []

    def end_all(self) -> None:
        """The server closes."""
        for end in self._ends:
            end.set()

    async def listen(self, may_hear: Callable[[], bool]) -> AsyncIterator[bytes]:
        """The text of one page's stream, as long as its session lasts."""
        end = asyncio.Event()
        self._ends.append(end)
        for oldest in self._ends[:-MOST_PAGES]:
            oldest.set()
        version = 0
        try:
            with self._board.bell() as bell:
                while not end.is_set() and may_hear():
                    bell.clear()
                    for topic, sheet in self._board.newer_than(version):
                        version = sheet.version
                        yield f"event: {topic}\ndata: {json.dumps(sheet.content)}\n\n".encode()
                    if not await _rings(bell, end):
                        yield b"event: alive\ndata: {}\n\n"
                    await asyncio.sleep(_GAP_S)
        finally:
            self._ends.remove(end)


async def _rings(bell: asyncio.Event, end: asyncio.Event) -> bool:
    """Wait for one of the two; False: neither within `_ALIVE_S`."""
    waits = [asyncio.ensure_future(one.wait()) for one in (bell, end)]
    try:
        done, _ = await asyncio.wait(waits, timeout=_ALIVE_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
    return bool(done)
