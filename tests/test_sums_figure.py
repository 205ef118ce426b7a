"""Measured spectra added together: the truth is that of the parts, and nothing else is changed."""

import numpy as np
import pytest

from device.spectra.spectrum import Spectrum
from evidence.pures import snip
from evidence.sum_cases import (
    FOREIGN,
    FOREIGN_SHARES,
    KINDS,
    LIQUIDS,
    MIXTURES,
    added,
    possible_kinds,
    sum_cases,
)
from tests.bundles_under_test import AROMATICS, SOLVENTS, TINY
from train.library.measured import MeasuredSpectrum


def line_at(
    position_cm1: float, *, height: float, baseline: float, first: float = 300.0, step: float = 1.0
) -> MeasuredSpectrum:
    axis = np.arange(first, 2000.0, step)
    counts = height * np.exp(-0.5 * ((axis - position_cm1) / 5.0) ** 2) + baseline
    name = f"{position_cm1:.0f}"
    return MeasuredSpectrum("made up", name, frozenset({name}), Spectrum(axis, counts))


def test_parts_are_added_by_their_heights_where_all_of_them_were_measured() -> None:
    strong = line_at(800.0, height=700.0, baseline=9000.0)
    weak = line_at(1500.0, height=7.0, baseline=0.5, first=400.5, step=0.7)
    total = added([strong, weak], np.array([0.75, 0.25]))
    axis = total.wavenumber_cm1
    assert (axis[0], axis[-1]) == (401.0, 1999.0)
    assert (np.diff(axis) == 1.0).all()
    raman = total.intensity - snip(total.intensity)
    at = {position: float(raman[axis == position][0]) for position in (800.0, 1500.0)}
    assert at[800.0] / at[1500.0] == pytest.approx(3.0, rel=0.03)
    assert total.source == "800 + 1500"


def test_a_library_has_the_sums_that_its_measured_spectra_allow() -> None:
    """One liquid of the aromatics is measured, none of the fixture's inventions."""
    assert possible_kinds(AROMATICS.development) == tuple(FOREIGN.values())
    assert possible_kinds(TINY.development) == ()
    assert possible_kinds(SOLVENTS.development) == KINDS  # the control
    cases = sum_cases(np.random.default_rng(1), AROMATICS.development, [FOREIGN[0.2]], 5)
    assert [case.present for case in cases] == [frozenset({"toluene"})] * 5


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_is_the_union_of_the_parts(kind: str) -> None:
    cases = list(sum_cases(np.random.default_rng(3), SOLVENTS.development, [kind], 6))
    assert len(cases) == 6
    for case in cases:
        parts = case.spectrum.source.split(" + ")
        assert case.kind == kind
        assert case.present <= set(SOLVENTS.manifest.compound_names)
        if kind == MIXTURES:
            assert len(parts) == 2
            assert len(case.present) >= 2
        elif kind == LIQUIDS:
            assert 2 <= len(parts) == len(case.present) <= 5
        else:
            assert case.foreign == parts[-1]
            assert len(case.present) == len(parts) - 1
            assert case.foreign not in case.present


def test_the_foreign_part_has_the_share_that_the_kind_says() -> None:
    """The same draws: only the foreign height differs between kinds."""
    measured = SOLVENTS.development
    spectra = [
        next(iter(sum_cases(np.random.default_rng(8), measured, [FOREIGN[share]], 1))).spectrum
        for share in FOREIGN_SHARES
    ]
    change = [b.intensity - a.intensity for a, b in zip(spectra, spectra[1:], strict=False)]
    steps = np.diff(FOREIGN_SHARES)
    for one, step in zip(change, steps, strict=True):
        np.testing.assert_allclose(one / step, change[0] / steps[0], rtol=1e-6, atol=1e-3)
