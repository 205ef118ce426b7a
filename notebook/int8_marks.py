"""What one network in one arithmetic answered to every spectrum of a cell: alone, or on the path.

Next: `int8_tables.py`, which compares forms of one network spectrum by spectrum.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evidence.tallies import product
from notebook.int8_networks import Form
from notebook.int8_scenes import Cell, Floats
from notebook.paired import Gap, paired_gap
from train.network.evaluate import PRESENCE_THRESHOLD, Proportion

Bools = npt.NDArray[np.bool_]

FOUND, INVENTED, EXACT = "found", "invented", "exact"
MARKS = (FOUND, INVENTED, EXACT)


@dataclass(frozen=True, eq=False)
class Marks:
    """By kind, [N] each: the weak one was found, something absent was invented, all was exact."""

    of: dict[str, Bools]  # without FOUND where no component is the weak one
    error: float | None  # mean absolute one of the weak component's amount

    def proportion(self, kind: str) -> Proportion:
        return Proportion(int(self.of[kind].sum()), len(self.of[kind]))

    def gain(self, over: "Marks", kind: str) -> Gap:
        """How much more of it than the other has, on the same spectra."""
        return paired_gap(self.of[kind], over.of[kind])

    def loss(self, against: "Marks", kind: str) -> Gap:
        """How much worse than the other: fewer found, fewer exact, more invented."""
        return self.gain(against, kind) if kind == INVENTED else against.gain(self, kind)

    def to_json(self) -> dict[str, Any]:
        result: dict[str, Any] = {kind: self.proportion(kind).to_json() for kind in self.of}
        return result | {"error": None if self.error is None else round(self.error, 5)}


def alone(form: Form, cell: Cell) -> Marks:
    """The network by itself; the error is that of its dosage, relative to the largest component."""
    presence, dosage = form.answers(cell.inputs)
    return marks(presence, dosage, cell)


def marks(presence: Any, dosage: Any, cell: Cell) -> Marks:
    relative = cell.shares / cell.shares.max(axis=1, keepdims=True)
    return _marks(presence >= PRESENCE_THRESHOLD, dosage, relative, cell.shares > 0, cell.weak)


def on_path(form: Form, cell: Cell) -> Marks:
    """The answer that a user gets; the error is that of the share of all signal."""
    ask = product(form.identifier)
    said = [ask(scene.spectrum) for scene in cell.scenes]
    rows = slice(0, len(said))
    return _marks(
        np.stack([one.named for one in said]),
        np.stack([one.shares for one in said]),
        cell.shares[rows],
        cell.shares[rows] > 0,
        cell.weak[rows],
    )


def _marks(
    named: Bools, amounts: Any, truth: Floats, present: Bools, weak: npt.NDArray[np.int64]
) -> Marks:
    of = {INVENTED: (named & ~present).any(axis=1), EXACT: (named == present).all(axis=1)}
    if (weak < 0).any():
        return Marks(of, None)
    at = np.arange(len(named)), weak
    error = None if amounts is None else float(np.abs(amounts[at] - truth[at]).mean())
    return Marks({FOUND: named[at]} | of, error)
