"""How long an exchange may take: one point in time, and what an exposure or a flash needs.

Next: `session.py`, whose callers wait by these.
"""

from dataclasses import dataclass
from typing import Self

from firmware_bridge.opcodes import Opcode

# Room for readout and transfer of one frame: its 4 KB alone take 46 ms at 921,600 baud.
READOUT_TIME_S = 0.1
FRAME_MARGIN_S = 1.0

# A firmware that keeps answering WORKING is waited for: a mebibyte of slow flash is erased sooner.
LONGEST_WORK_S = 120.0

# What the firmware may need beyond the caller's margin: flash is erased, read back and hashed, or
# a table in it is rewritten. An answer may come at any time up to this.
FLASH_WORK_S: dict[int, float] = {
    Opcode.SLOT_BEGIN: 10.0,
    Opcode.SLOT_WRITE: 2.0,
    Opcode.SLOT_VERIFY: 10.0,
    Opcode.SLOT_TRIAL: 2.0,
    Opcode.SLOT_CONFIRM: 2.0,
    Opcode.SLOT_REVERT: 10.0,
    Opcode.SLOT_ACTIVATE: 2.0,
    Opcode.WRITE_CALIBRATION: 2.0,
}


@dataclass(frozen=True)
class Deadline:
    """A point on the caller's monotonic clock by which a whole exchange must be over."""

    at_s: float

    @classmethod
    def after(cls, now_s: float, budget_s: float) -> Self:
        return cls(now_s + budget_s)

    def remaining(self, now_s: float) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at_s - now_s)

    def expired(self, now_s: float) -> bool:
        return now_s >= self.at_s

    def sooner(self, other: Self) -> Self:
        """The one of the two that comes first."""
        return self if self.at_s <= other.at_s else other


def frame_budget_s(exposure_us: int, n: int = 1, margin_s: float = FRAME_MARGIN_S) -> float:
    """The time that `n` frames may take: exposures, readouts, and one margin."""
    return n * (exposure_us * 1e-6 + READOUT_TIME_S) + margin_s


def answer_time_s(opcode: int) -> float:
    """Seconds that the firmware may work at this request before it answers; 0 for most."""
    return FLASH_WORK_S.get(opcode, 0.0)
