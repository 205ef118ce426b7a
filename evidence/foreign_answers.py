"""What the product says of one spectrum with something in it that it does not have.

Next: `unknowns.py` and `left_out_frames.py`, which count such answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from device.verdict.identification import Verdict
from device.verdict.identifier import Identifier
from evidence.foreign_cases import Case
from evidence.left_out import without


@dataclass(frozen=True)
class ForeignAnswer:
    kind: str
    foreign: str
    present: frozenset[str]
    verdict: str
    named: frozenset[str]
    limit: float  # smallest `identified_unexplained` that calls this IDENTIFIED; infinite: none

    @property
    def false_names(self) -> frozenset[str]:
        return self.named - self.present


def ask(identifier: Identifier, case: Case, done: Callable[[], None]) -> ForeignAnswer:
    """Put the case to the product, without the compound that the case leaves out."""
    asked = identifier if case.left_out is None else without(identifier, case.left_out)
    found = asked.identify(case.spectrum).identification
    done()
    limit = np.inf
    # nothing was asserted when the last fit is the one of the whole library
    if found.fit is not None and found.fit is not found.full_fit:
        alone = replace(asked.thresholds, identified_unexplained=np.inf)
        if alone.explains(found.fit):  # no other threshold is exceeded
            # the tolerated part is the threshold times something that only depends on the fit
            limit = found.fit.unexplained / asked.thresholds.unexplained_part(found.fit)
    identified = found.verdict is Verdict.IDENTIFIED
    if not identified and limit <= asked.thresholds.identified_unexplained:
        limit = np.inf  # it has another reason, which no threshold moves
    named = frozenset(component.name for component in found.components)
    return ForeignAnswer(case.kind, case.foreign, case.present, str(found.verdict), named, limit)
