"""The count of trigger presses: one more than before is a press, between exposures or during one.

Next: `exposure.py`, which looks at it while the laser may be on.
"""

from collections.abc import Callable
from typing import Final

from firmware_bridge.messages import InstrumentState

_LOOK_S: Final = 0.2  # between two looks during exposures; oftener would fill a serial line


class Trigger:
    """What was counted when somebody last looked.

    stops: is called when the trigger is pressed during an exposure, and raises what ends it; None:
    nobody looks then, and the press is found by the next `wait_trigger`.
    """

    def __init__(self) -> None:
        self.stops: Callable[[], None] | None = None
        self._seen = 0
        self._look_at_s = 0.0

    def forget(self, count: int) -> None:
        """What was pressed until now means nothing."""
        self._seen = count

    def is_press(self, count: int) -> bool:
        """Whether it was pressed since the last look; several presses count as one."""
        pressed = 0 < (count - self._seen) & 0xFFFF_FFFF < 0x8000_0000
        self._seen = count
        return pressed

    def look_due(self, now_s: float) -> bool:
        """Whether an exposure asks for the count now."""
        if self.stops is None or now_s < self._look_at_s:
            return False
        self._look_at_s = now_s + _LOOK_S
        return True

    def look(self, state: InstrumentState) -> None:
        """Raises what `stops` raises, where it was pressed."""
        if self.is_press(state.trigger_count) and self.stops is not None:
            self.stops()
