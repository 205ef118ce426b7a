"""Not detected above: limits hold when the compound is added to a real frame at its limit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.answer.detection_limits import detection_limits
from device.answer.identifier import Identifier
from device.spectra.files.reading import read_spectrum
from device.spectra.spectrum import GridSpectrum
from device.verdict.identification import Identification, Verdict, identify
from tests.measured import lines, names, references, scene, solvents

MIXTURES = Path(__file__).parents[1] / "data" / "solvents13" / "mixtures"


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return Identifier(solvents())


def ask(identifier: Identifier, spectrum: GridSpectrum) -> Identification:
    return identify(
        spectrum,
        identifier.predict(spectrum),
        identifier.library,
        identifier.compounds,
        identifier.numbers,
    )


def limits_of(identifier: Identifier, result: Identification) -> dict[str, float]:
    if result.limiting_shares is None:
        return {}
    named = {component.name for component in result.components}
    present = np.array([one.name in named for one in identifier.compounds])
    limits = detection_limits(result.limiting_shares, present, identifier.compounds)
    return {limit.name: limit.signal_share or 1.0 for limit in limits}


@pytest.mark.parametrize("frame", ["FourSolvent-1", "ThreeSolvent-1"])
def test_a_compound_added_at_its_limit_to_a_real_frame_is_seen(
    identifier: Identifier, frame: str
) -> None:
    answer = identifier.identify(read_spectrum(MIXTURES / f"{frame}.txt"))
    fit = answer.identification.fit
    assert fit is not None
    total = fit.coefficients.sum()
    position = np.arange(2201.0)
    limits = identifier.limits(answer)
    assert len(limits) == 13 - len(answer.identification.components)
    seen = 0
    for limit in limits:
        assert limit.signal_share is not None
        amount = limit.signal_share / (1.0 - limit.signal_share) * total
        added = np.interp(
            position - fit.shift_cm1, position, references()[names().index(limit.name)]
        )
        spiked = replace(answer.gridded, intensity=answer.gridded.intensity + amount * added)
        seen += limit.name in {one.name for one in ask(identifier, spiked).components}
    assert seen >= len(limits) - 1  # a miss of 5% each, so one of nine or ten is no surprise


def test_far_below_its_limit_a_compound_is_mostly_not_seen(identifier: Identifier) -> None:
    """The control: limits are not so generous that they say nothing."""
    share = {
        limit.name: limit.signal_share
        for limit in identifier.limits(
            identifier.identify(read_spectrum(MIXTURES / "FourSolvent-1.txt"))
        )
    }
    assert 0.012 <= min(value for value in share.values() if value is not None) < 0.05


def test_noise_raises_the_limits(identifier: Identifier) -> None:
    def toluene(snr: float) -> float:
        return limits_of(identifier, ask(identifier, scene({"ethanol": 1.0}, snr=snr)))["Toluene"]

    assert toluene(10.0) > 2.0 * toluene(100.0)


def test_a_share_is_at_least_what_is_left_if_another_hides_at_its_limit(
    identifier: Identifier,
) -> None:
    result = ask(identifier, scene({"ethanol": 1.0}, snr=30.0))
    (ethanol,) = result.components
    hidden = max(limits_of(identifier, result).values())
    lower = ethanol.signal_share - ethanol.signal_share_uncertainty
    assert ethanol.signal_share_at_least == pytest.approx(lower * (1.0 - hidden))
    assert 0.0 < hidden < 0.5


def test_an_unknown_spectrum_has_no_limits(identifier: Identifier) -> None:
    result = ask(identifier, scene({}, foreign=lines(470.0, 680.0, 1130.0, 1720.0)))
    assert result.verdict is Verdict.UNKNOWN
    assert limits_of(identifier, result) == {}
