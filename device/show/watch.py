"""The watch list and the material of an answer, as lines of a card.

Next: `device/answer/watch.py` and `device/answer/material.py`, where they come from.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from device.show.percent import percent
from device.show.style import CardStyle

_ALARM, _QUIET = "1;37;41", "2"
_RESULTS = {"PASS": "7", "FAIL": _ALARM, "NOT_TESTED": "1;30;43"}


def watch_lines(watch: Sequence[Mapping[str, Any]], style: CardStyle) -> list[str]:
    """Alarms first, each a line of its own; then what is not there, in one."""
    lines: list[str] = []
    for one in watch:
        if one["seen"] != "not_above":
            told = style.wrap(f"WATCH LIST: {_alarm(one)}")
            lines += [style.paint(line.ljust(style.width), _ALARM) for line in told]
    quiet = [one for one in watch if one["seen"] == "not_above"]
    if quiet:
        names = ", ".join(f"{one['name']} above {percent(one['limit'])}" for one in quiet)
        text = f"watch list, not there: {names}"
        lines += [style.paint(line, _QUIET) for line in style.wrap(text)]
    return lines


def material_lines(material: Mapping[str, Any], style: CardStyle) -> list[str]:
    """PASS or FAIL in words and colour, and why."""
    result, names = material["result"], " + ".join(one["name"] for one in material["wanted"])
    word = str(result).replace("_", " ")
    least = ""
    if material.get("at_least") is not None:
        least = f" that shows here: at least {percent(material['at_least'])}"
    lines = [
        style.paint(line.ljust(style.width), _RESULTS[result])
        for line in style.wrap(f"{word}: {names} and nothing else{least}")
    ]
    if result != "NOT_TESTED":  # whose reasons stand on the card in any case
        for one in material["why"]:
            lines += style.wrap(f"- {one['text']}", "  ", "    ")
    return lines


def _alarm(one: Mapping[str, Any]) -> str:
    if one["seen"] == "named":
        return f"{one['name']} is there."
    if one["limit"] is None:
        return f"{one['name']} cannot be excluded: this spectrum does not show whether it is there."
    if one["limit"] > one["above"]:
        return (
            f"{one['name']} cannot be excluded: it would show only above {percent(one['limit'])} "
            f"of the signal, asked for is {percent(one['above'])}."
        )
    return f"{one['name']} cannot be excluded: it may be that or its look-alike."
