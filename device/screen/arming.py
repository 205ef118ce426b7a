"""Two presses make light: the first arms for a few seconds, the second uses that up.

Next: `buttons.py`, which asks for both.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

ARMED_S: Final = 10.0


class Arming:
    """Any thread may ask; of two that use it at once, one is refused."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._until_s: float | None = None
        self._told_s = 0

    def arm(self) -> None:
        """The next `use` within `ARMED_S` is granted."""
        with self._lock:
            self._until_s = self._now_s() + ARMED_S

    def use(self) -> bool:
        """True once, while armed."""
        with self._lock:
            granted = self._until_s is not None and self._now_s() <= self._until_s
            self._until_s = None
        return granted

    def disarm(self) -> None:
        """What was armed is not: the analyzer went away, or somebody cancelled."""
        with self._lock:
            self._until_s = None

    def left_s(self) -> float:
        """How long it is still armed."""
        with self._lock:
            return 0.0 if self._until_s is None else max(self._until_s - self._now_s(), 0.0)

    def told_differs(self) -> bool:
        """Whether the page shows another second than this."""
        now, self._told_s = self._told_s, round(self.left_s())
        return now != self._told_s
