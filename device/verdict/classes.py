"""The class of something foreign: what it resembles, where no compound of the library explains it.

A homologue outside the library has the groups of its class, and the fit follows most of it with
several compounds of that class. Next: `identification.py`, which tells it of an unknown.
"""

from collections.abc import Sequence

import numpy as np

from device.fit.library_fit import LibraryFit
from device.inference.manifest import Compound
from device.spectra.reason import Reason
from device.verdict.scores import HALF


def class_of_foreign(fit: LibraryFit, compounds: Sequence[Compound]) -> Reason | None:
    """What is told of it; None where no class is sure.

    Two compounds of the class or more, half of whose own lines at least are there, make up half of
    a fit that explains half of all amplitude.

    Args:
        fit: of all compounds to the spectrum.
    """
    resembling: dict[str, list[int]] = {}
    for index in np.argsort(-fit.coefficients).tolist():
        if fit.coefficients[index] > 0 and fit.support[index] >= HALF:
            resembling.setdefault(compounds[index].chemical_class, []).append(index)
    resembling.pop("", None)
    half = HALF * float(fit.coefficients.sum())
    for name, members in resembling.items():
        if len(members) > 1 and fit.coefficients[members].sum() >= half and fit.unexplained <= HALF:
            return Reason(
                "of_a_class",
                "No compound of the library, but one like "
                f"{' and '.join(compounds[index].name for index in members)}: probably {name}.",
                "Treat it as unknown and as of this class; try a model with another library.",
            )
    return None
