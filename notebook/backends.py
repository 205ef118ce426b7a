"""Do the compiled kernel and numpy decide alike? The same spectra through both, on this machine.

The cases are those of the experiments, with RaMixNet II of the shipped solvents, and mixtures of
larger libraries, for which a presence near the truth stands in for a network's, and the shipped
model's numbers decide. Next: `tools/arm_check.py`, the same question between processors.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from device.answer.identifier import Identifier
from device.fit.library import Library
from device.inference.interpreter import Prediction
from device.inference.manifest import Compound
from device.native.library import NONE, VARIABLE, kernel
from device.spectra.cosmic_rays import without_cosmic_rays
from device.spectra.spectrum import Spectrum, to_grid
from device.verdict.identification import Identification, identify
from evidence.figure import Context, Result
from evidence.tallies import percent
from notebook.experiments_cases import FOREIGN, SCENES, SUMS, SUMS_OF_MIXTURES, TRACES, cases
from notebook.scaling_trial import library_of, scenes_of
from notebook.shipped import LIBRARY, shipped_numbers
from train.network.evaluate import Proportion
from train.pages.table import Table

Ask = Callable[[], Identification]

_LARGER = (37, 200)
_STREAM = 21


@dataclass(frozen=True)
class Compared:
    """What one set of spectra gave with both."""

    alike: Proportion  # names, verdict and reasons
    largest_difference: float  # of a share, among those


def make(context: Context) -> Result:
    per_group = context.count(tiny=1, full=30)
    groups = (*SCENES, TRACES, FOREIGN, SUMS, SUMS_OF_MIXTURES)
    identifier = list(context.identifiers().values())[-1]
    every = cases(context, dict.fromkeys(groups, per_group))
    found = {
        f"{LIBRARY}, measured and simulated": _compared(
            [_asking(identifier, case.spectrum) for case in every], context.progress
        )
    }
    for compounds in _LARGER[: context.part(0, 2)]:
        name = f"{compounds} compounds, mixtures"
        found[name] = _compared(_of_library(context, compounds), context.progress)
    rows = tuple(
        (name, percent(one.alike), f"{one.largest_difference:.5f}") for name, one in found.items()
    )
    table = Table(
        "The compiled kernel against numpy",
        ("spectra", "same names, verdict and reasons", "largest difference of a share"),
        rows,
        ("The kernel sums in single precision what numpy does, too, in another order.",),
    )
    data = {
        name: {"alike": one.alike.to_json(), "largest_difference": one.largest_difference}
        for name, one in found.items()
    }
    return Result((table,), data=data)


def _asking(identifier: Identifier, spectrum: Spectrum) -> Ask:
    return lambda: identifier.identify(spectrum).identification


def _of_library(context: Context, compounds: int) -> list[Ask]:
    known = library_of(compounds)
    library, numbers = Library(known.references), shipped_numbers()
    labels = [Compound(one.name, one.cas, (), "", None, None, "") for one in known.compounds]
    scenes = scenes_of(known, context.count(tiny=1, full=60), (context.seed, _STREAM, compounds))

    def asking(number: int) -> Ask:
        near = np.where(scenes[number].present, 0.95, 0.02).astype(np.float32)

        def ask() -> Identification:
            spectrum = scenes[number].spectrum
            gridded = without_cosmic_rays(to_grid(spectrum), spectrum)
            prediction = Prediction(near, None)
            return identify(gridded, prediction, library, labels, numbers)

        return ask

    return [asking(number) for number in range(len(scenes))]


def _compared(asks: Sequence[Ask], progress: Callable[[int, int], None]) -> Compared:
    alike, largest = 0, 0.0
    for number, ask in enumerate(asks, start=1):
        native = ask()
        with numpy_alone():
            other = ask()
        if _decision(native) == _decision(other):
            alike += 1
            largest = max(largest, _difference(native, other))
        progress(number, len(asks))
    return Compared(Proportion(alike, len(asks)), largest)


def _decision(found: Identification) -> tuple[str, frozenset[str], tuple[str, ...]]:
    names = frozenset(component.name for component in found.components)
    return str(found.verdict), names, tuple(reason.code for reason in found.reasons)


def _difference(one: Identification, other: Identification) -> float:
    shares = {component.name: component.signal_share for component in other.components}
    apart = [abs(here.signal_share - shares[here.name]) for here in one.components]
    return max(apart, default=0.0)


@contextmanager
def numpy_alone() -> Iterator[None]:
    """The kernel is not used while inside."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = NONE
    kernel.cache_clear()
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
        kernel.cache_clear()
