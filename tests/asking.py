"""Asks the decision about a scene with a network whose answer is given, for tests of verdicts."""

from dataclasses import replace

import numpy as np

from device.fit.library import Library
from device.inference.decision_numbers import DecisionNumbers
from device.inference.interpreter import Prediction
from device.inference.manifest import Compound
from device.spectra.spectrum import GridSpectrum
from device.verdict.identification import Identification, identify
from tests.measured import solvents
from tests.tiny_bundles import NUMBERS


def ask(
    library: Library,
    spectrum: GridSpectrum,
    *proposed: str,
    numbers: DecisionNumbers = NUMBERS,
    frames: int = 1,
    compounds: tuple[Compound, ...] | None = None,
    known: int | None = None,
) -> Identification:
    """Of a network that gives the proposed ones 0.95 and the others 0.02.

    Args:
        compounds: of `library`; the thirteen solvents unless given.
        known: how many of them the network knows, all unless given.
    """
    those = solvents().manifest.compounds if compounds is None else compounds
    presence = np.array([0.95 if one.name in proposed else 0.02 for one in those], np.float32)
    return identify(spectrum, Prediction(presence[:known], None), library, those, numbers, frames)


def named(answer: Identification) -> set[str]:
    return {component.name for component in answer.components}


def changed(**numbers: float) -> DecisionNumbers:
    return replace(NUMBERS, **numbers)
