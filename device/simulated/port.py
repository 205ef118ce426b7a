"""`sim:` ports: a simulated analyzer with its samples, its model and its flash.

`spec.py` says what such a port may hold, `light.py` makes the scenes; here the analyzer is built.

Next: `firmware_bridge/simulator/firmware.py`, the analyzer that answers.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from device.installation import default_model_path
from device.simulated.light import recorded_counts, scene_of
from device.simulated.links import connect
from device.simulated.scene_list import demo_list, read_list
from device.simulated.spec import DEMO, SimulatedPort, parse, wrong
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.camera_figures import CAMERAS
from firmware_bridge.simulator.detector import default_calibration
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.flash import Flash
from firmware_bridge.simulator.samples import Samples
from firmware_bridge.simulator.slot_store import SlotStore, flash_bytes

if TYPE_CHECKING:
    from device.driver.transports.base import Transport
    from device.inference.bundle import Bundle
    from device.simulated.scene_list import ListedScene
    from firmware_bridge.calibration import CalibrationPage

    Follow = Callable[[Sequence[ListedScene], Samples], None]


# Analyzers that are planned to get lost, by their specification: opening one again finds the same
# one, with its plan behind it.
_lost: dict[str, SimulatedAnalyzer] = {}


def open_transport(specification: str, follow: "Follow | None" = None) -> "Transport":
    """A link to a fresh simulated analyzer; `follow` is told of a list of scenes.

    One with the faults unplug or reboot is the same each time that it is opened.

    Raises:
        PortSyntaxError: the specification is malformed, or names a compound nobody knows.
        SceneListError, SpectrumFileError, BundleError, FlashFileError: a file that it names cannot
            be used.
    """
    port = parse(specification)
    if not port.fault.loses_link:
        return connect(port, build_analyzer(port, framing_of(port), follow))
    analyzer = _lost.pop(specification, None)
    if analyzer is None:
        analyzer = build_analyzer(port, framing_of(port), follow)
    elif not analyzer.connected:
        analyzer.plug_in()
    return connect(port, analyzer, lambda: _lost.update({specification: analyzer}))


def framing_of(port: SimulatedPort) -> Framing:
    return Framing.COBS if port.link == "pty" else Framing.RAW


def build_analyzer(
    port: SimulatedPort,
    framing: Framing,
    follow: "Follow | None" = None,
    link_key: bytes | None = None,
) -> SimulatedAnalyzer:
    """The analyzer that `port` asks for, with its model in slot A.

    Raises:
        as `open_transport`.
    """
    samples, calibration = _samples(port, follow)
    if port.serial:
        page = calibration or default_calibration(CAMERAS[port.camera])
        calibration = replace(page, serial=port.serial)
    flash = _flash(port)
    return SimulatedAnalyzer(
        samples,
        detector=CAMERAS[port.camera],
        calibration=calibration,
        flash=flash,
        framing=framing,
        seed=port.seed,
        speed=port.speed,
        trigger_every_s=port.trigger_every_s or None,
        equipment=Equipment(
            tells_camera=port.figures == "told",
            battery_percent=port.battery,
            cooler_holds=port.fault.cooler_holds,
        ),
        faults=port.fault.plan(port.seed),
        mishaps=port.fault.mishaps,
        link_key=link_key,
    )


def _samples(
    port: SimulatedPort, follow: "Follow | None"
) -> "tuple[Samples, CalibrationPage | None]":
    @cache
    def references() -> "Bundle":
        return _references(port)

    if port.scenes is None:
        replayed = recorded_counts(port)
        if replayed is not None:
            return Samples([replayed[0]]), replayed[1]
        return Samples([scene_of(port, references)]), None
    listed = demo_list() if port.scenes == DEMO else read_list(Path(port.scenes))
    samples = Samples([scene_of(one.sample, references) for one in listed])
    if follow is not None:
        follow(listed, samples)
    return samples, None


def _references(port: SimulatedPort) -> "Bundle":
    from device.inference.bundle import read_bundle_file
    from device.inference.trust import default_trust_policy

    path = _model_path(port)
    if path is None:
        raise wrong("mix needs a model for its references")
    return read_bundle_file(path, default_trust_policy())


def _flash(port: SimulatedPort) -> Flash:
    """The analyzer's flash; one that is blank gets its model as from the factory."""
    flash: Flash
    if port.flash is None:
        flash = Flash(flash_bytes())
    else:
        from device.simulated.flash_file import FlashFile

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

    from device.inference.container import Container
    from device.inference.errors import BundleError

    try:
        counter = json.loads(Container.from_bytes(image).manifest)["security_counter"]
    except (BundleError, ValueError, KeyError, TypeError):
        return 0
    return counter if isinstance(counter, int) and 0 <= counter < 2**32 else 0
