"""What the product says of one spectrum with something in it that it does not have.

Next: `unknowns.py` and `left_out_frames.py`, which count such answers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from device.answer.identifier import Identifier
from device.verdict.identification import Verdict
from evidence.foreign_cases import Case
from evidence.left_out import without


@dataclass(frozen=True)
class ForeignAnswer:
    kind: str
    foreign: str
    present: frozenset[str]
    verdict: str
    named: frozenset[str]
    log_odds: float  # of something foreign; infinite where nothing is named and all is foreign

    @property
    def false_names(self) -> frozenset[str]:
        return self.named - self.present


def ask(identifier: Identifier, case: Case, done: Callable[[], None]) -> ForeignAnswer:
    """Put the case to the product, without the compound that the case leaves out."""
    asked = identifier if case.left_out is None else without(identifier, case.left_out)
    found = asked.identify(case.spectrum).identification
    done()
    log_odds = np.inf
    # nothing was asserted when the last fit is the one of the whole library
    if found.why is not None and found.fit is not found.full_fit:
        log_odds = sum(found.why.foreign.values())
    if found.verdict is not Verdict.IDENTIFIED and log_odds <= 0.0:
        log_odds = np.inf  # A or B, or a fault: no cut of the log odds changes that
    named = frozenset(component.name for component in found.components)
    return ForeignAnswer(case.kind, case.foreign, case.present, str(found.verdict), named, log_odds)
