"""Measured spectra made worse in one way at a time: what instruments and operators do to them.

The lines are real, and so is what liquids that mix do to each other's; only what is added is
simulated. Next: `worsened.py`, which counts what is still named.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.spectra.spectrum import Spectrum
from evidence.pures import snip

Floats = npt.NDArray[np.float64]
# axis in cm-1, intensity, height of the highest Raman line -> axis, intensity
Worse = Callable[[np.random.Generator, Floats, Floats, float], tuple[Floats, Floats]]

SHIFT_CM1, STRETCH_CM1 = 4.0, 3.0
MEASURED_CM1 = (420.0, 1900.0)
RESPONSE = 0.15
_ETALON, _ETALON_PERIODS_CM1 = 0.01, (50.0, 190.0)
_WIDER_CM2, _PIXEL_CM1 = 18.0, 1.1  # lines of 7 cm-1 to 12, on a detector's pixels
_FINE_CM1 = 0.5


@dataclass(frozen=True)
class Condition:
    name: str
    worse: Worse


def worsened(rng: np.random.Generator, spectrum: Spectrum, condition: Condition) -> Spectrum:
    """A new spectrum of the same sample; nobody tells it how noisy it is."""
    axis, intensity = spectrum.wavenumber_cm1, spectrum.intensity
    whole_cm1 = np.interp(np.arange(axis[0], axis[-1]), axis, intensity)
    height = float((whole_cm1 - snip(whole_cm1)).max())
    axis, intensity = condition.worse(rng, axis.copy(), intensity.copy(), height)
    return Spectrum(axis, intensity, source=spectrum.source)


def _as_it_is(
    rng: np.random.Generator, axis: Floats, intensity: Floats, height: float
) -> tuple[Floats, Floats]:
    return axis, intensity


def _noise(snr: float) -> Worse:
    """White, at every point of the file: highest Raman line over its standard deviation."""

    def worse(
        rng: np.random.Generator, axis: Floats, intensity: Floats, height: float
    ) -> tuple[Floats, Floats]:
        return axis, intensity + height / snr * rng.standard_normal(len(intensity))

    return worse


def _baseline(times: float, snr: float) -> Worse:
    def worse(
        rng: np.random.Generator, axis: Floats, intensity: Floats, height: float
    ) -> tuple[Floats, Floats]:
        curve = _cubic(rng, len(axis))
        return _noise(snr)(rng, axis, intensity + times * height * curve, height)

    return worse


def _cubic(rng: np.random.Generator, count: int) -> Floats:
    """Positive, its highest point 1."""
    position = np.linspace(-1.0, 1.0, count)
    curve = np.vander(position, 4) @ rng.uniform(-1.0, 1.0, size=4)
    curve -= curve.min()
    result: Floats = 0.05 + 0.95 * curve / curve.max()
    return result


def _axis_error(shift_cm1: float, stretch_cm1: float) -> Worse:
    """`stretch_cm1`: of the last point; its negative of the first."""

    def worse(
        rng: np.random.Generator, axis: Floats, intensity: Floats, height: float
    ) -> tuple[Floats, Floats]:
        along = 2.0 * (axis - axis[0]) / (axis[-1] - axis[0]) - 1.0
        sign = rng.choice([-1.0, 1.0])
        return axis + sign * (shift_cm1 + stretch_cm1 * along), intensity

    return worse


def _response(
    rng: np.random.Generator, axis: Floats, intensity: Floats, height: float
) -> tuple[Floats, Floats]:
    turns, phase = rng.uniform(0.25, 1.0), rng.uniform(0.0, 2.0 * np.pi)
    along = (axis - axis[0]) / (axis[-1] - axis[0])
    return axis, intensity * (1.0 + RESPONSE * np.cos(2.0 * np.pi * turns * along + phase))


def _etalon(
    rng: np.random.Generator, axis: Floats, intensity: Floats, height: float
) -> tuple[Floats, Floats]:
    """Ripple of a back-thinned detector on everything, a baseline of twice the lines included."""
    period, phase = rng.uniform(*_ETALON_PERIODS_CM1), rng.uniform(0.0, 2.0 * np.pi)
    lit = intensity + 2.0 * height * _cubic(rng, len(axis))
    return axis, lit * (1.0 + _ETALON * np.cos(2.0 * np.pi * axis / period + phase))


def _wide(
    rng: np.random.Generator, axis: Floats, intensity: Floats, height: float
) -> tuple[Floats, Floats]:
    fine = np.arange(axis[0], axis[-1], _FINE_CM1)
    sigma = np.sqrt(_WIDER_CM2) / _FINE_CM1
    position = np.arange(-int(5 * sigma), int(5 * sigma) + 1)
    slit = np.exp(-0.5 * (position / sigma) ** 2)
    padded = np.pad(np.interp(fine, axis, intensity), len(position) // 2, mode="edge")
    blurred = np.convolve(padded, slit / slit.sum(), mode="valid")
    pixels = np.arange(axis[0], axis[-1], _PIXEL_CM1)
    return _noise(300.0)(rng, pixels, np.interp(pixels, fine, blurred), height)


def _short(
    rng: np.random.Generator, axis: Floats, intensity: Floats, height: float
) -> tuple[Floats, Floats]:
    inside = (axis >= MEASURED_CM1[0]) & (axis <= MEASURED_CM1[1])
    return axis[inside], intensity[inside]


def _ray(
    rng: np.random.Generator, axis: Floats, intensity: Floats, height: float
) -> tuple[Floats, Floats]:
    intensity[int(rng.integers(len(intensity)))] += rng.uniform(0.2, 1.0) * height
    return axis, intensity


CONDITIONS = (
    Condition("as measured", _as_it_is),
    Condition("SNR 100", _noise(100.0)),
    Condition("SNR 50", _noise(50.0)),
    Condition("SNR 30", _noise(30.0)),
    Condition("baseline 10 times the Raman, SNR 100", _baseline(10.0, 100.0)),
    Condition(f"axis off by {SHIFT_CM1:g} cm-1", _axis_error(SHIFT_CM1, 0.0)),
    Condition(f"axis off by -+{STRETCH_CM1:g} cm-1 at its ends", _axis_error(0.0, STRETCH_CM1)),
    Condition(f"response +-{RESPONSE:.0%}", _response),
    Condition(f"etalon ripple of {_ETALON:.0%}, baseline twice the Raman", _etalon),
    Condition("lines of 12 cm-1 on pixels of 1.1 cm-1, SNR 300", _wide),
    Condition("measured from {:.0f} to {:.0f} cm-1 only".format(*MEASURED_CM1), _short),
    Condition("one cosmic ray", _ray),
)
