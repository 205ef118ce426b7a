"""`sim:` ports: a scene from a recorded file or a bundle's references, in front of an analyzer.

`spec.py` says what such a port may hold; here its files are read and the analyzer built.

Next: `firmware_bridge/simulator/firmware.py`, the analyzer that answers.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from device.installation import default_model_path
from device.simulated.links import connect
from device.simulated.spec import SimulatedPort, parse, wrong
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.camera_figures import CAMERAS
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.flash import Flash
from firmware_bridge.simulator.scenes import (
    EmptyScene,
    ReplayScene,
    Scene,
    SpectrumScene,
    argon_lamp,
    calcite,
    mixture,
    neon_lamp,
    polystyrene,
)
from firmware_bridge.simulator.slot_store import SlotStore, flash_bytes

if TYPE_CHECKING:
    from device.driver.transports.base import Transport
    from device.inference.bundle import Bundle
    from firmware_bridge.calibration import CalibrationPage

# Line width of the references that we have (data/README.md), below the instrument's 12 cm-1.
_REFERENCE_RESOLUTION_CM1: Final = 8.5
_SCENES: Final[dict[str, Callable[[], Scene]]] = {
    "empty": EmptyScene,
    "lamp": neon_lamp,
    "neon": neon_lamp,
    "argon": argon_lamp,
    "polystyrene": polystyrene,
    "calcite": calcite,
}


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


def build_analyzer(
    port: SimulatedPort, framing: Framing, link_key: bytes | None = None
) -> SimulatedAnalyzer:
    """The analyzer that `port` asks for, with its model in slot A.

    Raises:
        as `open_transport`.
    """
    scene, calibration = _scene(port)
    flash = _flash(port)
    return SimulatedAnalyzer(
        scene,
        detector=CAMERAS[port.camera],
        calibration=calibration,
        flash=flash,
        framing=framing,
        seed=port.seed,
        speed=port.speed,
        trigger_every_s=port.trigger_every_s or None,
        equipment=Equipment(tells_camera=port.figures == "told", battery_percent=port.battery),
        link_key=link_key,
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
    return _SCENES[port.scene or "empty"](), None


def _mixture_scene(port: SimulatedPort) -> SpectrumScene:
    from device.inference.bundle import read_bundle_file
    from device.inference.trust import default_trust_policy

    path = _model_path(port)
    if path is None:
        raise wrong("mix needs a model for its references")
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
    raise wrong(f"{wanted!r} is not in the model {bundle.manifest.name}, which has {known}")


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
