"""Spectra on which int8 is put to the test: one weak component under a strong baseline.

Made by the independent generator (`evidence/scenes.py`). Only the networks' inputs are kept, for
thousands of spectra; whole scenes for as many as go through the device path. Next: `int8.py`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.spectra.preprocessing import INT8_FULL_SCALE, preprocess, quantize
from device.spectra.spectrum import to_grid
from evidence.pures import Pures
from evidence.robustness import COMPONENTS, SMALLEST_SHARE, TRIALS
from evidence.scenes import Conditions, Scene, draw_shares, make_scene

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

WEAK_SHARES = (0.02, 0.05, 0.10)
CONDITIONS = Conditions(snr=100.0, shift_cm1=(-1.0, 1.0), baseline=19.0, strong_baseline=True)
_SMALLEST_OTHER = 0.15  # of what the weak one leaves: always more than it


@dataclass(frozen=True, eq=False)
class Cell:
    """N spectra of one kind; `weak` [N] is the component in question, -1 where there is none."""

    name: str
    preprocessed: npt.NDArray[np.float32]  # [N, G] in [-1, 1], before it is rounded to codes
    shares: Floats  # [N, C]
    weak: npt.NDArray[np.int64]
    scenes: tuple[Scene, ...]  # the first of them, whole

    @property
    def inputs(self) -> npt.NDArray[np.int8]:
        """What the analyzer hands to its network."""
        return quantize(self.preprocessed)

    @property
    def unrounded(self) -> npt.NDArray[np.float32]:
        """The same on the scale of the codes."""
        scaled: npt.NDArray[np.float32] = self.preprocessed * np.float32(INT8_FULL_SCALE)
        return scaled


def weak_cells(seed: list[int], pures: Pures, count: int, whole: int) -> list[Cell]:
    """One weak component beside one to three others, for each of the weak shares."""
    compounds = len(pures.names)
    cells = []
    for number, share in enumerate(WEAK_SHARES):
        rng = np.random.default_rng([*seed, number])
        drawn = []
        for _ in range(count):
            shares = draw_shares(rng, compounds, (1, 3), _SMALLEST_OTHER) * (1.0 - share)
            weak = int(rng.choice(np.flatnonzero(shares == 0)))
            shares[weak] = share
            drawn.append((shares, weak))
        cells.append(_cell(f"{share:.0%}", rng, pures, drawn, CONDITIONS, whole))
    return cells


def trial_cells(seed: list[int], pures: Pures, count: int) -> list[Cell]:
    """The conditions of the `robustness` figure, each by itself, without a weak component."""
    cells = []
    for number, trial in enumerate(TRIALS):
        rng = np.random.default_rng([*seed, len(WEAK_SHARES) + number])
        drawn = [
            (draw_shares(rng, len(pures.names), COMPONENTS, SMALLEST_SHARE), -1)
            for _ in range(count)
        ]
        cells.append(_cell(trial.name, rng, pures, drawn, trial.conditions, 0))
    return cells


def _cell(
    name: str,
    rng: np.random.Generator,
    pures: Pures,
    drawn: list[tuple[Floats, int]],
    conditions: Conditions,
    whole: int,
) -> Cell:
    kept, inputs = [], []
    for number, (shares, _) in enumerate(drawn):
        scene = make_scene(rng, pures, shares, conditions)
        gridded = to_grid(scene.spectrum)
        inputs.append(preprocess(gridded.intensity, gridded.valid))
        if number < whole:
            kept.append(scene)
    return Cell(
        name,
        np.stack(inputs),
        np.stack([shares for shares, _ in drawn]),
        np.array([weak for _, weak in drawn]),
        tuple(kept),
    )
