"""Measured references and synthetic scenes made of them, for the tests of the answers."""

from functools import cache

import numpy as np
import numpy.typing as npt

from device.inference.bundle import Bundle, read_bundle
from device.inference.trust import default_trust_policy
from device.installation import default_model_path
from device.spectra.resampling import MODEL_GRID
from device.spectra.spectrum import GridSpectrum

Floats = npt.NDArray[np.float64]
POINTS = 2201

# Files of data/wasatch785 and the solvent of the library that each holds.
OTHER_INSTRUMENT = {
    "toluene": "Toluene",
    "Heptane": "n-Heptane",
    "1-Butanol": "n-Butanol",
    "acetonitrile": "Acetonitrile",
    "cyclohexane": "cyclohexane",
    "ethanol": "ethanol",
    "isopropanol": "isopropanol",
    "methanol": "methanol",
    "Dichloromethane": "Dichloromethane",
}


@cache
def solvents() -> Bundle:
    """The shipped RaMixNet II for the thirteen solvents."""
    return read_bundle(default_model_path().read_bytes(), default_trust_policy())


def names() -> list[str]:
    return [compound.name for compound in solvents().manifest.compounds]


def references() -> Floats:
    """[13, 2201], unit maximum."""
    return np.asarray(solvents().references, dtype=np.float64)


def scene(
    shares: dict[str, float],
    *,
    shift_cm1: float = 0.0,
    snr: float = 200.0,
    baseline: float = 0.0,
    seed: int = 0,
    foreign: Floats | None = None,
) -> GridSpectrum:
    """A mixture in signal shares; baseline in heights of the strongest line, noise as SNR."""
    position = np.arange(POINTS, dtype=np.float64)
    signal = np.zeros(POINTS)
    for name, share in shares.items():
        reference = references()[names().index(name)]
        signal += share * np.interp(position - shift_cm1, position, reference)
    if foreign is not None:
        signal += foreign
    top = float(signal.max()) if signal.any() else 1.0
    slope = np.cos(np.linspace(0.2, 2.4, POINTS)) + 1.0
    sigma = 1000.0 * top / snr
    noise = np.random.default_rng(seed).normal(scale=sigma, size=POINTS)
    return GridSpectrum(
        intensity=1000.0 * (signal + baseline * top * slope) + noise,
        variance=np.full(POINTS, sigma**2),
        white_variance=np.full(POINTS, sigma**2),
        valid=np.ones(POINTS, dtype=np.bool_),
        saturated=np.zeros(POINTS, dtype=np.bool_),
        struck=np.zeros(POINTS, dtype=np.bool_),
        grid=MODEL_GRID,
    )


def lines(*positions_cm1: float, width_cm1: float = 10.0, height: float = 1.0) -> Floats:
    """Lorentzian lines that no reference has."""
    axis = 300.0 + np.arange(POINTS)
    result = np.zeros(POINTS)
    for center in positions_cm1:
        result += height / (1.0 + ((axis - center) / (0.5 * width_cm1)) ** 2)
    return result
