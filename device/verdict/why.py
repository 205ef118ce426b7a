"""Why a verdict is what it is: the sums that decided.

Made by `identification.py`. Next: `device/answer/why_json.py`, the same for programs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from device.fit.library_fit import LibraryFit
from device.verdict.scores import Terms


@dataclass(frozen=True, eq=False)
class Why:
    """The log odds by term, and what the terms were made of."""

    compounds: Terms  # [C]
    cut: float  # of their sum, above which a compound is named
    foreign: dict[str, float]  # its sum above 0: something foreign is there
    fit: LibraryFit  # of which the terms are
    presence: npt.NDArray[np.floating[Any]]  # the network's, of the first compounds
