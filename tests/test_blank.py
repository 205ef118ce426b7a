"""The spectrum of an empty container: which can be one, on which axis, and what of it is told."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.answer.through_containers import measured_through
from device.spectra import container
from device.spectra.container import UnusableBlank
from device.spectra.spectrum import Spectrum, to_grid
from device.verdict.identification import Verdict
from tests.walls import (
    AXIS_CM1,
    answer,
    behind,
    blank,
    codes,
    identifier,
    measured,
    named,
    pure,
    wall,
)


def test_a_blank_that_is_the_sample_is_told_and_takes_no_part() -> None:
    sample = measured(pure("toluene"), seed=3, source="toluene.csv")
    found = answer(measured(pure("toluene")), sample)
    assert (found.identification.verdict, named(found)) == (Verdict.IDENTIFIED, {"Toluene"})
    assert codes(found) == ["blank_holds_compound"]
    assert "is Toluene and no empty container" in found.identification.reasons[0].text
    assert found.containers[0].part is None


def test_a_container_that_was_not_empty_is_told_whatever_the_answer_is() -> None:
    filled = measured(pure("toluene") + wall("PET"), seed=3, source="full.csv")
    found = answer(behind("toluene", "PET", 1.0), filled)
    assert found.identification.verdict is Verdict.NO_RESULT
    assert codes(found) == ["no_signal", "blank_holds_compound"]
    assert "Toluene" in found.identification.reasons[1].text


def test_on_another_axis_it_is_resampled() -> None:
    axis = np.arange(310.3, 2295.0, 1.7)
    values = np.interp(axis, AXIS_CM1, blank("PET").intensity)
    found = answer(behind("toluene", "PET", 1.0), Spectrum(axis, values, source="PET.csv"))
    assert (found.identification.verdict, named(found)) == (Verdict.IDENTIFIED, {"Toluene"})


def test_only_what_both_have_measured_is_fitted() -> None:
    whole = to_grid(behind("toluene", "PET", 1.0))
    inside = (AXIS_CM1 >= 450.0) & (AXIS_CM1 <= 1900.0)
    short = Spectrum(AXIS_CM1[inside], blank("PET").intensity[inside], source="PET.csv")
    made = identifier().container(short)
    joint = measured_through(whole, [made])
    grid_cm1 = joint.grid.wavenumber_cm1
    np.testing.assert_array_equal(joint.valid, (grid_cm1 >= 450.0) & (grid_cm1 <= 1900.0))
    found = identifier().identify(behind("toluene", "PET", 1.0), [made])
    assert (found.identification.verdict, named(found)) == (Verdict.IDENTIFIED, {"Toluene"})


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ("short", "an identification needs"),
        ("clipped", "saturated"),
        ("empty", "No Raman line"),
        ("constant", "No Raman line"),
        ("dark", "there is no sample"),
        ("laser_off", "laser was off"),
    ],
)
def test_a_blank_that_shows_no_wall_is_refused_with_a_remedy(spoilt: str, said: str) -> None:
    good = blank("PET")
    noise = measured(np.zeros(len(AXIS_CM1)), snr=200.0)
    few = AXIS_CM1 > 1500.0
    saturated = good.intensity > 0.8 * good.intensity.max()
    bad = {
        "short": Spectrum(AXIS_CM1[few], good.intensity[few]),
        "clipped": replace(good, saturated=saturated),
        "empty": noise,
        "constant": replace(good, intensity=np.full(len(AXIS_CM1), 7.0)),
        "dark": replace(noise, dark_counts=np.full(len(AXIS_CM1), 900.0)),
        "laser_off": replace(good, flags=frozenset({"laser_off"})),
    }[spoilt]
    with pytest.raises(UnusableBlank, match=said) as refused:
        identifier().container(replace(bad, source="empty.csv"))
    assert refused.value.remedy
    assert "empty.csv" in refused.value.text


@given(st.floats(-2.0, 2.0))
def test_a_line_moved_is_as_wide_as_before(shift: float) -> None:
    axis = np.arange(200.0)
    values = np.exp(-0.5 * np.square((axis - 100.0) / 3.0))
    moved = container._moved(values, shift)
    truth = np.exp(-0.5 * np.square((axis - 100.0 - shift) / 3.0))
    np.testing.assert_allclose(moved, truth, atol=2e-3)
