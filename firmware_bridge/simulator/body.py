"""The simulated analyzer's body between two restarts: battery, thermometers, clock, what it noted.

Next: `event_memory.py`, which keeps what was noted; `upkeep.py`, which asks here.
"""

from typing import Any, Final

from firmware_bridge.layout import Message
from firmware_bridge.messages import (
    Ack,
    BatteryState,
    ClearEvents,
    ClockReading,
    EventKind,
    GetClock,
    GetEvents,
    GetPower,
    Power,
    Request,
    RestartCause,
    SetClock,
    Status,
    Temperatures,
)
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.event_memory import EventMemory
from firmware_bridge.simulator.refused import Refused

# A lithium cell's resting voltage, as a straight line: assumed.
_EMPTY_MV, _MV_PER_PERCENT = 3000, 12
_LASER_TEMPERATURE_C: Final = 25.0
_BOARD_TEMPERATURE_C: Final = 31.5


class Body:
    """One power-up. A restart notes itself, forgets the clock, and keeps the events."""

    def __init__(
        self, equipment: Equipment, events: EventMemory, *, now_s: float, cause: RestartCause
    ) -> None:
        self.events = events
        self._equipment = equipment
        self._started_s = now_s
        self._utc_ms_at_start: float | None = None
        self.note(EventKind.RESTARTED, now_s, cause)

    def note(self, kind: EventKind, now_s: float, detail: int = 0) -> int:
        """Remember that this happened; its number."""
        return self.events.note(
            kind, detail, uptime_ms=self._uptime_ms(now_s), utc_ms=self._utc_ms(now_s)
        )

    def handle(self, request: Request[Any], now_s: float) -> Message | None:
        """The reply; None where the request is not to the body. Raises `Refused`."""
        match request:
            case GetPower():
                return self._power()
            case GetClock():
                return ClockReading(self._utc_ms(now_s), self._uptime_ms(now_s))
            case SetClock(utc_ms=utc_ms):
                if not utc_ms:
                    raise Refused(Status.OUT_OF_RANGE, "0 stands for a clock that is not set")
                self._utc_ms_at_start = utc_ms - (now_s - self._started_s) * 1e3
                return Ack()
            case GetEvents(after_number=number):
                return self.events.after(number)
            case ClearEvents(up_to_number=number):
                self.events.clear(number)
                return Ack()
            case _:
                return None

    def _power(self) -> Power:
        percent = self._equipment.battery_percent
        known = Temperatures.LASER | Temperatures.BOARD
        laser_c, board_c = _LASER_TEMPERATURE_C, _BOARD_TEMPERATURE_C
        if percent is None:
            return Power(BatteryState.NONE, 0, 0, known, laser_c, board_c, 0.0)
        state = BatteryState.CHARGING if self._equipment.charging else BatteryState.DISCHARGING
        if self._equipment.charging and percent == 100:
            state = BatteryState.FULL
        voltage_mv = _EMPTY_MV + _MV_PER_PERCENT * percent
        known |= Temperatures.BATTERY
        return Power(state, percent, voltage_mv, known, laser_c, board_c, board_c)

    def _uptime_ms(self, now_s: float) -> int:
        return int(round((now_s - self._started_s) * 1e3))

    def _utc_ms(self, now_s: float) -> int:
        if self._utc_ms_at_start is None:
            return 0
        return int(round(self._utc_ms_at_start + (now_s - self._started_s) * 1e3))
