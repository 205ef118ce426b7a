"""Battery, temperatures and clock of the analyzer.

Next: `messages.py`, the way in to all requests and replies.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag, unique
from typing import Annotated, Final

from firmware_bridge.layout import F32, U8, U16, U64, Message, enum_u8, flags_u16
from firmware_bridge.opcodes import Opcode
from firmware_bridge.replies import Ack
from firmware_bridge.request import Request


@unique
class BatteryState(IntEnum):
    """NONE: there is no battery, the cable feeds all."""

    NONE = 0
    DISCHARGING = 1
    CHARGING = 2
    FULL = 3


class Temperatures(IntFlag):
    """Which temperatures of `Power` are measured."""

    NONE = 0
    LASER = 1
    BOARD = 2
    BATTERY = 4


_FIELD_OF: Final = {
    Temperatures.LASER: "laser_temperature_c",
    Temperatures.BOARD: "board_temperature_c",
    Temperatures.BATTERY: "battery_temperature_c",
}


@dataclass(frozen=True)
class Power(Message):
    """Charge and voltage are 0 without a battery; temperatures that are not `known` are 0."""

    battery: Annotated[BatteryState, enum_u8(BatteryState)]
    battery_percent: U8
    battery_voltage_mv: U16
    known: Annotated[Temperatures, flags_u16(Temperatures)]
    laser_temperature_c: F32
    board_temperature_c: F32
    battery_temperature_c: F32

    def check(self) -> None:
        if self.battery_percent > 100:
            raise ValueError(f"a battery holds at most 100 percent, not {self.battery_percent}")
        if self.battery is BatteryState.NONE and (self.battery_percent or self.battery_voltage_mv):
            raise ValueError("charge and voltage of a battery that is not there")
        for temperature, name in _FIELD_OF.items():
            if not self.known & temperature and getattr(self, name):
                raise ValueError(f"{name} is told although it is not known")

    def told(self) -> dict[str, str | float | None]:
        """State of the battery, and every number by its name; None where it is not known."""
        there = self.battery is not BatteryState.NONE
        temperatures = {
            name: getattr(self, name) if self.known & temperature else None
            for temperature, name in _FIELD_OF.items()
        }
        return {
            "battery": self.battery.name,
            "battery_percent": self.battery_percent if there else None,
            "battery_voltage_mv": self.battery_voltage_mv if there else None,
            **temperatures,
        }


@dataclass(frozen=True)
class ClockReading(Message):
    """utc_ms: since 1970-01-01T00:00Z, 0 until set. uptime_ms: since the last restart."""

    utc_ms: U64
    uptime_ms: U64


@dataclass(frozen=True)
class GetPower(Request[Power]):
    opcode = Opcode.GET_POWER
    Reply = Power


@dataclass(frozen=True)
class SetClock(Request[Ack]):
    """From now on events carry UTC."""

    opcode = Opcode.SET_CLOCK
    Reply = Ack
    utc_ms: U64


@dataclass(frozen=True)
class GetClock(Request[ClockReading]):
    opcode = Opcode.GET_CLOCK
    Reply = ClockReading
