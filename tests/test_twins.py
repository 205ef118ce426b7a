"""A or B: compounds that cannot be told apart are both held out of the answer, and named."""

import numpy as np
import pytest

from device.fit.library import Library
from device.inference.manifest import Compound
from device.spectra.spectrum import GridSpectrum
from device.verdict.identification import Identification, Verdict
from device.verdict.twins import resolve_twins
from tests.asking import ask as asked
from tests.asking import changed, named
from tests.measured import lines, names, references, scene, solvents
from tests.tiny_bundles import NUMBERS

TWIN = Compound("toluene's twin", "", (), "", None, None, "moved by 0.4 cm-1")


def with_twin() -> tuple[Library, tuple[Compound, ...]]:
    """The solvents, and toluene once more, 0.4 cm-1 aside: nearer than any two liquids."""
    toluene = references()[names().index("Toluene")]
    position = np.arange(len(toluene), dtype=np.float64)
    twin = np.interp(position - 0.4, position, toluene)
    library = Library(np.concatenate([references(), twin[None] / twin.max()]))
    return library, (*solvents().manifest.compounds, TWIN)


def ask(spectrum: GridSpectrum, *proposed: str) -> Identification:
    library, compounds = with_twin()
    return asked(library, spectrum, *proposed, compounds=compounds)


def test_of_two_twins_neither_is_asserted_and_both_are_named() -> None:
    answer = ask(scene({"Toluene": 0.6, "ethanol": 0.4}), "ethanol")
    assert answer.verdict is Verdict.PARTIAL
    assert named(answer) == {"ethanol"}
    assert answer.reasons[0].code == "a_or_b"
    assert "Toluene" in answer.reasons[0].text
    assert TWIN.name in answer.reasons[0].text
    assert answer.unexplained == pytest.approx(0.6, abs=0.05)


def test_twins_alone_are_named_though_nothing_is_asserted() -> None:
    answer = ask(scene({"Toluene": 1.0}))
    assert answer.verdict is Verdict.PARTIAL
    assert answer.components == ()
    assert answer.reasons[0].code == "a_or_b"


def test_beside_something_foreign_twins_are_no_name() -> None:
    spectrum = scene({"Toluene": 0.6, "ethanol": 0.4}, foreign=lines(680.0, height=0.5))
    answer = ask(spectrum, "ethanol")
    assert answer.verdict is Verdict.PARTIAL
    assert named(answer) == {"ethanol"}
    assert answer.reasons[0].code == "unexplained_signal"


def test_without_twins_in_the_mixture_nothing_is_doubted() -> None:
    answer = ask(scene({"ethanol": 0.5, "Acetonitrile": 0.5}), "ethanol", "Acetonitrile")
    assert answer.verdict is Verdict.IDENTIFIED


def test_twins_of_which_the_spectrum_needs_neither_are_not_told() -> None:
    library, _ = with_twin()
    spectrum = scene({"Toluene": 0.004, "ethanol": 0.996}, snr=100.0)
    fit = library.fit(spectrum)
    pair = [names().index("Toluene"), 13]
    assert (fit.evidence[pair] > 0).any()  # noise at least
    nobody = np.zeros(14, dtype=np.bool_)
    assert resolve_twins(spectrum, library, fit, nobody, NUMBERS)[1] == ()
    eager = changed(alone_constant=50.0)  # control: the cut decides
    assert len(resolve_twins(spectrum, library, fit, nobody, eager)[1]) == 1


def test_a_twin_that_fits_clearly_worse_is_dropped() -> None:
    """Toluene against toluene without its 786 cm-1 line: alike enough to be compared, not more."""
    toluene = references()[names().index("Toluene")].copy()
    toluene[455:515] = toluene[455]
    library = Library(np.concatenate([references(), toluene[None]]))
    spectrum = scene({"Toluene": 0.6, "ethanol": 0.4})
    fit = library.fit(spectrum)
    both = np.array([name in ("Toluene", "ethanol") for name in names()] + [True])
    comparing = replace_look_alikes(library, ((names().index("Toluene"), 13),))
    resolved, open_pairs = resolve_twins(spectrum, comparing, fit, both, NUMBERS)
    assert open_pairs == ()
    assert resolved[names().index("Toluene")]
    assert not resolved[13]


def replace_look_alikes(library: Library, pairs: tuple[tuple[int, int], ...]) -> Library:
    library.look_alikes = pairs
    return library


def test_the_solvents_hold_no_twins() -> None:
    """The control: even n-heptane, n-nonane and n-heptanol are told apart by the fit alone."""
    assert Library(references()).look_alikes == ()
