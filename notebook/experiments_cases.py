"""The spectra that every experiment is shown, and how its answers are marked.

Measured ones chose and never trained; simulated ones come from the generator of
`evidence/scenes.py`, which no training used.
Next: `experiments_pairs.py`, which compares two experiments on them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.inference.manifest import Manifest
from device.spectra.spectrum import Spectrum
from evidence.figure import Context, Size
from evidence.left_out import foreign_pures
from evidence.scenes import Conditions, Scene, draw_shares, make_scene
from evidence.sum_cases import FOREIGN as FOREIGN_SUMS
from evidence.sum_cases import LIQUIDS, sum_cases
from evidence.sum_cases import MIXTURES as MIXED_SUMS
from evidence.tallies import WEAK_SHARE, Method, Said
from evidence.traces import draw_with_traces
from evidence.unequal import CONDITIONS as UNEQUAL
from evidence.unequal import SMALLEST_SHARE
from notebook.experiments_pairs import Column
from train.library.measured import EQUAL_PARTS, NOT_IN_LIBRARY, MeasuredSpectrum

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Marks = dict[str, Bools]
Errors = dict[str, Floats]

_STREAM = 11
_FOREIGN_SHARE = 0.2
_PLAIN = Conditions(snr=100.0, shift_cm1=(-1.0, 1.0), baseline=0.5)

MIXTURES = "mixtures"
OTHER = "other instrument"
OUTSIDE = "outside"
TRACES = "traces"
FOREIGN = "foreign"
# of measured spectra
SUMS, SUMS_WITH_FOREIGN, SUMS_OF_MIXTURES = LIQUIDS, FOREIGN_SUMS[0.10], MIXED_SUMS
_INSTRUMENT = Conditions(
    snr=100.0,
    shift_cm1=(-3.0, 3.0),
    fwhm_factor=1.2,
    baseline=1.0,
    own_shift_cm1=1.0,
    intensity_jitter=0.1,
    response=0.1,
    dark_structure=0.003,
)
# group -> conditions, components, smallest share
SCENES: dict[str, tuple[Conditions, tuple[int, int], float]] = {
    "unequal": (UNEQUAL, (1, 4), SMALLEST_SHARE),
    "instrument": (_INSTRUMENT, (1, 5), 0.05),
    "crowded": (_INSTRUMENT, (6, 9), 0.04),
    "shift": (Conditions(snr=100.0, shift_cm1=(5.0, 5.0), baseline=0.5), (1, 5), 0.05),
    "wide": (Conditions(snr=100.0, fwhm_factor=1.5, baseline=0.5), (1, 5), 0.05),
    "ray": (Conditions(snr=100.0, cosmic_rays=1, baseline=0.5), (1, 5), 0.05),
    "fluorescence": (Conditions(snr=100.0, baseline=19.0, strong_baseline=True), (1, 5), 0.05),
}
SHARE_GROUPS = {"unequal": "unequal", "instrument": "another instrument"}  # and their titles
FOUND, INVENTED = "traces found", "traces invented"
TOLERATED, FALSE_NAME = "foreign identified", "foreign misnamed"
SUMS_TOLERATED, SUMS_FALSE_NAME = "foreign sums identified", "foreign sums misnamed"
_WITH_FOREIGN = {
    FOREIGN: (TOLERATED, FALSE_NAME),
    SUMS_WITH_FOREIGN: (SUMS_TOLERATED, SUMS_FALSE_NAME),
}

MEASURED_COLUMNS = (
    Column(MIXTURES, "development mixtures right"),
    Column(OTHER, "library liquids on another instrument right"),
    Column(OUTSIDE, "outside spectra given a name", unwanted=True),
    Column(SUMS_OF_MIXTURES, "sums of two development mixtures exact"),
    Column(SUMS, "sums of library liquids, another instrument, exact"),
    Column(SUMS_TOLERATED, "sums with 10% foreign called IDENTIFIED", unwanted=True),
    Column(SUMS_FALSE_NAME, "sums with 10% foreign given a false name", unwanted=True),
)
SIMULATED_COLUMNS = (
    Column("unequal", "unequal mixtures exact"),
    Column("instrument", "another instrument exact"),
    Column("crowded", "6-9 components, another instrument, exact"),
    Column("shift", "shift +5 cm-1 exact"),
    Column("wide", "lines 50% wider exact"),
    Column("ray", "one cosmic ray exact"),
    Column("fluorescence", "baseline 19 times the Raman exact"),
    Column(FOUND, "traces of 2-5% found"),
    Column(INVENTED, "absent compounds named beside traces", unwanted=True),
    Column(TOLERATED, "20% foreign signal called IDENTIFIED", unwanted=True),
    Column(FALSE_NAME, "20% foreign signal given a false name", unwanted=True),
)
NOTES = (
    "Development mixtures: the 2 published and the 40 whose composition was inferred as equal "
    "parts; right: every component named, nothing else, and IDENTIFIED where there is a verdict. "
    "The fit's constants, the decision's terms and the recipes were chosen on them, so they are no "
    "test. Sums: measured spectra added together, as in the figure of that name.",
    f"Unequal: 1-4 components of {SMALLEST_SHARE:.0%} and more, SNR 100, axis within +-1 cm-1. "
    "Another instrument: 1-5 of 5% and more, axis within +-3 cm-1, lines 20% wider, each component "
    "shifted by up to +-1 cm-1 and its intensities by +-10%, response +-10%, uneven dark columns; "
    "6-9 components of 4% and more likewise. The others: 1-5 of 5% and more, SNR 100, one thing "
    "wrong. Traces: one or two of 2-5% beside one to three large ones. 20% foreign: each outside "
    "spectrum beside 1-3 known compounds.",
)


@dataclass(frozen=True, eq=False)
class Case:
    """One spectrum and its truth; `shares` [C] are known for simulated ones alone."""

    group: str
    spectrum: Spectrum
    present: Bools
    shares: Floats


def cases(context: Context, counts: dict[str, int]) -> list[Case]:
    """Measured ones, and as many simulated and summed ones of each group as asked.

    Every group has a stream of its own: fewer of it are the first of more.
    """
    pures, manifest, spectra = context.pures(), context.manifest(), context.development()
    compounds = len(pures.names)
    result = list(_measured(spectra, manifest, context.size))
    for number, (group, (conditions, components, smallest)) in enumerate(SCENES.items()):
        rng = np.random.default_rng([context.seed, _STREAM, number])
        for _ in range(counts.get(group, 0)):
            shares = draw_shares(rng, compounds, components, smallest)
            result.append(_case(group, make_scene(rng, pures, shares, conditions)))
    rng = np.random.default_rng([context.seed, _STREAM, len(SCENES)])
    for _ in range(counts.get(TRACES, 0)):
        shares = draw_with_traces(rng, compounds)
        result.append(_case(TRACES, make_scene(rng, pures, shares, _PLAIN)))
    rng = np.random.default_rng([context.seed, _STREAM, len(SCENES) + 1])
    outside = [one for one in spectra if one.group == NOT_IN_LIBRARY]
    foreign = foreign_pures(outside, pures.fwhm_cm1).spectra
    for number in range(counts.get(FOREIGN, 0)):
        shares = (1.0 - _FOREIGN_SHARE) * draw_shares(rng, compounds, (1, 3), 0.1)
        added = _FOREIGN_SHARE * foreign[number % len(foreign)]
        result.append(_case(FOREIGN, make_scene(rng, pures, shares, _PLAIN, foreign=added)))
    summed = (SUMS, SUMS_WITH_FOREIGN, SUMS_OF_MIXTURES)
    for number, group in enumerate(summed, start=len(SCENES) + 2):
        rng = np.random.default_rng([context.seed, _STREAM, number])
        for one in sum_cases(rng, spectra, [group], counts.get(group, 0)):
            result.append(_measured_case(group, one.spectrum, one.present, manifest))
    return result


def _case(group: str, scene: Scene) -> Case:
    return Case(group, scene.spectrum, scene.present, scene.shares)


def _measured(
    spectra: Sequence[MeasuredSpectrum], manifest: Manifest, size: Size
) -> Iterator[Case]:
    taken = {MIXTURES: 0, OTHER: 0, OUTSIDE: 0}
    for one in spectra:
        if one.group in EQUAL_PARTS:
            group = MIXTURES
        elif one.group.startswith("other instrument"):
            group = OTHER if one.expected else OUTSIDE
        else:
            continue  # labels that their makers mark as uncertain
        taken[group] += 1
        if size is Size.TINY and taken[group] > 1:
            continue
        yield _measured_case(group, one.spectrum, one.expected, manifest)


def _measured_case(
    group: str, spectrum: Spectrum, expected: frozenset[str], manifest: Manifest
) -> Case:
    present = np.array([name in expected for name in manifest.compound_names])
    return Case(group, spectrum, present, np.where(present, np.nan, 0.0))


def mark(every: list[Case], method: Method, done: Callable[[], None]) -> tuple[Marks, Errors]:
    """Show every case to a method: marks by column, errors of shares by group."""
    found: dict[str, list[bool]] = {}
    errors: dict[str, list[float]] = {}
    for case in every:
        said = method(case.spectrum)
        for key, right in _judged(case, said):
            found.setdefault(key, []).extend(right)
        if case.group in SHARE_GROUPS:
            off = np.abs(said.shares - case.shares)[case.present]
            errors.setdefault(case.group, []).extend(off.tolist())
        done()
    marks = {key: np.array(right, dtype=np.bool_) for key, right in found.items()}
    return marks, {group: np.array(off) for group, off in errors.items()}


def _judged(case: Case, said: Said) -> Iterator[tuple[str, list[bool]]]:
    exact = bool(np.array_equal(said.named, case.present))
    if case.group == TRACES:
        weak = case.present & (case.shares < WEAK_SHARE)
        yield FOUND, said.named[weak].tolist()
        yield INVENTED, (~said.named)[~case.present].tolist()
    elif case.group in _WITH_FOREIGN:
        tolerated, false_name = _WITH_FOREIGN[case.group]
        if said.verdict:  # a network alone has none
            yield tolerated, [said.verdict != "IDENTIFIED"]
        yield false_name, [not (said.named & ~case.present).any()]
    elif case.group in (MIXTURES, OTHER):
        yield case.group, [exact and said.verdict in ("", "IDENTIFIED")]
    else:
        yield case.group, [exact]
