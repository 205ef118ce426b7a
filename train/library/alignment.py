"""Whether the pures of a library share one axis, by the lines of those that are known otherwise.

Pures have no lines in common, so the axis of one is seen only against another measurement of the
same compound: the shipped references. That all differ from these by the same is another
instrument's axis, which networks and fit follow; that one differs from the rest is an error, and it
is moved to the rest. Next: `references.py`, which moves it.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.spectra.reference_spectrum import NEARLY_IDENTICAL, similarities
from device.spectra.resampling import WavenumberGrid
from train.library.check import Measured
from train.library.file import CompoundEntry
from train.library.headers import some_of
from train.library.known import KnownReferences, comparable

Floats = npt.NDArray[np.float64]

# Standard deviation of one compound's shift about that of its instrument: nine solvents measured on
# two instruments, `tests/test_alignment.py` measures it again (0.34). Liquids differ in purity and
# temperature, and the two axes are not parallel.
SHIFT_SD_CM1 = 0.34
_SIGMAS = 3.0
# A smaller error is below what samples and instruments differ by, and is left alone.
_SMALLEST_MOVE_CM1 = 1.0
_TOLD_FROM_CM1 = 0.5
# Less alike than this, a spectrum is not that of its name. Nine solvents of another instrument stay
# above 0.76 in every range, also where the range ends within their strongest line.
_SAME_FROM = 0.7
# Standard deviation of the derivative's kernel: that of a line 7 cm-1 wide, between those of the
# sharpest liquids and the resolution of a handheld instrument.
_KERNEL_CM1 = 3.0
_FARTHEST_CM1 = 12


@dataclass(frozen=True)
class Moves:
    """By how much pures are to be moved, and what is to be told."""

    by_cm1: Mapping[str, float]  # added to the axis of the pure
    notices: tuple[str, ...]


def axis_moves(
    entries: Sequence[CompoundEntry],
    references: Floats,
    measured: Mapping[str, Measured],
    grid: WavenumberGrid,
    known: KnownReferences | None,
) -> Moves:
    """What to do about the axes of the measured pures; references [C, G] on `grid`."""
    shared = comparable(references, grid, known)
    if shared is None:
        return Moves({}, ())
    references, known = shared
    shifts, notices = known_shifts(entries, references, measured, known)
    groups: dict[str, list[str]] = {}
    for entry in entries:
        if entry.name in measured:
            groups.setdefault(_instrument(measured[entry.name]), []).append(entry.name)
    offsets: dict[str, tuple[float, int]] = {}  # of an instrument: its pures' median, how many
    moves: dict[str, float] = {}
    for instrument, names in groups.items():
        seen = {name: shifts[name] for name in names if name in shifts}
        if not seen:
            continue
        off = strays(seen)
        if 2 * len(off) >= len(seen):
            notices.append(
                "the axes of these pures do not agree, by the shipped references of the same "
                f"compounds, and which is right is not known: {_listed(seen)}; nothing was moved"
            )
            continue
        within = [shift for name, shift in seen.items() if name not in off]
        middle = float(np.median(within))
        moves |= {name: middle - shift for name, shift in off.items()}
        offsets[instrument] = (middle, len(within))
    if offsets:
        main = max(offsets, key=lambda instrument: offsets[instrument][1])
        for instrument, (middle, count) in offsets.items():
            apart = middle - offsets[main][0]
            if instrument != main and _apart(apart, count, offsets[main][1]):
                for name in groups[instrument]:
                    if instrument or name in shifts:  # without a header, who knows whose it is
                        moves[name] = moves.get(name, 0.0) - apart
        notices += _offset_notices(*offsets[main])
    return Moves(moves, (*notices, *_move_notices(moves, known)))


def moved(measured: Measured, by_cm1: float) -> Measured:
    """The same spectrum on an axis that lies so much higher."""
    spectrum = measured.spectrum
    axis = spectrum.wavenumber_cm1 + by_cm1
    return dataclasses.replace(
        measured, spectrum=dataclasses.replace(spectrum, wavenumber_cm1=axis)
    )


def known_shifts(
    entries: Sequence[CompoundEntry],
    references: Floats,
    measured: Mapping[str, Measured],
    known: KnownReferences,
) -> tuple[dict[str, float], list[str]]:
    """Position here minus position there, cm-1, of every measured compound that is known; and
    notices about those that do not look like what they are called."""
    shifts: dict[str, float] = {}
    notices = []
    for entry, own in zip(entries, references, strict=True):
        index = known.index_of(entry)
        if index is None or entry.name not in measured:
            continue
        other = known.references[index]
        shift = shift_between(own, other)
        alike = float(similarities(np.roll(own, -round(shift))[None], other[None])[0, 0])
        if alike > NEARLY_IDENTICAL:
            shifts[entry.name] = shift
        elif alike < _SAME_FROM:
            notices.append(
                f"{entry.name}: {measured[entry.name].path.name} does not show the lines of "
                f"{known.compounds[index].name} in {known.bundle} (similarity {alike:.2f}): "
                "another substance or form, or an axis that is far off"
            )
    return shifts, notices


def shift_between(own: Floats, other: Floats) -> float:
    """How much higher the lines of `own` lie, cm-1; both [G], step 1 cm-1.

    The maximum of the cosine of their derivatives, between grid points by a parabola.
    """
    here, there = _derivative(own), _derivative(other)
    size = len(here)
    distances = np.arange(-_FARTHEST_CM1, _FARTHEST_CM1 + 1)
    cosine = np.empty(len(distances))
    for place, distance in enumerate(distances):
        left = here[max(0, distance) : size + min(0, distance)]
        right = there[max(0, -distance) : size + min(0, -distance)]
        cosine[place] = left @ right / max(np.linalg.norm(left) * np.linalg.norm(right), 1e-300)
    best = int(cosine[1:-1].argmax()) + 1
    before, at, after = cosine[best - 1 : best + 2]
    curvature = before - 2 * at + after
    between = 0.5 * (before - after) / curvature if curvature < 0 else 0.0
    return float(distances[best] + np.clip(between, -1.0, 1.0))


def _derivative(reference: Floats) -> Floats:
    reach = int(4 * _KERNEL_CM1)
    position = np.arange(-reach, reach + 1) / _KERNEL_CM1
    kernel = -position * np.exp(-0.5 * position**2)
    return np.convolve(np.pad(reference, reach, mode="edge"), kernel, mode="valid")


def strays(shifts: Mapping[str, float]) -> dict[str, float]:
    """Those pures that are not where the others are; of two that differ it is both."""
    if len(shifts) == 2:
        (first, second) = shifts.values()
        return dict(shifts) if _apart(first - second, 1, 1) else {}
    middle = float(np.median(list(shifts.values())))
    others = len(shifts) - 1
    return {name: shift for name, shift in shifts.items() if _apart(shift - middle, 1, others)}


def _apart(difference_cm1: float, count: int, others: int) -> bool:
    """Whether the mean shift of `count` pures is not that of so many others."""
    if others < 1:
        return False
    limit = _SIGMAS * SHIFT_SD_CM1 * float(np.sqrt(1 / count + 1 / others))
    return abs(difference_cm1) > max(_SMALLEST_MOVE_CM1, limit)


def _instrument(measured: Measured) -> str:
    taken = measured.spectrum.taken
    return "" if taken is None else taken.instrument


def _listed(shifts: Mapping[str, float]) -> str:
    return some_of([f"{name} {shift:+.1f} cm-1" for name, shift in shifts.items()])


def _offset_notices(middle_cm1: float, count: int) -> Iterable[str]:
    uncertainty = SHIFT_SD_CM1 / np.sqrt(count)
    if abs(middle_cm1) > max(_TOLD_FROM_CM1, _SIGMAS * uncertainty):
        yield (
            f"the lines of {count} pures lie {middle_cm1:+.1f} cm-1 (sd {uncertainty:.1f}) from "
            "those of the shipped references: the axis of another instrument, left as it is"
        )


def _move_notices(moves: Mapping[str, float], known: KnownReferences) -> Iterable[str]:
    for name, by_cm1 in moves.items():
        yield (
            f"{name}: its axis was moved by {by_cm1:+.1f} cm-1 to that of the other pures, by the "
            f"references of {known.bundle}; calibrate and measure it again if you can"
        )
