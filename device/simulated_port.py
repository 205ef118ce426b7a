"""`sim:` ports: a scene from a recorded file or a bundle's references, in front of an analyzer.

`sim:key=value&key=value`, percent-decoded. What lies under the laser: `replay=FILE` (a B&W Tek
native file), `mix=NAME:SHARE,NAME:SHARE` (references of the bundle, shares of signal), or
`scene=empty|lamp`. Beside it:

    model=FILE|none      the bundle in slot A, and of the mixture's references
    flash=FILE           keeps the analyzer's flash between runs
    link=inproc|pty|usb|tcp   inproc runs on a virtual clock, the others in real time
    seed=N               of everything random
    noise=COUNTS         added to each replayed frame (standard deviation)
    snr=RATIO            of each frame of a mixture
    trigger_every_s=S    the trigger is pressed after each such idle time; 0 for never
    speed=FACTOR         exposures take 1/FACTOR of their time

Next: `firmware_bridge/simulator/firmware.py`, the analyzer that answers.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from device.installation import default_model_path
from device.ports import PortSyntaxError
from device.simulated_links import connect
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.flash import Flash
from firmware_bridge.simulator.scenes import (
    EmptyScene,
    ReplayScene,
    Scene,
    SpectrumScene,
    mixture,
    neon_lamp,
)
from firmware_bridge.simulator.slot_store import SlotStore, flash_bytes

if TYPE_CHECKING:
    from device.driver.transports.base import Transport
    from device.inference.bundle import Bundle
    from firmware_bridge.calibration import CalibrationPage

LINKS: Final = ("inproc", "pty", "usb", "tcp")
SCENES: Final = ("empty", "lamp")
NONE: Final = "none"
# Line width of the references that we have (data/README.md), below the instrument's 12 cm-1.
_REFERENCE_RESOLUTION_CM1: Final = 8.5
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
    trigger_every_s: float = 1.0
    speed: float = 1.0


def parse(specification: str) -> SimulatedPort:
    """What follows `sim:`.

    Raises:
        PortSyntaxError: an unknown or repeated key, a value that is none, a contradiction.
    """
    values: dict[str, str] = {}
    for part in specification.split("&") if specification else []:
        key, equals, value = part.partition("=")
        if key not in _READERS or not equals:
            raise _wrong(
                f"{part!r} is not understood; keys are {', '.join(_READERS)}"
                + ("" if equals else " (write %26 for an & inside a path)")
            )
        if key in values:
            raise _wrong(f"{key} is given twice")
        if not value:
            raise _wrong(f"{key} has no value")
        values[key] = value
    scenes = [key for key in ("replay", "mix", "scene") if key in values]
    if len(scenes) > 1:
        raise _wrong(f"{' and '.join(scenes)} exclude each other")
    for key, needs in (("noise", "replay"), ("snr", "mix")):
        if key in values and needs not in values:
            raise _wrong(f"{key} goes with {needs}")
    chosen: dict[str, Any] = {key: _READERS[key](key, value) for key, value in values.items()}
    return SimulatedPort(**chosen)


def open_transport(specification: str) -> "Transport":
    """A link to a fresh simulated analyzer.

    Raises:
        PortSyntaxError: the specification is malformed, or names a compound nobody knows.
        SpectrumFileError, BundleError, FlashFileError: a file that it names cannot be used.
    """
    port = parse(specification)
    return connect(port, build_analyzer(port, framing_of(port)))


def framing_of(port: SimulatedPort) -> Framing:
    return Framing.COBS if port.link == "pty" else Framing.RAW


def build_analyzer(port: SimulatedPort, framing: Framing) -> SimulatedAnalyzer:
    """The analyzer that `port` asks for, with its model in slot A.

    Raises:
        as `open_transport`.
    """
    scene, calibration = _scene(port)
    flash = _flash(port)
    return SimulatedAnalyzer(
        scene,
        calibration=calibration,
        flash=flash,
        framing=framing,
        seed=port.seed,
        speed=port.speed,
        trigger_every_s=port.trigger_every_s or None,
    )


def _scene(port: SimulatedPort) -> "tuple[Scene, CalibrationPage | None]":
    if port.replay is not None:
        from device.spectra.files.bwtek import read_bwtek

        file = read_bwtek(port.replay)
        scene = ReplayScene(
            raw_counts=file.raw_counts,
            dark_counts=file.dark_counts,
            integration_time_ms=file.integration_time_ms,
            recorded_average=file.averages,
            noise_counts=port.noise,
        )
        return scene, file.calibration
    if port.mix:
        return _mixture_scene(port), None
    return (neon_lamp() if port.scene == "lamp" else EmptyScene()), None


def _mixture_scene(port: SimulatedPort) -> SpectrumScene:
    from device.inference.bundle import read_bundle_file
    from device.inference.trust import default_trust_policy

    path = _model_path(port)
    if path is None:
        raise _wrong("mix needs a model for its references")
    bundle = read_bundle_file(path, default_trust_policy())
    total = sum(share for _, share in port.mix)
    parts = [(share / total, bundle.references[_row(bundle, name)]) for name, share in port.mix]
    return SpectrumScene(
        mixture(bundle.manifest.grid.wavenumber_cm1, parts),
        resolution_cm1=_REFERENCE_RESOLUTION_CM1,
        snr=port.snr,
    )


def _row(bundle: "Bundle", wanted: str) -> int:
    for row, compound in enumerate(bundle.manifest.compounds):
        if wanted.casefold() in {name.casefold() for name in (compound.name, *compound.synonyms)}:
            return row
    known = ", ".join(bundle.manifest.compound_names)
    raise _wrong(f"{wanted!r} is not in the model {bundle.manifest.name}, which has {known}")


def _flash(port: SimulatedPort) -> Flash:
    """The analyzer's flash; one that is blank gets its model as from the factory."""
    flash: Flash
    if port.flash is None:
        flash = Flash(flash_bytes())
    else:
        from device.simulated_flash import FlashFile

        flash = FlashFile.open(port.flash)
    path = _model_path(port)
    if path is not None and flash.is_blank:
        from device.inference.bundle import read_bundle_bytes

        image = read_bundle_bytes(path)
        SlotStore(flash).install(0, image, _security_counter(image))
    return flash


def _model_path(port: SimulatedPort) -> Path | None:
    """The bundle's file. Without any shipped models, as in a bare checkout, slots are empty."""
    if port.model is None:
        default = default_model_path()
        return default if default.exists() else None
    return port.model if isinstance(port.model, Path) else None


def _security_counter(image: bytes) -> int:
    """From the manifest, unverified: a factory may also put in what the runtime must refuse."""
    import json

    from device.inference.bundle import Container
    from device.inference.errors import BundleError

    try:
        counter = json.loads(Container.from_bytes(image).manifest)["security_counter"]
    except (BundleError, ValueError, KeyError, TypeError):
        return 0
    return counter if isinstance(counter, int) and 0 <= counter < 2**32 else 0


def _wrong(text: str) -> PortSyntaxError:
    return PortSyntaxError(
        f"In the simulated port: {text}.",
        remedy="For example sim:replay=FILE, or sim:mix=toluene:0.5,ethanol:0.5&seed=1.",
    )


def _read_path(_key: str, value: str) -> Path:
    """Percent-decoded, unless a file has exactly the name that was typed."""
    typed = Path(value).expanduser()
    return typed if typed.exists() else Path(unquote(value)).expanduser()


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
            raise _wrong(f"{text!r} is not NAME:SHARE,NAME:SHARE")
        share = _read_number("the share of " + match["name"], match["share"])
        if share == 0:
            raise _wrong(f"the share of {match['name']} must be above 0")
        parts.append((match["name"].strip(), share))
        position = match.end()
    return tuple(parts)


def _read_number(key: str, value: str) -> float:
    try:
        number = float(unquote(value))
    except ValueError as error:
        raise _wrong(f"{key} is {value!r}, not a number") from error
    if not (math.isfinite(number) and number >= 0):
        raise _wrong(f"{key} is {value!r}; it cannot be negative or infinite")
    return number


def _read_positive(key: str, value: str) -> float:
    number = _read_number(key, value)
    if number == 0:
        raise _wrong(f"{key} must be above 0")
    return number


def _read_seed(key: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise _wrong(f"{key} is {value!r}, not a whole number")
    return int(value)


def _read_link(key: str, value: str) -> str:
    return _read_choice(key, value, LINKS)


def _read_scene(key: str, value: str) -> str:
    return _read_choice(key, value, SCENES)


def _read_choice(key: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise _wrong(f"{key} is {value!r}, not one of {', '.join(choices)}")
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
}
