"""Measured liquids behind walls: sums of spectra of one instrument, each with noise of its own."""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.answer.answer import Answer
from device.answer.identifier import Identifier
from device.spectra.files.reading import read_spectrum
from device.spectra.spectrum import Spectrum
from tests.measured import solvents

Floats = npt.NDArray[np.float64]

WASATCH = Path(__file__).parents[1] / "data" / "wasatch785"
AXIS_CM1 = np.arange(302.0, 2303.5)
# Files of data/wasatch785 and what the library has of them; acetone is not in it.
LIQUIDS = {
    "toluene": {"Toluene"},
    "cyclohexane": {"cyclohexane"},
    "ethanol": {"ethanol"},
    "isopropanol": {"isopropanol"},
    "acetone": set(),
}
_FILES = {"PET": "PET", "HDPE": "Polyethylene"}
# Luminescence of glass at 785 nm: a band about 880 nm, that is 1375 cm-1, with three components
# (Fikiet, Tuschel, Ermolenkov & Lednev, Appl. Spectrosc. 2019, "Clarifying Glass Luminescence at
# Near-Infrared Excitation"). How wide and how far apart these are is assumed.
_GLASS_CM1, _GLASS_APART_CM1, _GLASS_SIGMA_CM1 = 1375.0, 150.0, 90.0
WALLS = (*_FILES, "glass")


@cache
def pure(name: str) -> Floats:
    """[AXIS_CM1], 1 high."""
    found = read_spectrum(WASATCH / f"{name}.csv")
    values = np.interp(AXIS_CM1, found.wavenumber_cm1, found.intensity)
    return np.asarray(values / values.max())


@cache
def wall(name: str, shift_cm1: float = 0.0) -> Floats:
    """[AXIS_CM1], 1 high, moved to the right."""
    if name in _FILES:
        return np.interp(AXIS_CM1 - shift_cm1, AXIS_CM1, pure(_FILES[name]))
    apart = AXIS_CM1 - shift_cm1 - _GLASS_CM1
    places = _GLASS_APART_CM1 * np.array([-1.0, 0.0, 1.0])
    values = np.exp(-0.5 * np.square((apart - places[:, None]) / _GLASS_SIGMA_CM1)).sum(axis=0)
    return np.asarray(values / values.max())


def measured(values: Floats, snr: float = 200.0, seed: int = 0, source: str = "") -> Spectrum:
    """Counts whose noise is that of a line 1 high with such a signal-to-noise ratio."""
    noise = np.random.default_rng(seed).normal(size=len(values)) / snr
    return Spectrum(AXIS_CM1, 1e4 * (values + noise), source=source)


def blank(name: str, snr: float = 200.0, seed: int = 1000) -> Spectrum:
    return measured(wall(name), snr, seed, f"{name}.csv")


def behind(
    liquid: str, name: str, part: float, shift_cm1: float = 0.0, snr: float = 200.0, seed: int = 1
) -> Spectrum:
    """A liquid behind a wall whose strongest line has such a part of the liquid's."""
    return measured(pure(liquid) + part * wall(name, shift_cm1), snr, seed, f"{liquid}.csv")


@cache
def identifier() -> Identifier:
    return Identifier(solvents())


def answer(spectrum: Spectrum, *blanks: Spectrum) -> Answer:
    made = [identifier().container(one) for one in blanks]
    return identifier().identify(spectrum, made)


def named(found: Answer) -> set[str]:
    return {component.name for component in found.identification.components}


def codes(found: Answer) -> list[str]:
    return [reason.code for reason in found.identification.reasons]
