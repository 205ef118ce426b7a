"""The class of a stranger: what it resembles, where no compound of the library explains it.

A homologue outside the library has the groups of its class, and the fit follows most of it with
several compounds of that class. Next: `identification.py`, which tells it of an unknown.
"""

from collections.abc import Sequence

import numpy as np

from device.fit.library_fit import LibraryFit
from device.inference.manifest import Compound
from device.verdict.scores import HALF


def class_of_stranger(
    fit: LibraryFit, compounds: Sequence[Compound]
) -> tuple[str, tuple[str, ...]] | None:
    """(class, names of what it resembles, the largest first); None where no class is sure.

    Two compounds of the class or more, half of whose own lines at least are there, make up half of
    a fit that explains half of all amplitude.

    Args:
        fit: of all compounds to the spectrum.
    """
    total = float(fit.coefficients.sum())
    if fit.unexplained > HALF or not total > 0:
        return None
    resembling: dict[str, list[int]] = {}
    for index in np.argsort(-fit.coefficients).tolist():
        if fit.coefficients[index] > 0 and fit.support[index] >= HALF:
            resembling.setdefault(compounds[index].chemical_class, []).append(index)
    resembling.pop("", None)
    for name, members in resembling.items():
        if len(members) > 1 and float(fit.coefficients[members].sum()) >= HALF * total:
            return name, tuple(compounds[index].name for index in members)
    return None
