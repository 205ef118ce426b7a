"""What `ramix simulate` simulates: its options as one value, a `SimulatedPort`.

Next: `simulate.py`, the verb; `../simulated/spec.py`, the value, which `sim:` gives too.
"""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from device.cli.options import with_options

if TYPE_CHECKING:
    from device.simulated.spec import SimulatedPort

# Spelled here again, because their owner imports the simulator; a test compares the two.
SCENES: Final = ("empty", "lamp", "neon", "argon", "polystyrene", "calcite")
CAMERAS: Final = ("ccd", "cmos")
FIGURES: Final = ("told", "unknown")
SEEDS: Final = (0, 10**18)
BOUNDS: Final[dict[str, tuple[float, float]]] = {
    "noise": (0.0, 65_535.0),
    "snr": (0.01, 1e6),
    "brightness": (1e-6, 1e6),
    "fluorescence": (0.0, 1e4),
    "room_light": (0.0, 1e8),
    "flicker": (0.0, 1.0),
    "speed": (0.001, 1e6),
    "trigger_every_s": (0.001, 86_400.0),
}
SCENES_EVERY_S: Final = 5.0


def _within(key: str) -> click.FloatRange:
    return click.FloatRange(*BOUNDS[key])


def simulated_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Sample, camera, faults and the like, as `port: SimulatedPort`."""

    @wraps(command)
    def collected(*words: Any, **asked: Any) -> Any:
        port = _port(**{name: asked.pop(name) for name in signature(_port).parameters})
        return command(*words, port=port, **asked)

    return with_options(collected, _OPTIONS)


def _port(
    *,
    replay: Path | None,
    mix: str | None,
    scene: str | None,
    scenes: str | None,
    brightness: float | None,
    fluorescence: float | None,
    wall: str | None,
    room_light: float | None,
    flicker: float | None,
    camera: str,
    figures: str,
    battery: str,
    serial: str | None,
    fault: str | None,
    flash: Path | None,
    model: str | None,
    seed: int,
    noise: float | None,
    snr: float | None,
    speed: float,
    trigger_every: float | None,
) -> "SimulatedPort":
    from device.simulated.planned import Planned
    from device.simulated.sample import parse_wall
    from device.simulated.spec import DEMO, NONE, SimulatedPort, parse_mix
    from device.simulated.values import read_battery, read_serial

    if trigger_every is None:
        trigger_every = 0.0 if scenes is None else SCENES_EVERY_S
    return SimulatedPort(
        replay=replay,
        mix=parse_mix(mix) if mix is not None else (),
        scene=scene,
        noise=noise or 0.0,
        snr=snr,
        brightness=brightness,
        fluorescence=fluorescence,
        wall=None if wall is None else parse_wall(wall),
        room_light=room_light,
        flicker=flicker,
        scenes=scenes if scenes in (None, DEMO) else Path(scenes),
        model=model if model in (None, NONE) else Path(model),
        flash=flash,
        seed=seed,
        trigger_every_s=trigger_every,
        speed=speed,
        camera=camera,
        figures=figures,
        battery=read_battery("battery", battery),
        serial="" if serial is None else read_serial("serial", serial),
        fault=Planned() if fault is None else Planned.parse(fault),
    )


_OPTIONS: Final = (
    click.option(
        "--replay",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A recorded spectrum to replay, in any format that `ramix identify --file` reads.",
    ),
    click.option("--mix", metavar="NAME:SHARE,...", help="A mixture of the model's references."),
    click.option(
        "--scene", type=click.Choice(SCENES), help="Nothing, a lamp (neon), or a Raman standard."
    ),
    click.option(
        "--scenes",
        metavar="demo|FILE.toml",
        help="A list of samples that take turns: the shipped demo, or your own.",
    ),
    click.option(
        "--brightness",
        type=_within("brightness"),
        metavar="FACTOR",
        help="How many times the usual light it gives.",
    ),
    click.option(
        "--fluorescence",
        type=_within("fluorescence"),
        metavar="FACTOR",
        help="Height of its fluorescence: times its highest Raman line.",
    ),
    click.option(
        "--wall",
        metavar="glass|pet|hdpe[:PART]",
        help="What the laser shines through; PART is the height of its light over that of the "
        "sample's highest line. [default: 0.3]",
    ),
    click.option(
        "--room-light",
        type=_within("room_light"),
        metavar="COUNTS",
        help="Daylight from the side, in counts per second at its highest point.",
    ),
    click.option(
        "--flicker",
        type=_within("flicker"),
        metavar="PART",
        help="Relative standard deviation of the room light from frame to frame.",
    ),
    click.option(
        "--camera",
        type=click.Choice(CAMERAS),
        default="ccd",
        show_default=True,
        help="The detector: cooled, with 16 bits; or small, with 12.",
    ),
    click.option(
        "--figures",
        type=click.Choice(FIGURES),
        default="told",
        show_default=True,
        help="Whether the host is told the camera's figures (gain, noise, dark current).",
    ),
    click.option(
        "--battery",
        metavar="PERCENT|none",
        default="100",
        show_default=True,
        help="The battery's charge.",
    ),
    click.option("--serial", metavar="SERIAL", help="Its serial number. [default: SIM-0001]"),
    click.option(
        "--fault",
        metavar="NAME[@N],...",
        help="What goes wrong with the Nth frame: late, lost, duplicated, damaged, short, stall, "
        "unplug, reboot; with the Nth lit one: interlock, laser; all the time: cooler.",
    ),
    click.option(
        "--flash",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Keep the analyzer's flash in this file, so that flashed models stay.",
    ),
    click.option(
        "--model",
        metavar="BUNDLE",
        help="The model that a blank flash gets, or none. [default: the shipped one]",
    ),
    click.option(
        "--seed",
        type=click.IntRange(*SEEDS),
        default=0,
        metavar="N",
        help="Seed of everything random. [default: 0]",
    ),
    click.option(
        "--noise",
        type=_within("noise"),
        metavar="COUNTS",
        help="Standard deviation of the noise that is added to each frame of a replay.",
    ),
    click.option(
        "--snr",
        type=_within("snr"),
        metavar="RATIO",
        help="Signal-to-noise ratio of each frame of a mixture: its highest count over the "
        "standard deviation of added noise.",
    ),
    click.option(
        "--speed",
        type=_within("speed"),
        metavar="FACTOR",
        default=1.0,
        show_default=True,
        help="Exposures take 1/SPEED of their time; the laser's lease is never shortened.",
    ),
    click.option(
        "--trigger-every",
        type=click.FloatRange(0.0, BOUNDS["trigger_every_s"][1]),
        metavar="SECONDS",
        help="Press the trigger after each such idle time; in less than the countdown of "
        "`ramix run` a press cancels the one before. "
        f"[default: never; {SCENES_EVERY_S:g} with --scenes]",
    ),
)
