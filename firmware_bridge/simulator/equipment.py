"""What one simulated analyzer is fitted with, and how much it tells of itself.

Next: `firmware.py`, the analyzer; `upkeep.py`, which answers from here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Equipment:
    """tells_camera: whether GET_CAMERA gives the camera's figures or says that none is known.

    An analyzer without cooler keeps its detector at room temperature and answers SET_TEC with
    UNKNOWN_OPCODE; one without trigger never counts a press; one without interlock says closed.
    """

    tells_camera: bool = True
    has_tec: bool = True
    has_trigger: bool = True
    has_interlock: bool = True
    has_thermometer: bool = True
