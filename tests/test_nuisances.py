"""What is no sample is fitted beside it: nothing is named for it, and nothing is missed for it."""

from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from device.fit.aligned import _question
from device.fit.derivative import fitted_window
from device.fit.library import Library, LibraryFit
from device.fit.library_fit import Start
from device.fit.measured import MeasuredDerivatives
from device.fit.nuisances import WeightedNuisances
from device.fit.reweighted import Question, Repeat
from device.fit.windowed import WindowedReferences
from device.spectra.spectrum import GridSpectrum, Nuisance
from tests.measured import POINTS, lines, names, references, scene

Floats = npt.NDArray[np.float64]

MIXTURE = {"Toluene": 0.6, "ethanol": 0.4}
LAMP = lines(470.0, 690.0, 802.0, 1130.0, 1460.0, height=600.0)
elements = st.floats(-2.0, 2.0, allow_nan=False).map(lambda value: round(value, 3))


@cache
def library() -> Library:
    return Library(references())


def lit(part: float, shape: Floats = LAMP, known: bool = True, **how: float) -> GridSpectrum:
    """A mixture of height 600 with such a part of a lamp's light in it."""
    spectrum = scene(MIXTURE, **how)  # type: ignore[arg-type]
    nuisances = (Nuisance("lamp", shape, 1.0),) if known else ()
    return replace(spectrum, intensity=spectrum.intensity + part * shape, nuisances=nuisances)


def share(fit: LibraryFit, name: str) -> float:
    return float(fit.shares[names().index(name)])


@pytest.mark.parametrize("part", [-1.0, -0.3, 0.0, 0.5, 1.5])
def test_its_part_is_found_and_the_shares_are_those_without(part: float) -> None:
    fit = library().fit(lit(part))
    assert fit.nuisance_parts == pytest.approx([part], abs=0.02)
    assert share(fit, "Toluene") == pytest.approx(0.6, abs=0.01)
    assert fit.unexplained < 0.01


def test_not_fitted_it_spoils_the_answer() -> None:
    """Negative control of the test before."""
    fit = library().fit(lit(-1.0, known=False))
    assert fit.unexplained > 0.2
    assert len(fit.nuisance_parts) == 0


def test_it_lies_on_the_instruments_axis_whatever_the_samples_shift() -> None:
    fit = library().fit(lit(-1.0, shift_cm1=4.0))
    assert fit.shift_cm1 == pytest.approx(4.0, abs=0.3)
    assert fit.nuisance_parts == pytest.approx([-1.0], abs=0.05)


def test_how_large_it_is_is_told_against_the_sample() -> None:
    small, large = (library().fit(lit(part)).nuisance_amplitudes[0] for part in (0.1, 1.0))
    small, large = small / (1.0 - small), large / (1.0 - large)
    assert large == pytest.approx(10.0 * small, rel=0.1)
    assert 0.5 < large < 2.0  # lines as high as the sample's


def test_one_that_is_zero_everywhere_changes_nothing() -> None:
    plain = lit(0.0, known=False)
    silent = lit(0.0, shape=np.zeros(POINTS))
    one, other = library().fit(plain), library().fit(silent)
    np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=1e-4)
    np.testing.assert_allclose(one.evidence, other.evidence, rtol=1e-4, atol=1e-3)
    assert other.nuisance_parts == pytest.approx([0.0])


def test_one_that_is_the_sample_itself_is_left_out() -> None:
    """A dark frame taken with the laser on: the fit could take all lines for the dark frame's."""
    own = scene(MIXTURE, snr=1e4).intensity
    fit = library().fit(lit(0.0, shape=0.5 * own))
    assert fit.nuisance_parts == pytest.approx([0.0])
    assert share(fit, "Toluene") == pytest.approx(0.6, abs=0.01)
    toluene = names().index("Toluene")
    assert fit.evidence[toluene] > 1000.0


def test_without_that_guard_the_evidence_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.fit.first_look.EXPLAINED", 1.1)
    own = scene(MIXTURE, snr=1e4).intensity
    fit = Library(references()).fit(lit(0.0, shape=0.5 * own))
    assert fit.evidence.max() < 100.0


def test_what_resembles_a_component_leaves_it_less_evidence() -> None:
    """The very lines of toluene, of an amount not known: evidence must not be the fit's alone."""
    shape = 600.0 * references()[names().index("Toluene")]
    free = replace(lit(0.0), nuisances=(Nuisance("unlike", LAMP, 1.0),))
    alike = replace(lit(0.0), nuisances=(Nuisance("alike", shape, 1.0),))
    toluene = names().index("Toluene")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("device.fit.first_look._ALIKE", 2.0)
        patch.setattr("device.fit.first_look._NOISE_OF_SHAPES", -1.0)
        assert library().fit(alike).evidence[toluene] < 0.01 * library().fit(free).evidence[toluene]


@cache
def any_question() -> Question:
    spectrum = lit(0.0, known=False)
    measured = MeasuredDerivatives(spectrum, fitted_window(spectrum.valid))
    windowed = WindowedReferences(references(), np.ones_like(references()), measured.window)
    start = Start(0.0, 0.0, 0.0, 3.0)
    return _question(windowed, measured, start, windowed.everything, Repeat())


@given(
    arrays(np.float64, (2, 40), elements=elements),
    arrays(np.float64, (3, 40), elements=elements),
    arrays(np.float64, 40, elements=elements),
    arrays(np.float64, 40, elements=st.floats(0.1, 3.0)),
)
def test_taken_out_of_the_equations_is_fitted_beside(
    rows: Floats, columns: Floats, data: Floats, weight: Floats
) -> None:
    """The same amounts and parts as of one system for both."""
    precision = np.array([1.0, 4.0])
    asked = replace(any_question(), nuisances=rows.astype(np.float32), nuisance_precision=precision)
    root = np.sqrt(weight).astype(np.float32)
    beside = WeightedNuisances(asked, root)
    weighted, seen = (columns * root).astype(np.float32), (data * root).astype(np.float32)
    gram, projection = (weighted @ weighted.T).astype(float), (weighted @ seen).astype(float)
    gram, projection = beside.taken_out(gram, projection, weighted, seen)
    ridge = 1e-2 * np.eye(3)  # of both systems: columns may be alike
    amounts = np.linalg.solve(gram + ridge, projection)
    both = np.concatenate([columns, rows]) * np.sqrt(weight)
    normal = both @ both.T
    normal[:3, :3] += ridge
    normal[3:, 3:] += np.diag(precision)
    together = np.linalg.solve(normal, both @ (np.sqrt(weight) * data))
    np.testing.assert_allclose(amounts, together[:3], atol=2e-2)
    rest = (data - together[:3] @ columns).astype(np.float32)
    np.testing.assert_allclose(beside.parts(rest), together[3:], atol=1e-3)
