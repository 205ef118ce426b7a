"""A sample behind a wall: the empty container is fitted, taken out, told, and never named."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from device.answer import through_containers
from device.answer.answer import Answer
from device.spectra import container
from device.spectra.provenance import Provenance
from device.spectra.resampling import MODEL_GRID
from device.spectra.response import silicon_response
from device.spectra.spectrum import Spectrum
from device.verdict.identification import Verdict
from tests.walls import (
    AXIS_CM1,
    LIQUIDS,
    WALLS,
    answer,
    behind,
    blank,
    codes,
    measured,
    named,
    pure,
    wall,
)

PARTS = (0.2, 1.0, 3.0)
KNOWN = [liquid for liquid, names in LIQUIDS.items() if names]


def verdicts(found: Sequence[Answer]) -> set[Verdict]:
    return {one.identification.verdict for one in found}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", WALLS)
def test_with_its_blank_a_sample_is_named_as_without_a_wall(name: str, part: float) -> None:
    for liquid, names in LIQUIDS.items():
        for shift_cm1, seed in ((0.0, 1), (0.4, 2), (-1.0, 3)):
            found = answer(behind(liquid, name, part, shift_cm1, seed=seed), blank(name))
            expected = Verdict.IDENTIFIED if names else Verdict.UNKNOWN
            assert (found.identification.verdict, named(found)) == (expected, names), liquid


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["PET", "HDPE"])
def test_without_its_blank_the_wall_is_something_foreign(name: str, part: float) -> None:
    """Negative control: nothing false is said, and nothing is IDENTIFIED."""
    for liquid, names in LIQUIDS.items():
        found = answer(behind(liquid, name, part))
        assert found.identification.verdict in {Verdict.PARTIAL, Verdict.UNKNOWN}
        assert named(found) <= names


def test_a_band_of_glass_is_named_for_nothing_and_hides_less_with_its_blank() -> None:
    """The fit sees no band so wide; the network does, and gives two of four a low presence."""
    spectra = [behind(liquid, "glass", 3.0) for liquid in KNOWN]
    without = [named(answer(one)) for one in spectra]
    assert all(one <= LIQUIDS[liquid] for one, liquid in zip(without, KNOWN, strict=True))
    found = [named(answer(one, blank("glass"))) for one in spectra]
    assert sum(map(len, found)) == len(KNOWN) > sum(map(len, without))


@pytest.mark.parametrize("part", [0.2, 3.0])
def test_how_much_of_it_there_is_and_where_is_found(part: float) -> None:
    for seed in range(5):
        found = answer(behind("toluene", "PET", part, 0.7, seed=seed), blank("PET"))
        (one,) = found.containers
        assert one.part == pytest.approx(part, rel=0.05)
        assert one.shift_cm1 == pytest.approx(0.7, abs=0.2)
        assert one.amplitude is not None
        # rough for a weak wall: a line of PET stands beside toluene's at 1605 cm-1
        assert one.amplitude / (1.0 - one.amplitude) == pytest.approx(1.3 * part, rel=0.4)


def test_a_shift_not_looked_for_leaves_something_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    spectra = [behind(liquid, "PET", 1.0, 0.7) for liquid in KNOWN]
    monkeypatch.setattr(through_containers, "_STEPS", ())
    assert verdicts([answer(one, blank("PET")) for one in spectra]) == {Verdict.PARTIAL}


def test_noise_of_the_blank_is_not_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """A blank twenty times as noisy as the sample; the second part is the control."""
    spectra = [behind(liquid, "PET", 1.0, snr=400.0) for liquid in KNOWN]
    noisy = blank("PET", snr=20.0)
    found = [answer(one, noisy) for one in spectra]
    assert verdicts(found) == {Verdict.IDENTIFIED}
    assert [named(one) for one in found] == [LIQUIDS[liquid] for liquid in KNOWN]
    monkeypatch.setattr(container.Container, "with_noise", lambda _, spectrum, __: spectrum)
    assert Verdict.PARTIAL in verdicts([answer(one, noisy) for one in spectra])


def test_two_walls_are_fitted_each_by_itself() -> None:
    light = pure("ethanol") + 1.5 * wall("PET") + 0.5 * wall("HDPE")
    found = answer(measured(light), blank("PET"), blank("HDPE", seed=5))
    assert (found.identification.verdict, named(found)) == (Verdict.IDENTIFIED, {"ethanol"})
    assert [one.part for one in found.containers] == pytest.approx([1.5, 0.5], rel=0.05)


def test_a_wall_that_is_not_there_changes_nothing() -> None:
    for liquid in KNOWN:
        plain = measured(pure(liquid))
        found, without = answer(plain, blank("PET")), answer(plain)
        assert found.identification.verdict is without.identification.verdict
        assert named(found) == named(without) == LIQUIDS[liquid]
        assert found.containers[0].part == pytest.approx(0.0, abs=0.01)


def test_a_wall_takes_no_light_away() -> None:
    """What is missing of its lines cannot be fitted by a negative part."""
    hole = measured(pure("toluene") - 0.2 * wall("PET"))
    found = answer(hole, blank("PET"))
    assert found.containers[0].part == 0.0
    assert found.identification.verdict is not Verdict.IDENTIFIED


def test_another_wall_than_that_of_the_blank_stays_foreign() -> None:
    found = answer(behind("toluene", "HDPE", 1.0), blank("PET"))
    assert (found.identification.verdict, named(found)) == (Verdict.PARTIAL, {"Toluene"})


def test_an_empty_container_is_no_result() -> None:
    found = answer(measured(wall("PET"), seed=9), blank("PET"))
    assert (found.identification.verdict, codes(found)) == (Verdict.NO_RESULT, ["no_signal"])


def test_fluorescence_that_the_blank_lost_or_has_more_of_does_not_matter() -> None:
    slow = 1.0 + np.cos((AXIS_CM1 - 300.0) / 700.0)
    light = pure("toluene") + wall("PET")
    empty = measured(wall("PET") + 3.0 * slow, seed=4, source="PET.csv")
    for glow in (0.0, 1.0, 5.0):
        found = answer(measured(light + glow * slow), empty)
        assert (found.identification.verdict, named(found)) == (Verdict.IDENTIFIED, {"Toluene"})
        assert found.containers[0].part == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(
    ("sample", "empty"),
    [(None, None), (True, True), (None, True), (True, None), (True, False), (None, False)],
)
def test_corrected_to_relative_intensity_or_not_both_are_seen_alike(
    sample: bool | None, empty: bool | None
) -> None:
    """What each header says of itself; a blank whose header says counts is one of counts."""
    response = np.interp(AXIS_CM1, MODEL_GRID.wavenumber_cm1, silicon_response(MODEL_GRID))
    spectrum = measured((pure("1-Butanol") + wall("PET")) / response)
    of_wall = measured(wall("PET") / (1.0 if empty is False else response), seed=4)
    found = answer(*(_said(one, said) for one, said in ((spectrum, sample), (of_wall, empty))))
    assert (found.identification.verdict, named(found)) == (Verdict.IDENTIFIED, {"n-Butanol"})
    assert found.containers[0].part == pytest.approx(1.0, abs=0.03)


def _said(spectrum: Spectrum, corrected: bool | None) -> Spectrum:
    if corrected is None:
        return spectrum
    said = Provenance(excitation_nm=785.0, intensity_corrected=corrected)
    return replace(spectrum, taken=said)


def test_the_network_sees_the_sample_alone() -> None:
    found = answer(behind("toluene", "PET", 3.0), blank("PET"))
    alone = answer(measured(pure("toluene")))
    assert found.prediction is not None
    assert alone.prediction is not None
    toluene = found.names.index("Toluene")
    assert found.prediction.presence[toluene] > 0.9
    assert found.prediction.presence == pytest.approx(alone.prediction.presence, abs=0.2)
