"""A view as an object for the page: numbers, keys of the catalogue, and an error's own words.

Next: `phases.py`, the view; `pages/measure.js`, which draws it.
"""

from typing import Any

from device.screen.phases import Command, Phase, View, may
from firmware_bridge.errors import RamixError


def view_json(view: View, *, armed_s: float = 0.0) -> dict[str, Any]:
    """Everything that a page draws of a state; `may` are the commands that make sense now."""
    return {
        "phase": str(view.phase),
        "laser": view.laser,
        "may": [str(command) for command in Command if may(view, command)],
        "armed_s": round(armed_s, 1),
        "notice": view.notice,
        "failure": None if view.failure is None else error_json(view.failure),
        "seconds_left": view.seconds_left,
        "detector_c": view.detector_c,
        "laser_power_mw": view.laser_power_mw,
        "integration_time_ms": view.integration_time_ms,
        "pair": view.pair,
        "pairs": view.pairs,
        "look": view.look,
        "looks": view.looks,
        "certain": _part(view),
        "attempt": view.attempt,
        "asked": view.asked,
        "asked_lit": view.asked_lit,
        "stranger": view.stranger,
        "record_id": view.record_id,
    }


def error_json(error: RamixError) -> dict[str, str]:
    """The three things that people and programs need of an error."""
    return {"code": error.code, "text": error.text, "remedy": error.remedy}


def _part(view: View) -> float | None:
    """0 to 1: the margin, as a part of what is asked; None where there was no look yet."""
    if view.phase is not Phase.MEASURING or not view.look:
        return None
    if view.margin is None or view.margin <= 0.0:
        return 0.0
    return 1.0 if view.margin >= view.wanted else round(view.margin / view.wanted, 3)
