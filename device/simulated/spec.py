"""What a `sim:` port says: text to a checked value. No file is opened here.

`sim:key=value&key=value`, percent-decoded. Every key with unit, bounds and example:
docs/simulator.md, which a test compares with the tables here and in `sample.py`.

Next: `sample.py` for the keys of the sample; `port.py`, which builds the analyzer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from device.simulated.planned import Planned
from device.simulated.sample import SAMPLE_BOUNDS, SAMPLE_KEYS, SCENES, Sample, read_pairs
from device.simulated.values import (
    NONE,
    check_bounds,
    parse_mix,
    read_battery,
    read_choice,
    read_number,
    read_path,
    read_path_or_none,
    read_positive,
    read_seed,
    read_serial,
    wrong,
)
from firmware_bridge.simulator.camera_figures import CAMERAS
from firmware_bridge.simulator.samples import IDLE_S

__all__ = ["NONE", "SCENES", "SimulatedPort", "parse", "parse_mix", "wrong"]

LINKS: Final = ("inproc", "pty", "usb", "tcp")
FIGURES: Final = ("told", "unknown")
DEMO: Final = "demo"
# Seconds and factor: a day; an exposure of minutes in hours.
PORT_BOUNDS: Final = {
    "seed": (0, 10**18),
    "trigger_every_s": (0.001, 86_400.0),
    "speed": (0.001, 1e6),
}
BOUNDS: Final = {**SAMPLE_BOUNDS, **PORT_BOUNDS}


@dataclass(frozen=True)
class SimulatedPort(Sample):
    """What a `sim:` port asks for; paths are not looked at yet.

    scenes: a list of samples that take turns, in place of one sample; DEMO: the shipped list.
    fault: what goes wrong.
    model: None: the default bundle; NONE: none.
    serial: empty: that of a recording's calibration, else the simulator's usual one.

    Raises `PortSyntaxError` as `Sample`.
    """

    scenes: Path | str | None = None
    model: Path | str | None = None
    flash: Path | None = None
    link: str = "inproc"
    seed: int = 0
    trigger_every_s: float = 3.0  # longer than the countdown of `ramix run`, which it would cancel
    speed: float = 1.0
    camera: str = "ccd"
    figures: str = "told"
    battery: int | None = 100
    serial: str = ""
    fault: Planned = Planned()

    def __post_init__(self) -> None:
        super().__post_init__()
        for key, bounds in PORT_BOUNDS.items():
            value = getattr(self, key)
            if not (key == "trigger_every_s" and value == 0):
                check_bounds(key, value, bounds)
        if self.scenes is not None:
            self._check_list()

    def _check_list(self) -> None:
        for key in SAMPLE_KEYS:
            if getattr(self, key):
                raise wrong(f"scenes and {key} exclude each other")
        if 0 < self.trigger_every_s < IDLE_S:
            raise wrong(f"with scenes, trigger_every_s must be 0, or {IDLE_S:g} or more")


def parse(specification: str) -> SimulatedPort:
    """What follows `sim:`.

    Raises:
        PortSyntaxError: an unknown or repeated key, a value that is none, a contradiction.
    """
    return SimulatedPort(**read_pairs(specification, KEYS))


def _read_scenes(key: str, value: str) -> Path | str:
    return DEMO if value == DEMO else read_path(key, value)


KEYS: Final[dict[str, Callable[[str, str], Any]]] = {
    **SAMPLE_KEYS,
    "scenes": _read_scenes,
    "model": read_path_or_none,
    "flash": read_path,
    "link": lambda key, value: read_choice(key, value, LINKS),
    "seed": read_seed,
    "trigger_every_s": read_number,
    "speed": read_positive,
    "camera": lambda key, value: read_choice(key, value, tuple(CAMERAS)),
    "figures": lambda key, value: read_choice(key, value, FIGURES),
    "battery": read_battery,
    "serial": read_serial,
    "fault": lambda _key, value: Planned.parse(value),
}
