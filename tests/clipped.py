"""Two-column files of clipped measurements, made of measured native files.

The native counts above the dark frame are scaled so that the strongest line in 300-2500 cm-1 would
be so many times what fits below the clipping level. Then come the camera's noise, the clipping, the
rounding to counts and the subtraction of a dark frame with noise of its own: the clipped top holds
the dark frame's noise and structure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.spectra.files.bwtek import BwtekFile, read_bwtek
from device.spectra.spectrum import Spectrum

Floats = npt.NDArray[np.float64]
DATA = Path(__file__).resolve().parent.parent / "data"
FULL_SCALE_COUNTS = 65_535.0
AXES = {"native": 0.0, "1 cm-1": 1.0, "2 cm-1": 2.0}  # step; 0: the pixels themselves
FIRST_CM1, LAST_CM1 = 300.0, 2500.0


@dataclass(frozen=True, eq=False)
class ClippedFile:
    """What the operator would have, and how many neighbouring pixels of the range clip."""

    name: str
    axis: str  # of AXES
    spectrum: Spectrum
    clipped_pixels: int


def native_files() -> list[Path]:
    return sorted((DATA / "solvents13").glob("*/*.txt"))


def clipped_files(
    paths: Sequence[Path],
    times: Sequence[float],
    noise_counts: Sequence[float] = (3.0, 10.0, 40.0),
    level_counts: float = FULL_SCALE_COUNTS,
    level_spread_counts: float = 0.0,
    seed: int = 0,
) -> Iterator[ClippedFile]:
    """Every file at every factor and noise on every axis; below 1 nothing clips."""
    rng = np.random.default_rng(seed)
    for path in paths:
        native = read_bwtek(path)
        for factor in times:
            for noise in noise_counts:
                level = level_counts + level_spread_counts * rng.standard_normal(
                    len(native.raw_counts)
                )
                axis, net, pixels = _exposed(native, factor, noise, level, rng)
                for name, step in AXES.items():
                    points = np.arange(FIRST_CM1, LAST_CM1 + 1.0, step) if step else axis
                    spectrum = Spectrum(points, np.interp(points, axis, net), source=path.name)
                    yield ClippedFile(f"{path.stem} x{factor} +-{noise}", name, spectrum, pixels)


def _exposed(
    native: BwtekFile, factor: float, noise: float, level: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats, int]:
    page = native.calibration
    axis, raw, dark, level = (
        column[page.valid_range]
        for column in (page.wavenumber_cm1(), native.raw_counts, native.dark_counts, level)
    )
    inside = (axis >= FIRST_CM1) & (axis <= LAST_CM1)
    signal = raw - dark
    strongest = int(np.flatnonzero(inside)[signal[inside].argmax()])
    scale = factor * (float(np.mean(level)) - dark[strongest]) / signal[strongest]
    lit = signal * scale + dark + noise * rng.standard_normal(len(axis))
    clipped = inside & (lit >= level)
    lit = np.round(np.minimum(np.minimum(lit, level), FULL_SCALE_COUNTS))
    net: Floats = lit - (dark + noise * rng.standard_normal(len(axis))).round()
    return axis, net, _longest(clipped)


def _longest(mask: npt.NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return int(max(edges[1::2] - edges[::2], default=0))


def smooth_spectra(count: int, lines_on_a_top: int, seed: int = 0) -> Iterator[Spectrum]:
    """Unclipped tops of random width, pixel and signal-to-noise ratio (8 to 10,000).

    `lines_on_a_top`: 1 for single lines, half of them Lorentzians; 2 for doublets whose lines are
    1.6 to 2.5 sigma apart, 2.0 being the flattest top.
    """
    rng = np.random.default_rng(seed)
    for number in range(count):
        pixel_cm1 = rng.uniform(0.8, 2.5)
        axis = np.cumsum(pixel_cm1 * np.linspace(1.2, 0.8, int(2400 / pixel_cm1))) + 200.0
        sigma = max(5.0, rng.uniform(2.5, 10.0) * pixel_cm1, rng.uniform(-8.0, 25.0)) / 2.355
        shape: Floats = np.zeros(len(axis))
        for line in range(int(rng.integers(1, 6))):
            height = 1.0 if line == 0 else rng.uniform(0.5, 1.0)
            u = (axis - rng.uniform(350.0, 2400.0)) / sigma
            apart = rng.uniform(0.8, 1.25)
            if lines_on_a_top == 2:
                other = rng.uniform(0.85, 1.15)
                top = np.exp(-0.5 * (u - apart) ** 2) + other * np.exp(-0.5 * (u + apart) ** 2)
            else:
                top = np.exp(-0.5 * u**2) if number % 2 else 1.0 / (1.0 + u**2 / 1.39)
            shape = shape + height * np.asarray(top, dtype=np.float64)
        counts = 2e4 * shape / shape.max()
        counts += 2e4 / 10 ** rng.uniform(0.9, 4.0) * rng.standard_normal(len(axis))
        yield Spectrum(axis, np.round(counts * 10 ** rng.uniform(-2.0, 0.0)))
        for step in (1.0, 2.0):
            points = np.arange(FIRST_CM1, LAST_CM1 + 1.0, step)
            yield Spectrum(points, np.interp(points, axis, counts))
