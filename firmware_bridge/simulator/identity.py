"""Who the simulated analyzer says it is.

Next: `firmware.py`, the analyzer.
"""

from typing import Final

from firmware_bridge.messages import PROTOCOL_VERSION, DeviceInfo

PRODUCT: Final = "ramix-785"
HARDWARE_REVISION: Final = 1
FIRMWARE_VERSION: Final = "simulated-1.0"
DEFAULT_SERIAL: Final = "SIM-0001"


def identity(serial: str) -> DeviceInfo:
    """The identity of one specimen; DEFAULT_SERIAL where its calibration page names none."""
    return DeviceInfo(
        product=PRODUCT,
        hardware_revision=HARDWARE_REVISION,
        serial=serial or DEFAULT_SERIAL,
        firmware_version=FIRMWARE_VERSION,
        protocol_version=PROTOCOL_VERSION,
    )
