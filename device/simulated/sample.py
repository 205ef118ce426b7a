"""What lies under the simulated laser, as a `sim:` port says it: text to checked values.

One of `replay=FILE`, `mix=NAME:SHARE,NAME:SHARE` and `scene=NAME`; the other keys change its light.
Units, bounds and examples: docs/simulator.md. No file is opened here.

Next: `light.py`, which makes the scene; `spec.py` for the analyzer's keys.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from device.simulated.values import (
    check_bounds,
    read_choice,
    read_mix,
    read_number,
    read_path,
    read_positive,
    wrong,
)

LAMPS: Final = ("lamp", "neon", "argon")
SCENES: Final = ("empty", *LAMPS, "polystyrene", "calcite")
WALLS: Final = ("glass", "pet", "hdpe")
DEFAULT_WALL_PART: Final = 0.3
SAMPLE_BOUNDS: Final = {
    "noise": (0.0, 65_535.0),  # counts: a full converter
    "snr": (0.01, 1e6),
    "brightness": (1e-6, 1e6),
    "fluorescence": (0.0, 1e4),
    "room_light": (0.0, 1e8),
    "flicker": (0.0, 1.0),
}
SHARE_BOUNDS: Final = (1e-6, 1e6)  # of signal; all shares are divided by their sum
WALL_BOUNDS: Final = (0.001, 1e4)
_CHANGES_LIGHT: Final = ("brightness", "fluorescence", "wall", "room_light")


@dataclass(frozen=True)
class Sample:
    """At most one of `replay`, `mix` and `scene`; none of them is an empty sample position.

    noise: standard deviation in counts, added to each frame of recorded counts.
    snr: of each frame of a mixture.
    brightness: times 20,000 counts per second at the highest point, or times what was recorded.
    fluorescence: of the highest point, smooth.
    wall: what the laser shines through, and how high its light is against the highest point.
    room_light: counts per second of daylight from the side, laser on or off.
    flicker: relative standard deviation of that from frame to frame.

    Raises:
        PortSyntaxError: a contradiction, or a number out of bounds.
    """

    replay: Path | None = None
    mix: tuple[tuple[str, float], ...] = ()
    scene: str | None = None
    noise: float = 0.0
    snr: float | None = None
    brightness: float | None = None
    fluorescence: float | None = None
    wall: tuple[str, float] | None = None
    room_light: float | None = None
    flicker: float | None = None

    def __post_init__(self) -> None:
        kinds = {"replay": self.replay, "mix": self.mix, "scene": self.scene}
        chosen = [key for key, value in kinds.items() if value]
        if len(chosen) > 1:
            raise wrong(f"{' and '.join(chosen)} exclude each other")
        for key, needs in (("noise", "replay"), ("snr", "mix"), ("flicker", "room_light")):
            if getattr(self, key) and not getattr(self, needs):
                raise wrong(f"{key} goes with {needs}")
        if self.noise and self.changes_light:
            raise wrong("noise goes with recorded counts as they are; the camera has its own noise")
        if self.scene in LAMPS and (self.fluorescence is not None or self.wall is not None):
            raise wrong("a lamp has no fluorescence and no wall")
        for key, bounds in SAMPLE_BOUNDS.items():
            value = getattr(self, key)
            if value is not None:
                check_bounds(key, value, bounds)
        for name, share in self.mix:
            if not SHARE_BOUNDS[0] <= share <= SHARE_BOUNDS[1]:
                low, high = SHARE_BOUNDS
                raise wrong(f"the share of {name} must be {low:g} to {high:g}")
        if self.wall is not None:
            check_bounds("the part of the wall", self.wall[1], WALL_BOUNDS)

    @property
    def changes_light(self) -> bool:
        """Whether recorded counts cannot be given back as they are."""
        return any(getattr(self, key) is not None for key in _CHANGES_LIGHT)


def _read_wall(key: str, value: str) -> tuple[str, float]:
    name, colon, part = value.partition(":")
    read_choice(key, name, WALLS)
    return name, read_positive("the part of the wall", part) if colon else DEFAULT_WALL_PART


def parse_wall(text: str) -> tuple[str, float]:
    """`NAME` or `NAME:PART`; raises `PortSyntaxError`."""
    return _read_wall("wall", text)


SAMPLE_KEYS: Final[dict[str, Callable[[str, str], Any]]] = {
    "replay": read_path,
    "mix": read_mix,
    "scene": lambda key, value: read_choice(key, value, SCENES),
    "noise": read_number,
    "snr": read_positive,
    "brightness": read_positive,
    "fluorescence": read_number,
    "wall": _read_wall,
    "room_light": read_number,
    "flicker": read_number,
}


def read_pairs(
    specification: str, readers: Mapping[str, Callable[[str, str], Any]]
) -> dict[str, Any]:
    """`key=value&key=value`, each value through its key's reader.

    Raises:
        PortSyntaxError: an unknown or repeated key, or a value that is none.
    """
    values: dict[str, str] = {}
    for part in specification.split("&") if specification else []:
        key, equals, value = part.partition("=")
        if key not in readers or not equals:
            raise wrong(
                f"{part!r} is not understood; keys are {', '.join(readers)}"
                + ("" if equals else " (write %26 for an & inside a path)")
            )
        if key in values:
            raise wrong(f"{key} is given twice")
        if not value:
            raise wrong(f"{key} has no value")
        values[key] = value
    return {key: readers[key](key, value) for key, value in values.items()}


def parse_sample(specification: str) -> Sample:
    """What a list of scenes says of one of them; raises `PortSyntaxError`."""
    return Sample(**read_pairs(specification, SAMPLE_KEYS))
