"""What a `sim:` port says: text to a checked value. No file is opened here.

`sim:key=value&key=value`, percent-decoded. What lies under the laser: `replay=FILE` (a B&W Tek
native file), `mix=NAME:SHARE,NAME:SHARE` (references of the bundle, shares of signal), or
`scene=empty|neon|argon|polystyrene|calcite` (`lamp` is neon). Beside it:

    model=FILE|none      the bundle in slot A, and of the mixture's references
    flash=FILE           keeps the analyzer's flash between runs
    link=inproc|pty|usb|tcp   inproc runs on a virtual clock, the others in real time
    seed=N               of everything random
    noise=COUNTS         added to each replayed frame (standard deviation)
    snr=RATIO            of each frame of a mixture
    trigger_every_s=S    the trigger is pressed after each such idle time (3); 0 for never
    speed=FACTOR         exposures take 1/FACTOR of their time
    camera=ccd|cmos      which camera it has; its figures are told to the host
    figures=told|unknown whether they are
    battery=PERCENT|none the charge of its battery

Next: `port.py`, which builds the analyzer.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from os.path import exists, expanduser
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from device.driver.port import PortSyntaxError
from firmware_bridge.simulator.camera_figures import CAMERAS

LINKS: Final = ("inproc", "pty", "usb", "tcp")
SCENES: Final = ("empty", "lamp", "neon", "argon", "polystyrene", "calcite")
FIGURES: Final = ("told", "unknown")
NONE: Final = "none"
# Counts, ratio, seconds and factor: a full converter; a day; an exposure of minutes in hours.
_BOUNDS: Final = {
    "seed": (0, 10**18),
    "noise": (0.0, 65_535.0),
    "snr": (0.01, 1e6),
    "trigger_every_s": (0.001, 86_400.0),
    "speed": (0.001, 1e6),
}
_SHARE: Final = (1e-6, 1e6)  # of signal; all shares are divided by their sum
_PART = re.compile(r"(?P<name>.+?):(?P<share>[^:,]+)(?:,|$)")  # a name may hold commas


@dataclass(frozen=True)
class SimulatedPort:
    """What a `sim:` port asks for; paths are not looked at yet."""

    replay: Path | None = None
    mix: tuple[tuple[str, float], ...] = ()
    scene: str | None = None
    model: Path | str | None = None  # None: the default bundle; NONE: none
    flash: Path | None = None
    link: str = "inproc"
    seed: int = 0
    noise: float = 0.0
    snr: float | None = None
    trigger_every_s: float = 3.0  # longer than the countdown of `ramix run`, which it would cancel
    speed: float = 1.0
    camera: str = "ccd"
    figures: str = "told"
    battery: int | None = 100

    def __post_init__(self) -> None:
        """Raises `PortSyntaxError` for a number beyond which nothing sensible is simulated."""
        for key, (lowest, highest) in _BOUNDS.items():
            value = getattr(self, key)
            is_off = value is None or (key == "trigger_every_s" and value == 0)
            if not (is_off or lowest <= value <= highest):  # also refuses NaN
                raise wrong(f"{key} must be {lowest:g} to {highest:g}, not {value:g}")
        for name, share in self.mix:
            if not _SHARE[0] <= share <= _SHARE[1]:
                raise wrong(f"the share of {name} must be {_SHARE[0]:g} to {_SHARE[1]:g}")


def parse(specification: str) -> SimulatedPort:
    """What follows `sim:`.

    Raises:
        PortSyntaxError: an unknown or repeated key, a value that is none, a contradiction.
    """
    values: dict[str, str] = {}
    for part in specification.split("&") if specification else []:
        key, equals, value = part.partition("=")
        if key not in _READERS or not equals:
            raise wrong(
                f"{part!r} is not understood; keys are {', '.join(_READERS)}"
                + ("" if equals else " (write %26 for an & inside a path)")
            )
        if key in values:
            raise wrong(f"{key} is given twice")
        if not value:
            raise wrong(f"{key} has no value")
        values[key] = value
    scenes = [key for key in ("replay", "mix", "scene") if key in values]
    if len(scenes) > 1:
        raise wrong(f"{' and '.join(scenes)} exclude each other")
    for key, needs in (("noise", "replay"), ("snr", "mix")):
        if key in values and needs not in values:
            raise wrong(f"{key} goes with {needs}")
    chosen: dict[str, Any] = {key: _READERS[key](key, value) for key, value in values.items()}
    return SimulatedPort(**chosen)


def wrong(text: str) -> PortSyntaxError:
    return PortSyntaxError(
        f"In the simulated port: {text}.",
        remedy="For example sim:replay=FILE, or sim:mix=toluene:0.5,ethanol:0.5&seed=1.",
    )


def _read_path(key: str, value: str) -> Path:
    """Percent-decoded, unless a file has exactly the name that was typed."""
    decoded = value if exists(expanduser(value)) else unquote(value)
    if not decoded.isprintable():
        raise wrong(f"{key} holds control characters")
    return Path(expanduser(decoded))


def _read_model(key: str, value: str) -> Path | str:
    return NONE if value == NONE else _read_path(key, value)


def _read_mix(_key: str, value: str) -> tuple[tuple[str, float], ...]:
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
        share = _read_number("the share of " + match["name"], match["share"])
        if share == 0:
            raise wrong(f"the share of {match['name']} must be above 0")
        parts.append((match["name"].strip(), share))
        position = match.end()
    return tuple(parts)


def _read_number(key: str, value: str) -> float:
    try:
        number = float(unquote(value))
    except ValueError as error:
        raise wrong(f"{key} is {value!r}, not a number") from error
    if not (math.isfinite(number) and number >= 0):
        raise wrong(f"{key} is {value!r}; it cannot be negative or infinite")
    return number


def _read_positive(key: str, value: str) -> float:
    number = _read_number(key, value)
    if number == 0:
        raise wrong(f"{key} must be above 0")
    return number


def _read_seed(key: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise wrong(f"{key} is {value!r}, not a whole number")
    return int(value)


def _read_link(key: str, value: str) -> str:
    return _read_choice(key, value, LINKS)


def _read_scene(key: str, value: str) -> str:
    return _read_choice(key, value, SCENES)


def _read_camera(key: str, value: str) -> str:
    return _read_choice(key, value, tuple(CAMERAS))


def _read_figures(key: str, value: str) -> str:
    return _read_choice(key, value, FIGURES)


def _read_battery(key: str, value: str) -> int | None:
    if value == NONE:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", value) or int(value) > 100:
        raise wrong(f"{key} is {value!r}, not 0 to 100 or {NONE}")
    return int(value)


def _read_choice(key: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise wrong(f"{key} is {value!r}, not one of {', '.join(choices)}")
    return value


_READERS: Final[dict[str, Callable[[str, str], Any]]] = {
    "replay": _read_path,
    "mix": _read_mix,
    "scene": _read_scene,
    "model": _read_model,
    "flash": _read_path,
    "link": _read_link,
    "seed": _read_seed,
    "noise": _read_number,
    "snr": _read_positive,
    "trigger_every_s": _read_number,
    "speed": _read_positive,
    "camera": _read_camera,
    "figures": _read_figures,
    "battery": _read_battery,
}
