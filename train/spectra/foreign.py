"""Signals that are in no library: what the networks must learn not to name.

Three kinds: random lines anywhere, a library compound moved by more than any axis error, and a
patchwork of library compounds. The network alone never has the last word on unknowns (the library
fit has), but it should not start the conversation with a wrong name.
Next: `generator.py`, which adds them.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from train.library.references import TrainingLibrary

Singles = npt.NDArray[np.float32]

_POOL = 768
_SHORTEST_MOVE_CM1, _LONGEST_MOVE_CM1 = 14, 120
_LONGEST_ROLL_CM1 = 400
_PATCH_CM1 = 150
_SIMILAR = 0.55  # cosine of band shapes from which the label "not compound c" is wrong


class ForeignPool:
    """Foreign spectra, made once per seed; drawn rolled and in pairs, so that few serve long."""

    def __init__(self, rng: np.random.Generator, library: TrainingLibrary) -> None:
        makers = (random_lines, moved_compound, patchwork)
        spectra = [makers[index % len(makers)](rng, library.wide) for index in range(_POOL)]
        self._size = library.wide.shape[1]
        # written twice in a row, every roll of a spectrum is one slice
        twice = np.tile(np.stack(spectra), (1, 2))
        self._rolled = np.lib.stride_tricks.sliding_window_view(twice, self._size, axis=1)
        self._references = _bands(library.wide)

    def add_to(
        self, rng: np.random.Generator, mixed: Singles, amount: Singles
    ) -> npt.NDArray[np.bool_]:
        """Add `amount[N]` of a random foreign spectrum to each row, in place.

        Returns bool[N, C]: where the added signal looks so much like a compound of the library
        that the label "absent" would be wrong.
        """
        similar = np.zeros((len(mixed), len(self._references)), dtype=np.bool_)
        rows = np.flatnonzero(amount > 0)
        if len(rows):
            second = rng.uniform(0, 1, (len(rows), 1)) * (rng.random((len(rows), 1)) < 0.5)
            foreign = self._draw(rng, len(rows)) + self._draw(rng, len(rows)) * second
            foreign /= np.maximum(foreign.max(axis=1, keepdims=True), 1e-6)
            mixed[rows] += (amount[rows, None] * foreign).astype(np.float32)
            similar[rows] = _bands(foreign) @ self._references.T > _SIMILAR
        return similar

    def _draw(self, rng: np.random.Generator, count: int) -> Singles:
        pick = rng.integers(len(self._rolled), size=count)
        roll = rng.integers(-_LONGEST_ROLL_CM1, _LONGEST_ROLL_CM1 + 1, size=count)
        spectra: Singles = self._rolled[pick, roll % self._size]
        return spectra


def random_lines(rng: np.random.Generator, references: Singles) -> Singles:
    """1 to 30 lines, 5 to 40 cm-1 wide, unequal heights; maximum 1."""
    size = references.shape[1]
    number = int(np.exp(rng.uniform(0, np.log(30))) + 0.5)
    center = rng.uniform(0, size, (number, 1))
    fwhm = np.exp(rng.uniform(np.log(5.0), np.log(40.0), (number, 1)))
    height = np.exp(rng.uniform(np.log(0.03), 0.0, (number, 1)))
    lines = height / (1 + ((np.arange(size) - center) / (fwhm / 2)) ** 2)
    return _unit(lines.sum(axis=0))


def moved_compound(rng: np.random.Generator, references: Singles) -> Singles:
    """One reference moved by 14 to 120 cm-1, sometimes mirrored."""
    source = references[rng.integers(len(references))]
    if rng.random() < 0.3:
        source = source[::-1]
    distance = int(rng.integers(_SHORTEST_MOVE_CM1, _LONGEST_MOVE_CM1))
    return _unit(np.roll(source, distance if rng.random() < 0.5 else -distance))


def patchwork(rng: np.random.Generator, references: Singles) -> Singles:
    """Another reference and another height in every stretch of 150 cm-1, softly joined."""
    size = references.shape[1]
    knots = np.arange(0, size + _PATCH_CM1, _PATCH_CM1) + rng.uniform(-_PATCH_CM1, 0)
    result = np.zeros(size)
    place = np.arange(size)
    for left in knots:
        compound = references[rng.integers(len(references))]
        height = np.exp(rng.uniform(np.log(0.02), 0.0)) * (rng.random() < 0.7)
        ramp = np.clip(np.minimum(place - left, left + _PATCH_CM1 - place) / 10 + 0.5, 0, 1)
        patch = compound * ramp
        result += height * patch / max(float(patch.max()), 0.02)
    return _unit(result)


def _unit(spectrum: npt.NDArray[Any]) -> Singles:
    return (spectrum / max(float(spectrum.max()), 1e-6)).astype(np.float32)


def _bands(spectra: Singles) -> Singles:
    """First differences of unit length: a measure of shape that ignores what is broad."""
    steps = np.diff(spectra, axis=1)
    result: Singles = steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-6)
    return result
