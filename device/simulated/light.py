"""A sample's values to a scene: recorded spectra, references and container walls become light.

Next: `firmware_bridge/simulator/scenes.py`, the scenes; `port.py`, the analyzer around them.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from device.installation import shipped_data_dir
from device.simulated.sample import Sample
from device.simulated.values import wrong
from firmware_bridge.simulator.room_light import RoomLight
from firmware_bridge.simulator.scenes import (
    EmptyScene,
    LampScene,
    ReplayScene,
    Scene,
    SpectrumScene,
    argon_lamp,
    calcite,
    mixture,
    neon_lamp,
    polystyrene,
)

if TYPE_CHECKING:
    from device.inference.bundle import Bundle
    from firmware_bridge.calibration import CalibrationPage

Floats = npt.NDArray[np.float64]
Curve = Callable[[Floats], Floats]
References = Callable[[], "Bundle"]  # called where a mixture needs them

# Line width of the references that we have (data/README.md), below the instrument's 12 cm-1.
_REFERENCE_RESOLUTION_CM1: Final = 8.5
# Of files that do not say it: the widths of lines in data/wasatch785.
_FILE_RESOLUTION_CM1: Final = 6.0
_USUAL_COUNTS_PER_S: Final = 20_000.0
_SEEN_CM1: Final = (300.0, 2500.0)  # where a recording's highest point counts
# Assumed: a band that falls towards higher shifts, wider than any Raman line.
_GLOW_CM1, _GLOW_SIGMA_CM1 = 700.0, 900.0
# Luminescence of glass at 785 nm: a band about 880 nm, that is 1375 cm-1, with three components
# (Fikiet, Tuschel, Ermolenkov & Lednev, Appl. Spectrosc. 2019, "Clarifying Glass Luminescence at
# Near-Infrared Excitation"). How wide and how far apart these are is assumed.
_GLASS_CM1, _GLASS_APART_CM1, _GLASS_SIGMA_CM1 = 1375.0, 150.0, 90.0
WALL_FILES: Final = {"pet": "PET.csv", "hdpe": "Polyethylene.csv"}


def recorded_counts(sample: Sample) -> "tuple[ReplayScene, CalibrationPage] | None":
    """A recording's own counts on its own axis; None where the camera has to see it as light.

    Raises:
        SpectrumFileError: the file cannot be used.
    """
    from device.spectra.files import bwtek
    from device.spectra.files.text import read_text

    if sample.replay is None or sample.changes_light:
        return None
    text = read_text(sample.replay)
    if not bwtek.recognises(text):
        return None
    file = bwtek.parse(text)
    scene = ReplayScene(
        raw_counts=file.raw_counts,
        dark_counts=file.dark_counts,
        integration_time_ms=file.integration_time_ms,
        recorded_average=file.averages,
        noise_counts=sample.noise,
    )
    return scene, file.calibration


def scene_of(sample: Sample, references: References) -> Scene:
    """What the simulated camera sees of `sample`.

    Raises:
        PortSyntaxError: a compound that the model does not have, or noise for light.
        SpectrumFileError, BundleError: a file cannot be used.
    """
    if sample.noise:
        raise wrong("noise goes with a replay of recorded counts")
    room = _room(sample)
    factor = 1.0 if sample.brightness is None else sample.brightness
    bare = _bare(sample, references)
    if isinstance(bare, LampScene):
        return LampScene(tuple((nm, factor * height) for nm, height in bare.lines), room)
    glow = _glow(sample)
    if bare is None:
        if glow is None:
            return EmptyScene(room)
        bare = SpectrumScene(np.zeros_like)
    return replace(
        bare, counts_per_s=factor * bare.counts_per_s, snr=sample.snr, glow=glow, room=room
    )


def _bare(sample: Sample, references: References) -> SpectrumScene | LampScene | None:
    if sample.replay is not None:
        return _recorded_light(sample)
    if sample.mix:
        return _mixture(sample.mix, references())
    match sample.scene:
        case "lamp" | "neon":
            return neon_lamp()
        case "argon":
            return argon_lamp()
        case "polystyrene":
            return polystyrene()
        case "calcite":
            return calcite()
        case _:
            return None


def _recorded_light(sample: Sample) -> SpectrumScene:
    """Lit less dark frame, or what the file has; its own noise is part of it."""
    from device.spectra.files import bwtek
    from device.spectra.files.reading import parse_spectrum
    from device.spectra.files.text import read_text

    text = read_text(sample.replay or "")
    found = parse_spectrum(text)
    inside = (found.wavenumber_cm1 >= _SEEN_CM1[0]) & (found.wavenumber_cm1 <= _SEEN_CM1[1])
    highest = float(found.intensity[inside].max()) if inside.any() else 0.0
    if not highest > 0:
        text.fail(f"no light between {_SEEN_CM1[0]:g} and {_SEEN_CM1[1]:g} cm-1")
    counts_per_s, resolution_cm1 = _USUAL_COUNTS_PER_S, _FILE_RESOLUTION_CM1
    if bwtek.recognises(text):
        file = bwtek.parse(text)
        counts_per_s = highest / (file.integration_time_ms / 1e3)
        resolution_cm1 = file.calibration.resolution_cm1
    return SpectrumScene(
        _curve(found.wavenumber_cm1, found.intensity / highest),
        counts_per_s=counts_per_s,
        resolution_cm1=resolution_cm1,
    )


def _mixture(mix: tuple[tuple[str, float], ...], bundle: "Bundle") -> SpectrumScene:
    total = sum(share for _, share in mix)
    parts = [(share / total, bundle.references[_row(bundle, name)]) for name, share in mix]
    return SpectrumScene(
        mixture(bundle.manifest.grid.wavenumber_cm1, parts),
        resolution_cm1=_REFERENCE_RESOLUTION_CM1,
    )


def _row(bundle: "Bundle", wanted: str) -> int:
    for row, compound in enumerate(bundle.manifest.compounds):
        if wanted.casefold() in {name.casefold() for name in (compound.name, *compound.synonyms)}:
            return row
    known = ", ".join(bundle.manifest.compound_names)
    raise wrong(f"{wanted!r} is not in the model {bundle.manifest.name}, which has {known}")


def _room(sample: Sample) -> RoomLight | None:
    if sample.room_light is None:
        return None
    return RoomLight(_daylight(), sample.room_light, sample.flicker or 0.0)


@cache
def _daylight() -> Curve:
    """Daylight indoors as a silicon detector counts it, over vacuum wavelength in nm."""
    table = resources.files("device.spectra").joinpath("daylight.csv").read_text()
    rows = [line.split(",") for line in table.splitlines() if line[:1].isdigit()]
    wavelength_nm, counts = np.array(rows, dtype=np.float64).T
    return _curve(wavelength_nm, counts)


def _glow(sample: Sample) -> Curve | None:
    """Fluorescence and wall over Raman shift, against the sample's highest point."""
    parts: list[tuple[float, Curve]] = []
    if sample.fluorescence:
        parts.append((sample.fluorescence, _fluorescence))
    if sample.wall is not None:
        name, part = sample.wall
        parts.append((part, _glass if name == "glass" else _measured_wall(name)))
    if not parts:
        return None
    return lambda shift_cm1: np.asarray(sum(part * curve(shift_cm1) for part, curve in parts))


def _fluorescence(shift_cm1: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * np.square((shift_cm1 - _GLOW_CM1) / _GLOW_SIGMA_CM1)))


def _glass(shift_cm1: Floats) -> Floats:
    apart = np.array([-1.0, 0.0, 1.0])[:, None] * _GLASS_APART_CM1
    bands = np.exp(-0.5 * np.square((shift_cm1 - _GLASS_CM1 - apart) / _GLASS_SIGMA_CM1))
    return np.asarray(bands.sum(axis=0) / 1.5)  # 1.5: the sum at the middle band, its highest


@cache
def _measured_wall(name: str) -> Curve:
    from device.spectra.files.reading import read_spectrum

    found = read_spectrum(shipped_data_dir() / "wasatch785" / WALL_FILES[name])
    return _curve(found.wavenumber_cm1, found.intensity / found.intensity.max())


def _curve(axis: Floats, values: Floats) -> Curve:
    """Linear between the points, level beyond them, nowhere below 0."""
    values = np.maximum(values, 0.0)
    return lambda wanted: np.interp(wanted, axis, values)
