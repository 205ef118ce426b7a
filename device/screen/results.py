"""Answers of this day with their curves, so that a card can be drawn and drawn again.

Next: `card.py`, what a card holds; `../show/curves.py`, the curves.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from device.answer.answer import Answer
from device.answer.identifier import Identifier
from device.answer.result import limits_json, result_json
from device.show.curves import fit_curves
from device.spectra.spectrum import Spectrum

_KEPT: Final = 32
_MOST_POINTS: Final = 1100  # of a curve: twice as many as a screen of 480 px has, and some to zoom


@dataclass(frozen=True, eq=False)
class Shown:
    """One answer with what its curves are drawn from; the arrays are never written to."""

    answer: Answer
    references: npt.NDArray[np.float64]
    names: tuple[str, ...]
    result: Mapping[str, Any]
    hazards: Mapping[str, str]


def shown(answer: Answer, identifier: Identifier, record_id: str | None, code: str = "") -> Shown:
    """An answer of `identifier`, with every limit of what it does not name."""
    result = result_json(answer, record_id) | ({"record_code": code} if code else {})
    result["limits"] = limits_json(identifier.limits(answer))
    grid = identifier.bundle.manifest.grid
    extra = [one.reference_on(grid)[None] for one in identifier.field_compounds]
    references = np.concatenate([identifier.bundle.references, *extra]).astype(np.float64)
    return Shown(
        answer,
        references,
        tuple(one.name for one in identifier.compounds),
        result,
        hazards_of(identifier),
    )


def hazards_of(identifier: Identifier) -> dict[str, str]:
    """What the library says of each compound."""
    return {one.name: one.hazard for one in identifier.compounds}


class Results:
    """The newest answers by the id of their record; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Shown] = OrderedDict()

    def keep(self, key: str, one: Shown) -> None:
        """Remember it, and forget the oldest."""
        with self._lock:
            self._kept[key] = one
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def find(self, key: str) -> Shown | None:
        """None where it was not measured lately."""
        with self._lock:
            return self._kept.get(key)


def curves_json(one: Shown) -> dict[str, Any]:
    """What a page draws: shift, measured, fitted, residual, and each named component on its ground.

    Where nothing is named, only what was measured. Missing points are null.
    """
    answer = one.answer
    fit, named = answer.identification.fit, answer.identification.components
    if fit is None or not named:
        return spectrum_json(answer.spectrum)
    curves = fit_curves(answer.gridded, fit, one.references, list(one.names))
    parts = {each.name: curves.components[each.name] for each in named}
    total = curves.ground + np.sum(list(parts.values()), axis=0)
    step = _step(len(curves.wavenumber_cm1))
    return {
        "shift": _numbers(curves.wavenumber_cm1[::step]),
        "measured": _numbers(curves.measured[::step]),
        "fitted": _numbers(total[::step]),
        "baseline": _numbers(curves.ground[::step]),
        "residual": _numbers((curves.measured - total)[::step]),
        "parts": {name: _numbers((curves.ground + part)[::step]) for name, part in parts.items()},
    }


def spectrum_json(spectrum: Spectrum) -> dict[str, Any]:
    """{shift, measured} of what was measured, thinned by the mean of neighbours."""
    step = _step(len(spectrum.wavenumber_cm1))
    whole = len(spectrum.wavenumber_cm1) // step * step
    thin = [
        np.reshape(array[:whole], (-1, step)).mean(axis=1)
        for array in (spectrum.wavenumber_cm1, spectrum.intensity)
    ]
    return {"shift": _numbers(thin[0]), "measured": _numbers(thin[1])}


def _step(points: int) -> int:
    return max(1, -(-points // _MOST_POINTS))


def _numbers(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Five digits are more than a screen shows."""
    good = np.isfinite(values)
    return [float(f"{v:.5g}") if ok else None for v, ok in zip(values, good, strict=True)]
