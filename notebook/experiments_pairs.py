"""Rows of experiments compared with the first one on the same spectra, and what that shows.

Forty spectra cannot carry small differences, but the same forty shown to both sides carry more
than two intervals side by side: only what one got right and the other wrong counts (McNemar 1947,
exact). With hundreds of comparisons some would stand out by chance, so the false discovery rate
is held at 5% over all of a section (Benjamini and Hochberg 1995) that can stand out at all (Gilbert
2005): fewer than six differing spectra show nothing, however they split.
Next: `experiments_tables.py`, which writes this down.
"""

from dataclasses import dataclass, field
from math import comb, erfc, sqrt

import numpy as np
import numpy.typing as npt

from train.network.evaluate import Proportion

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FALSE_DISCOVERY_RATE = 0.05
_LEAST_DIFFERING = 6  # 2 / 2^6 = 0.03: with one less not even the most uneven split is beyond 5%


@dataclass(frozen=True)
class Column:
    """One thing that is counted. `unwanted`: the table shows how often it went wrong."""

    key: str
    title: str
    unwanted: bool = False


@dataclass(frozen=True, eq=False)
class Row:
    """What one experiment gave: for each column's key a mark for each thing that could be right.

    `errors` are absolute errors of shares, by group of spectra, one for each component there; rows
    compared with each other have marks and errors of the same things in the same order.
    """

    label: str
    why: str
    right: dict[str, Bools]
    errors: dict[str, Floats] = field(default_factory=dict)
    repeats: bool = False  # differs from the first row by nothing but chance

    def proportion(self, column: Column) -> Proportion:
        marks = self.right[column.key]
        hits = int((~marks if column.unwanted else marks).sum())
        return Proportion(hits, len(marks))


@dataclass(frozen=True)
class Difference:
    """One row against the first, in one column."""

    lost: int  # right in the first row only
    won: int  # right in this row only
    p: float  # two-sided, of so much if nothing but chance told them apart

    @property
    def net(self) -> int:
        return self.won - self.lost

    @property
    def differing(self) -> bool:
        """Whether any split of so many could stand out."""
        return self.lost + self.won >= _LEAST_DIFFERING


Differences = dict[tuple[int, str], Difference]  # by number of the row and key of the column


def differences(rows: tuple[Row, ...], columns: tuple[Column, ...]) -> Differences:
    """Every row but the first against the first, where both have marks."""
    first = rows[0]
    result: Differences = {}
    for number, row in enumerate(rows[1:], start=1):
        for column in columns:
            if column.key in first.right and column.key in row.right:
                a, b = first.right[column.key], row.right[column.key]
                lost, won = int((a & ~b).sum()), int((b & ~a).sum())
                result[number, column.key] = Difference(lost, won, sign_test(lost, won))
    return result


def beyond_chance(found: Differences, rows: tuple[Row, ...]) -> set[tuple[int, str]]:
    """What stands out of chance, and by more than any row that merely repeats the first."""
    spread: dict[str, int] = {}
    for (number, key), one in found.items():
        if rows[number].repeats:
            spread[key] = max(spread.get(key, 0), abs(one.net))
    largest = false_discovery_limit([o.p for o in found.values() if o.differing])
    return {
        at
        for at, one in found.items()
        if one.p <= largest and not rows[at[0]].repeats and abs(one.net) > spread.get(at[1], 0)
    }


def errors_beyond_chance(rows: tuple[Row, ...]) -> set[tuple[int, str]]:
    """Rows and groups whose shares are off by more, or less, than the first row's (Bonferroni)."""
    first = rows[0]
    result = set()
    for group, base in first.errors.items():
        off = {n: row.errors[group] for n, row in enumerate(rows) if group in row.errors}
        moved = {n: float(errors.mean() - base.mean()) for n, errors in off.items()}
        spread = max((abs(moved[n]) for n in off if rows[n].repeats), default=0.0)
        for number, errors in off.items():
            small = mean_test(base, errors) < FALSE_DISCOVERY_RATE / max(1, len(off) - 1)
            if small and not rows[number].repeats and abs(moved[number]) > spread:
                result.add((number, group))
    return result


def sign_test(lost: int, won: int) -> float:
    """Exact two-sided probability of a split at least as uneven, if both sides were as likely."""
    n, smaller = lost + won, min(lost, won)
    tail: float = sum(comb(n, k) for k in range(smaller + 1)) / 2**n
    return min(1.0, 2.0 * tail)


def mean_test(first: Floats, other: Floats) -> float:
    """Two-sided probability of so large a mean of paired differences (normal, for n >= 50)."""
    difference = other - first
    spread = float(difference.std(ddof=1)) if len(difference) > 1 else 0.0
    if spread == 0.0:
        return 1.0
    return erfc(abs(float(difference.mean())) * sqrt(len(difference)) / spread / sqrt(2.0))


def false_discovery_limit(p: list[float], rate: float = FALSE_DISCOVERY_RATE) -> float:
    """Largest p that counts, so that at most `rate` of what counts is chance; -1: none does."""
    ranked = sorted(p)
    counting = [one for rank, one in enumerate(ranked, 1) if one <= rate * rank / len(ranked)]
    return max(counting, default=-1.0)
