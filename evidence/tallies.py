"""Counting answers against the truth: exact matches, recall, share errors, with intervals.

Next: the figures themselves, `unequal.py` first.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.spectra.spectrum import Spectrum, to_grid
from device.verdict.identification import Identification
from evidence.ideal import IdealDetector
from evidence.rivals import LeastSquares
from evidence.scenes import Scene, reshaped
from train.network.evaluate import Proportion

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

WEAK_SHARE = 0.05


@dataclass(frozen=True, eq=False)
class Said:
    """What a method answered: shares [C] (zero where not named), its verdict, or "" if none."""

    named: Bools
    shares: Floats
    verdict: str = ""


Method = Callable[[Spectrum], Said]


def said_of(found: Identification, names: Sequence[str]) -> Said:
    """An identification as shares in the order of `names`."""
    shares = np.zeros(len(names))
    for component in found.components:
        shares[names.index(component.name)] = component.signal_share
    return Said(shares > 0, shares, str(found.verdict))


def product(identifier: Identifier) -> Method:
    """The whole device path: quality gate, int8 network, library fit, verdict."""
    names = list(identifier.bundle.manifest.compound_names)

    def answer(spectrum: Spectrum) -> Said:
        return said_of(identifier.identify(spectrum).identification, names)

    return answer


def network(identifier: Identifier) -> Method:
    """The int8 network by itself; dosages, where it has them, rescaled to shares."""
    limits = identifier.presence_thresholds

    def answer(spectrum: Spectrum) -> Said:
        prediction = identifier.predict(to_grid(spectrum))
        named = prediction.presence >= limits
        dosage = prediction.dosage
        amounts = np.zeros(len(named))
        amounts[named] = 1.0 if dosage is None else np.maximum(dosage[named], 1e-6)
        return Said(named, amounts / amounts.sum() if named.any() else amounts)

    return answer


def rival(method: LeastSquares) -> Method:
    def answer(spectrum: Spectrum) -> Said:
        found = method.answer(to_grid(spectrum))
        return Said(found.named, found.shares)

    return answer


def ideal(detector: IdealDetector, scenes: list[Scene]) -> Method:
    """The ideal detector is told each scene's noise and shift; it answers these scenes alone."""
    of = {id(scene.spectrum): scene for scene in scenes}

    def answer(spectrum: Spectrum) -> Said:
        scene = of[id(spectrum)]
        moved_back = reshaped(spectrum.intensity, -scene.shift_cm1, 0.0)
        named = detector.named(moved_back, scene.noise_sd)
        return Said(named, named / max(1, int(named.sum())))

    return answer


@dataclass
class Tally:
    """Grows by one scene at a time."""

    exact: int = 0
    n: int = 0
    identified_exact: int = 0
    missed: dict[int, int] = field(default_factory=dict)  # component -> how often
    added: dict[int, int] = field(default_factory=dict)
    by_count: dict[int, list[int]] = field(default_factory=dict)  # components -> [exact, n]
    present_named: int = 0
    present: int = 0
    absent_named: int = 0
    absent: int = 0
    weak_named: int = 0  # of the present ones below WEAK_SHARE
    weak: int = 0
    share_errors: list[float] = field(default_factory=list)  # of present components
    seconds: list[float] = field(default_factory=list)

    def add(self, present: Bools, shares: Floats, said: Said, seconds: float = 0.0) -> None:
        right = bool(np.array_equal(said.named, present))
        self.n += 1
        self.exact += right
        self.identified_exact += right and said.verdict == "IDENTIFIED"
        for book, where in (
            (self.missed, present & ~said.named),
            (self.added, said.named & ~present),
        ):
            for index in np.flatnonzero(where):
                book[int(index)] = book.get(int(index), 0) + 1
        row = self.by_count.setdefault(int(present.sum()), [0, 0])
        row[0] += right
        row[1] += 1
        self.present_named += int((said.named & present).sum())
        self.present += int(present.sum())
        self.absent_named += int((said.named & ~present).sum())
        self.absent += int((~present).sum())
        weak = present & (shares < WEAK_SHARE)
        self.weak_named += int((said.named & weak).sum())
        self.weak += int(weak.sum())
        self.share_errors += np.abs(said.shares - shares)[present].tolist()
        self.seconds.append(seconds)

    @property
    def exact_match(self) -> Proportion:
        return Proportion(self.exact, self.n)

    @property
    def recall(self) -> Proportion:
        return Proportion(self.present_named, self.present)

    @property
    def weak_recall(self) -> Proportion:
        return Proportion(self.weak_named, self.weak)

    @property
    def false_positives(self) -> Proportion:
        return Proportion(self.absent_named, self.absent)

    @property
    def share_error(self) -> float:
        return float(np.mean(self.share_errors)) if self.share_errors else 0.0

    @property
    def milliseconds(self) -> float:
        return 1e3 * float(np.median(self.seconds)) if self.seconds else 0.0

    def to_json(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Everything but the times, which differ from run to run."""
        return {
            "exact": self.exact_match.to_json(),
            "recall": self.recall.to_json(),
            "recall_below_5_percent": self.weak_recall.to_json(),
            "false_positives": self.false_positives.to_json(),
            "share_error": round(self.share_error, 5),
            "exact_by_components": {
                str(k): Proportion(*v).to_json() for k, v in sorted(self.by_count.items())
            },
            "missed": {names[k]: v for k, v in sorted(self.missed.items())},
            "added": {names[k]: v for k, v in sorted(self.added.items())},
        }


def tally(
    scenes: Iterable[Scene], methods: dict[str, Method], done: Callable[[], None]
) -> dict[str, Tally]:
    """Show every scene to every method."""
    result = {name: Tally() for name in methods}
    for scene in scenes:
        for name, method in methods.items():
            start = perf_counter()
            said = method(scene.spectrum)
            result[name].add(scene.present, scene.shares, said, perf_counter() - start)
        done()
    return result


def percent(part: Proportion) -> str:
    """`98.5% (95.7-99.5, n=200)`: the 95% Wilson interval in brackets."""
    if part.n == 0:
        return "-"
    low, high = part.interval
    return f"{100 * part.value:.1f}% ({100 * low:.1f}-{100 * high:.1f}, n={part.n})"


def worst(book: dict[int, int], names: tuple[str, ...], at_most: int = 3) -> str:
    """The compounds most often concerned, with counts."""
    ranked = sorted(book.items(), key=lambda item: (-item[1], item[0]))[:at_most]
    return ", ".join(f"{names[index]} {count}" for index, count in ranked) or "none"
