"""What one simulated analyzer is fitted with, and how much it tells of itself.

Next: `firmware.py`, the analyzer; `upkeep.py`, which answers from here.
"""

from dataclasses import dataclass

from firmware_bridge.errors import CallerError


@dataclass(frozen=True)
class Equipment:
    """tells_camera: whether GET_CAMERA gives the camera's figures or says that none is known.

    An analyzer without cooler keeps its detector at room temperature and answers SET_TEC with
    UNKNOWN_OPCODE; one without trigger never counts a press; one without interlock says closed.
    battery_percent: None without a battery.
    cooler_holds: False for one that never comes to rest at its setpoint.
    flash_work_s: how long the flash works at each erasing or hashing that a request needs;
        meanwhile the request is answered WORKING.

    Raises `CallerError` for a charge that no battery has.
    """

    tells_camera: bool = True
    has_tec: bool = True
    has_trigger: bool = True
    has_interlock: bool = True
    has_thermometer: bool = True
    battery_percent: int | None = 100
    charging: bool = False
    flash_work_s: float = 0.0
    cooler_holds: bool = True

    def __post_init__(self) -> None:
        if self.battery_percent is not None and not 0 <= self.battery_percent <= 100:
            raise CallerError("A battery's charge is 0 to 100 percent.")
