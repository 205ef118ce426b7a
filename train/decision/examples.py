"""What network and library fit say of scenes: the rows that the decision's numbers are fitted on.

Next: `decide.py`, which fits them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.fit.library import Library
from device.fit.library_fit import LibraryFit
from device.inference.bundle import Bundle
from device.inference.interpreter import Interpreter
from device.spectra.cosmic_rays import without_cosmic_rays
from device.spectra.preprocessing import model_input
from device.spectra.quality import check
from device.spectra.spectrum import GridSpectrum, to_grid
from train.decision.scenes import DecisionScene, Kind, SceneMaker

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

KIND_PARTS = {Kind.KNOWN: 0.5, Kind.LEFT_OUT: 0.2, Kind.RANDOM: 0.15, Kind.HOMOLOGUE: 0.15}
_MOST_LEFT_OUT = 16  # compounds of a large library that go without in turn


@dataclass(frozen=True, eq=False)
class Example:
    """One scene with what was found in it; K compounds are at hand."""

    kind: Kind
    foreign: float  # 0-1 of the signal
    own_instrument: bool
    compounds: frozenset[int]  # of the library that play a part, the one left out included
    kept: tuple[int, ...]  # [K], of the library
    shares: Floats  # [K], of all signal
    presence: npt.NDArray[np.float32]  # [K], the network's
    fit: LibraryFit  # of all K
    gridded: GridSpectrum
    library: Library

    @property
    def present(self) -> Bools:
        return self.shares > 0

    def refit(self, only: Bools) -> LibraryFit:
        return self.library.refit(self.gridded, self.fit, only)


class ExampleMaker:
    """Examples of one bundle; the numbers of its own decision, if it has any, take no part."""

    def __init__(self, bundle: Bundle, seed: int) -> None:
        self._grid = bundle.manifest.grid
        self._scenes = SceneMaker(bundle.references, self._grid, bundle.manifest.resolution_cm1)
        self._interpreter = Interpreter.for_bundle(bundle)
        self._whole = Library(bundle.references)
        self._count = len(bundle.references)
        self._seed = seed
        order = np.random.default_rng([seed, 0]).permutation(self._count)
        self._left_out = order[:_MOST_LEFT_OUT].tolist() if self._count > 1 else []
        self._without: dict[int, Library] = {}

    def examples(self, part: int, count: int, done: Callable[[], None]) -> Iterator[Example]:
        """`count` scenes of a stream of their own, less those that the quality gate refuses."""
        rng = np.random.default_rng([self._seed, 1, part])
        kinds = [kind for kind in KIND_PARTS if self._left_out or kind is not Kind.LEFT_OUT]
        weights = np.array([KIND_PARTS[kind] for kind in kinds])
        for _ in range(count):
            kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
            left_out = int(rng.choice(self._left_out)) if kind is Kind.LEFT_OUT else None
            found = self._found(self._scenes.make(rng, kind, left_out))
            done()
            if found is not None:
                yield found

    def _found(self, scene: DecisionScene) -> Example | None:
        gridded = to_grid(scene.spectrum, self._grid)
        library = self._library(scene.left_out)
        if check(scene.spectrum, gridded, library.line_parts):
            return None
        gridded = library.as_taken(without_cosmic_rays(gridded, scene.spectrum))
        prediction = self._interpreter.predict(model_input(gridded.intensity, gridded.valid))
        kept = [index for index in range(self._count) if index != scene.left_out]
        return Example(
            kind=scene.kind,
            foreign=scene.foreign,
            own_instrument=scene.own_instrument,
            compounds=frozenset(np.flatnonzero(scene.shares).tolist())
            | ({scene.left_out} if scene.left_out is not None else set()),
            kept=tuple(kept),
            shares=scene.shares[kept],
            presence=prediction.presence[kept],
            fit=library.fit(gridded),
            gridded=gridded,
            library=library,
        )

    def _library(self, left_out: int | None) -> Library:
        if left_out is None:
            return self._whole
        if left_out not in self._without:
            rows = np.delete(self._whole.references, left_out, axis=0)
            self._without[left_out] = Library(rows)
        return self._without[left_out]
