"""The manifest: everything about a model that is not weights or references, as values.

Labels, grid, thresholds, golden vectors and golden verdicts stand in the signed part, because
swapped labels are a wrong substance. Next: `manifest_reader.py`, the only way to get one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from device.inference.decision_numbers import Decision
from device.spectra.resampling import WavenumberGrid

# 1 had neither golden verdicts nor compound digests, 2 no numbers of the decision
MANIFEST_FORMAT: Final = "ramix-model-3"
PRODUCT: Final = "ramix-785"


class Task(StrEnum):
    """What the network answers."""

    PRESENCE = "ramixnet1"  # presence
    PRESENCE_AND_DOSAGE = "ramixnet2"  # presence and dosage


@dataclass(frozen=True)
class Compound:
    """One label of the network, in the order of its outputs."""

    name: str
    cas: str  # empty where there is none
    synonyms: tuple[str, ...]
    hazard: str
    response_factor: float | None  # signal per volume, relative within the library
    response_factor_uncertainty: float | None  # its standard uncertainty, same unit
    source: str
    chemical_class: str = ""  # "a chloroalkane"; empty: of none that is told


@dataclass(frozen=True, eq=False)
class Golden:
    """k inputs with the outputs and decisions they must give, within `tolerance` of an output."""

    inputs: npt.NDArray[np.int8]  # [k, G]
    presence: npt.NDArray[np.float32]  # [k, C]
    dosage: npt.NDArray[np.float32] | None  # [k, C]
    tolerance: float
    decisions: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class GoldenComponent:
    """A compound that a golden verdict names, and its share 0-1 of the signal."""

    name: str
    cas: str
    signal_share: float


@dataclass(frozen=True, eq=False)
class GoldenVerdict:
    """A spectrum on the bundle's grid with the whole answer that it must get."""

    counts: npt.NDArray[np.uint16]  # [G]
    verdict: str
    components: tuple[GoldenComponent, ...]
    reasons: tuple[str, ...]  # codes, in their order
    share_tolerance: float  # of each component's signal share


@dataclass(frozen=True, eq=False)
class Manifest:
    """A decoded manifest; C compounds on a grid of G points."""

    name: str
    version: str
    task: Task
    product: str
    hardware_revisions: tuple[int, ...]
    security_counter: int
    created_utc: str
    compounds: tuple[Compound, ...]
    compound_digests: tuple[str, ...]  # one each; see `compound_digest.py`
    grid: WavenumberGrid
    resolution_cm1: float
    preprocessing_id: str
    presence_thresholds: tuple[float, ...]  # of the network alone, for its golden vectors
    decision: Decision
    operators: tuple[str, ...]
    golden: Golden
    golden_verdicts: tuple[GoldenVerdict, ...]
    model_sha256: str
    references_sha256: str
    data_license: str
    provenance: Mapping[str, object]
    figures: Mapping[str, object]

    @property
    def compound_names(self) -> tuple[str, ...]:
        return tuple(compound.name for compound in self.compounds)

    def decide(self, presence: npt.NDArray[np.float32]) -> tuple[str, ...]:
        """Names of the compounds whose presence [C] reaches their threshold."""
        return decide(self.compound_names, self.presence_thresholds, presence)


def decide(
    names: tuple[str, ...], thresholds: tuple[float, ...], presence: npt.NDArray[np.float32]
) -> tuple[str, ...]:
    """Names, in their order, whose presence reaches their threshold."""
    return tuple(
        name
        for name, threshold, value in zip(names, thresholds, presence.tolist(), strict=True)
        if value >= threshold
    )
