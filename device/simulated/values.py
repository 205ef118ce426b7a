"""Text of a `sim:` port to values, each key's reader; every failure is one sentence with a remedy.

Next: `spec.py`, which says which key has which reader.
"""

import math
import re
from os.path import exists, expanduser
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from device.driver.port import PortSyntaxError

NONE: Final = "none"
MAX_SERIAL: Final = 31
# Before a path: a recorded spectrum that comes with the program.
SHIPPED: Final = "data:"
_PART = re.compile(r"(?P<name>.+?):(?P<share>[^:,]+)(?:,|$)")  # a name may hold commas


def wrong(text: str) -> PortSyntaxError:
    return PortSyntaxError(
        f"In the simulated port: {text}.",
        remedy="For example sim:replay=FILE, or sim:mix=toluene:0.5,ethanol:0.5&seed=1.",
    )


def read_path(key: str, value: str) -> Path:
    """Percent-decoded, unless a file has exactly the name that was typed."""
    decoded = value if exists(expanduser(value)) else unquote(value)
    if not decoded.isprintable():
        raise wrong(f"{key} holds control characters")
    if decoded.startswith(SHIPPED):
        from device.installation import shipped_data_dir

        return shipped_data_dir() / decoded.removeprefix(SHIPPED)
    return Path(expanduser(decoded))


def read_path_or_none(key: str, value: str) -> Path | str:
    return NONE if value == NONE else read_path(key, value)


def read_mix(_key: str, value: str) -> tuple[tuple[str, float], ...]:
    return parse_mix(unquote(value))


def parse_mix(text: str) -> tuple[tuple[str, float], ...]:
    """`NAME:SHARE,NAME:SHARE`, or one NAME alone; raises `PortSyntaxError`."""
    if ":" not in text:
        return ((text.strip(), 1.0),)
    parts, position = [], 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            raise wrong(f"{text!r} is not NAME:SHARE,NAME:SHARE")
        share = read_number("the share of " + match["name"], match["share"])
        if share == 0:
            raise wrong(f"the share of {match['name']} must be above 0")
        parts.append((match["name"].strip(), share))
        position = match.end()
    return tuple(parts)


def read_number(key: str, value: str) -> float:
    try:
        number = float(unquote(value))
    except ValueError as error:
        raise wrong(f"{key} is {value!r}, not a number") from error
    if not (math.isfinite(number) and number >= 0):
        raise wrong(f"{key} is {value!r}; it cannot be negative or infinite")
    return number


def read_positive(key: str, value: str) -> float:
    number = read_number(key, value)
    if number == 0:
        raise wrong(f"{key} must be above 0")
    return number


def read_seed(key: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise wrong(f"{key} is {value!r}, not a whole number")
    return int(value)


def read_serial(key: str, value: str) -> str:
    """As the wire carries it: at most 31 bytes and a zero."""
    if not re.fullmatch(rf"[A-Za-z0-9._-]{{1,{MAX_SERIAL}}}", value):
        raise wrong(f"{key} is {value!r}, not 1 to {MAX_SERIAL} letters, digits, points and dashes")
    return value


def read_battery(key: str, value: str) -> int | None:
    if value == NONE:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", value) or int(value) > 100:
        raise wrong(f"{key} is {value!r}, not 0 to 100 or {NONE}")
    return int(value)


def read_choice(key: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise wrong(f"{key} is {value!r}, not one of {', '.join(choices)}")
    return value


def check_bounds(key: str, value: float, bounds: tuple[float, float]) -> None:
    """Raises `PortSyntaxError` for a number beyond which nothing sensible is simulated."""
    lowest, highest = bounds
    if not lowest <= value <= highest:  # also refuses NaN
        raise wrong(f"{key} must be {lowest:g} to {highest:g}, not {value:g}")
