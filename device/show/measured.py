"""How the light of an answer was taken, as one line of the card.

Next: `card.py`, where it stands.
"""

from collections.abc import Mapping
from typing import Any

_WHY = {
    "certain": "certain",
    "budget": "the budget is spent",
    "recording": "a recording, played once",
    "more_frames_cannot_help": "more frames cannot help",
}


def measured_line(settings: Mapping[str, Any] | None) -> list[str]:
    """Frames, exposure, power and why it ended; nothing for a file, nor for an older record."""
    if settings is None:
        return []
    power = settings["laser_power_mw"]
    parts = [
        f"{settings['frames']} x {settings['integration_time_ms']:.4g} ms lit, as much dark",
        *([] if power is None else [f"{power:g} mW"]),
    ]
    if settings["stopped_because"] in _WHY:
        looks = "1 look" if settings["looks"] == 1 else f"{settings['looks']} looks"
        parts += [f"{looks}: {_WHY[settings['stopped_because']]}"]
    return [f"taken   {', '.join(parts)}"]
