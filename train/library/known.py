"""The references of the shipped model: spectra of which it is known what they show, and where.

Next: `check.py`, which finds mislabelled files by them; `alignment.py`, axes that are off.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from device.inference.bundle import read_bundle_file
from device.inference.errors import BundleError
from device.inference.manifest import Compound
from device.inference.trust import default_trust_policy
from device.installation import default_model_path
from device.spectra.resampling import WavenumberGrid
from train.library.file import CompoundEntry, name_key
from train.library.grids import common_part

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KnownReferences:
    """C compounds of one bundle, on its grid of G points or on a part of it."""

    bundle: str
    compounds: tuple[Compound, ...]
    references: Floats  # [C, G]
    grid: WavenumberGrid

    def index_of(self, entry: CompoundEntry) -> int | None:
        """Which of them is this compound."""
        for index, compound in enumerate(self.compounds):
            if is_same(entry, compound):
                return index
        return None


def comparable(
    references: Floats, grid: WavenumberGrid, known: KnownReferences | None
) -> tuple[Floats, KnownReferences] | None:
    """References on `grid` and the known ones on what both ranges share; None: too little."""
    parts = None if known is None else common_part(grid, known.grid)
    if known is None or parts is None:
        return None
    own, theirs = parts
    axis = known.grid.wavenumber_cm1[theirs]
    shared = WavenumberGrid(float(axis[0]), float(axis[-1]))
    return references[:, own], replace(known, references=known.references[:, theirs], grid=shared)


def is_same(entry: CompoundEntry, compound: Compound) -> bool:
    """By CAS number, name or synonym."""
    names = {name_key(name) for name in (compound.name, *compound.synonyms)}
    return bool(entry.cas and entry.cas == compound.cas) or not names.isdisjoint(
        map(name_key, entry.names)
    )


def shipped_references() -> KnownReferences | None:
    """None where there is no shipped model: it may be what is being built."""
    try:
        bundle = read_bundle_file(default_model_path(), default_trust_policy())
    except BundleError:
        return None
    manifest = bundle.manifest
    return KnownReferences(
        manifest.name,
        tuple(manifest.compounds),
        bundle.references.astype(np.float64),
        manifest.grid,
    )
