"""The paper's six samples as frames of the simulated analyzer, from liquids nobody trained on.

Every repeat has liquids of its own: relative intensities and widths of each line within +-20% of
the library's line table, each liquid's axis within +-3 cm-1; Voigt lines where training has sums
of Gaussian and Lorentzian. Light falls on the simulated camera (`evidence/frames.py`).
Next: `paper.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.spectra.spectrum import Spectrum
from evidence.frames import measure
from evidence.scenes import Conditions, baseline_curve
from firmware_bridge.simulator.scenes import SpectrumScene, mixture
from notebook.paper_printed import COMPOUNDS, SAMPLES
from train.library.file import LIBRARY_FOLDER
from train.recipe import read_toml

Floats = npt.NDArray[np.float64]

PERTURBED_PART = 0.20  # of intensities and widths, uniform +-
PERTURBED_SHIFT_CM1 = 3.0
TABLE_RESOLUTION_CM1 = 8.5  # at which the line table gives its widths
_AXIS_CM1: Floats = np.arange(200.0, 2601.0, 0.5)
_BASELINE = Conditions(baseline=1.0)
_COUNTS_PER_S = 12_000.0  # two seconds and as much baseline again stay below 65,535


@dataclass(frozen=True, eq=False)
class SampleFrame:
    sample: int  # 0 .. 5 for S1 .. S6
    spectrum: Spectrum
    truth: Floats  # [4] ratios of unit-maximum spectra
    truth_by_area: Floats  # [4] if the same amount means the same area under all lines


def sample_frames(seed: list[int], repeats: int) -> Iterator[SampleFrame]:
    """Each of the six samples `repeats` times."""
    rng = np.random.default_rng(seed)
    lines = line_table()
    for repeat in range(repeats):
        for number, (present, seconds) in enumerate(SAMPLES.values()):
            ratios = np.array([float(name in present) for name in COMPOUNDS])
            scene, by_area = _scene(rng, lines, ratios)
            camera_seed = int(rng.integers(2**31)) + repeat
            yield SampleFrame(number, measure(scene, camera_seed, seconds), ratios, by_area)


def line_table() -> dict[str, Floats]:
    """Of each liquid: [lines, 3] position, relative intensity, width in cm-1."""
    entries = read_toml(LIBRARY_FOLDER / "aromatics4.toml")["compound"]
    return {entry["name"]: np.array(entry["lines"]) for entry in entries}


def liquid(lines: Floats) -> Floats:
    """Unit-maximum spectrum on the axis of the line table as it is."""
    spectrum = np.zeros_like(_AXIS_CM1)
    for position, intensity, fwhm in lines:
        spectrum += intensity * voigt(_AXIS_CM1, position, fwhm)
    result: Floats = spectrum / spectrum.max()
    return result


def perturbed_liquid(rng: np.random.Generator, lines: Floats) -> Floats:
    """Unit-maximum spectrum on the axis from lines that are all a little wrong."""
    part = 1.0 + rng.uniform(-PERTURBED_PART, PERTURBED_PART, (len(lines), 2))
    shift = rng.uniform(-PERTURBED_SHIFT_CM1, PERTURBED_SHIFT_CM1)
    moved = lines + [shift, 0.0, 0.0]
    moved[:, 1:] *= part
    return liquid(moved)


def voigt(axis_cm1: Floats, center_cm1: float, fwhm_cm1: float) -> Floats:
    """Unit height: a Lorentzian of half the width convolved with the Gaussian that fills it up.

    Width of the whole after Olivero and Longbothum 1977; made in Fourier space, where the
    convolution is a product.
    """
    step = float(axis_cm1[1] - axis_cm1[0])
    lorentzian = 0.5 * fwhm_cm1
    gaussian = np.sqrt((fwhm_cm1 - 0.5346 * lorentzian) ** 2 - 0.2166 * lorentzian**2)
    sigma = gaussian / (2.0 * np.sqrt(2.0 * np.log(2.0)))
    points = 2 * len(axis_cm1)  # twice as long: the far side must not come round
    frequency = np.fft.rfftfreq(points, step)
    decay = np.pi * lorentzian * frequency + 2.0 * (np.pi * sigma * frequency) ** 2
    phase = 2j * np.pi * frequency * (center_cm1 - axis_cm1[0])
    line = np.fft.irfft(np.exp(-decay - phase), points)[: len(axis_cm1)]
    result: Floats = line / line.max()
    return result


def _scene(
    rng: np.random.Generator, lines: dict[str, Floats], ratios: Floats
) -> tuple[SpectrumScene, Floats]:
    raman = np.zeros_like(_AXIS_CM1)
    by_area = ratios.copy()
    for index in np.flatnonzero(ratios):
        table = lines[COMPOUNDS[index]]
        spectrum = perturbed_liquid(rng, table)
        raman += ratios[index] * spectrum
        by_area[index] *= spectrum.sum() / liquid(table).sum()
    baseline = baseline_curve(rng, len(_AXIS_CM1), _BASELINE)
    scene = SpectrumScene(
        mixture(_AXIS_CM1, [(1.0, raman / raman.max() + baseline)]),
        counts_per_s=_COUNTS_PER_S,
        resolution_cm1=TABLE_RESOLUTION_CM1,
    )
    return scene, by_area
