"""Where the desk's thread pins up what it tells, and web requests of another thread read it.

Nothing is queued for a reader: whoever is slow sees the newest state and misses those between.
Next: `desk.py`, who writes; `stream.py`, who reads.
"""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sheet:
    """One topic as it is now; `version` grows with each change of any topic."""

    version: int
    content: Mapping[str, Any]


class Board:
    """The newest sheet of each topic; any thread may write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = 0
        self._sheets: dict[str, Sheet] = {}
        self._bells: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def pin(self, topic: str, content: Mapping[str, Any]) -> None:
        """Replace what was said on this topic."""
        with self._lock:
            self._version += 1
            self._sheets[topic] = Sheet(self._version, content)
            bells = list(self._bells)
        for loop, bell in bells:
            with suppress(RuntimeError):  # its loop has ended since: nobody listens there
                loop.call_soon_threadsafe(bell.set)

    def newer_than(self, version: int) -> list[tuple[str, Sheet]]:
        """The topics that changed since, oldest change first."""
        with self._lock:
            changed = [one for one in self._sheets.items() if one[1].version > version]
        return sorted(changed, key=lambda one: one[1].version)

    def content(self, topic: str) -> Mapping[str, Any]:
        """What is said on this topic now; empty where nothing was."""
        with self._lock:
            sheet = self._sheets.get(topic)
        return {} if sheet is None else sheet.content

    @contextmanager
    def bell(self) -> Iterator[asyncio.Event]:
        """An event of the running loop that is set at each change."""
        mine = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._bells.add(mine)
        try:
            yield mine[1]
        finally:
            with self._lock:
                self._bells.discard(mine)
