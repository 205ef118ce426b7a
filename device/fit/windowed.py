"""References as one measured range shows them: prepared once, used by every fit over that range.

Next: `measured.py`, the same for the spectrum; `library.py`, which keeps a few ranges.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from device.fit.derivative import baseline_basis, ramp_of, smoothed_derivative, without_baseline
from device.native import memory

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

RESPONSE_TERMS = 4  # cosines over the range that the response of an instrument is made of

Key = TypeVar("Key")
Kept = TypeVar("Kept")


@dataclass(frozen=True, eq=False)
class Columns:
    """References smoothed by one kernel, without baseline: rows [C, stride], zero beyond the range.

    Single precision: sums over 2,000 points keep six digits, noise and misfit leave three.
    """

    pure: Singles  # derivative
    slope: Singles  # its own derivative, per cm-1
    curve: Singles  # and the one after
    gram: Floats  # [C, C], of `pure`


@dataclass(frozen=True, eq=False)
class SearchColumns:
    """The same at every second point, double precision, for the search of shift and width."""

    pure: Floats  # [C, points]
    gram: Floats
    slow: Floats  # [terms, points], the baseline's space


class WindowedReferences:
    """All references over the points of one range.

    Args:
        spectra: [C, G].
        lines: [C, G], each point's part of its reference's lines.
        window: bool[G], the points to fit; at least one.
    """

    def __init__(self, spectra: Floats, lines: Floats, window: Bools) -> None:
        self.spectra = spectra
        self.window = window
        self.visible: Floats = lines @ window  # [C], 0-1: part of each one's lines in the window
        self.points = np.flatnonzero(window)
        first, last = int(self.points[0]), int(self.points[-1]) + 1
        whole = last - first == len(self.points)
        self.part = slice(first, last) if whole else self.points  # picks them from [G]
        self.stride = -(-len(self.points) // memory.LANES) * memory.LANES
        self.ramp = self.padded(ramp_of(len(window))[window])
        self.ones = self.padded(np.ones(len(self.points)))
        self.no_rows = np.zeros((0, self.stride), dtype=np.float32)
        self.cosines = np.stack([self.padded(row) for row in _cosines(len(self.points))])
        self.searched = self.points[:: memory.STRIDE]
        self._columns: OrderedDict[float, Columns] = OrderedDict()
        self._search_columns: OrderedDict[float, SearchColumns] = OrderedDict()

    def columns(self, variance_cm2: float) -> Columns:
        """Smoothed by a kernel of this variance."""
        return kept(
            self._columns,
            variance_cm2,
            lambda: self._make_columns(variance_cm2),
            memory.KEPT_COLUMNS,
        )

    def search_columns(self, variance_cm2: float) -> SearchColumns:
        return kept(
            self._search_columns,
            variance_cm2,
            lambda: self._make_search_columns(variance_cm2),
            memory.KEPT_COLUMNS,
        )

    def padded(self, values: npt.NDArray[np.generic]) -> Singles:
        """[points] -> [stride], zero beyond them."""
        result = np.zeros(self.stride, dtype=np.float32)
        result[: len(values)] = values
        return result

    def _make_columns(self, variance_cm2: float) -> Columns:
        smoothed = smoothed_derivative(self.spectra, variance_cm2)[:, self.window]
        pure = without_baseline(smoothed)
        slope = np.gradient(pure, axis=1)
        curve = np.gradient(slope, axis=1)
        padded = [np.stack([self.padded(row) for row in rows]) for rows in (pure, slope, curve)]
        return Columns(padded[0], padded[1], padded[2], gram=pure @ pure.T)

    def _make_search_columns(self, variance_cm2: float) -> SearchColumns:
        smoothed = smoothed_derivative(self.spectra, variance_cm2)[:, self.searched]
        pure = without_baseline(smoothed)
        return SearchColumns(pure, pure @ pure.T, baseline_basis(len(self.searched)))

    @cached_property
    def everything(self) -> npt.NDArray[np.int32]:
        """The rows of all references."""
        return np.arange(len(self.spectra), dtype=np.int32)


def _cosines(points: int) -> Floats:
    position = (np.arange(points) + 0.5) / points
    waves: Floats = np.cos(np.pi * np.arange(1, RESPONSE_TERMS + 1)[:, None] * position)
    return waves


def kept(cache: "OrderedDict[Key, Kept]", key: Key, make: Callable[[], Kept], at_most: int) -> Kept:
    """What `cache` holds under `key`, made if it is not there; of more than `at_most` the one that
    was asked for longest ago goes."""
    found = cache.pop(key, None)
    if found is None:
        found = make()
    cache[key] = found  # the newest is the last
    if len(cache) > at_most:
        cache.popitem(last=False)
    return found
