"""Shares of the signal become volume fractions where every factor is known, with intervals."""

from dataclasses import replace

import pytest

from device.fit.library import Library
from device.verdict.identification import Identification, Verdict
from tests.asking import ask
from tests.measured import lines, references, scene, solvents

MIXTURE = {"Toluene": 0.5, "ethanol": 0.3, "Acetonitrile": 0.2}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(references())


def test_volume_fractions_need_every_factor_and_an_identified_verdict(library: Library) -> None:
    whole = ask(library, scene(MIXTURE), *MIXTURE)
    assert sum(c.volume_fraction or 0.0 for c in whole.components) == pytest.approx(1.0)
    partial = ask(library, scene(MIXTURE, foreign=lines(680.0, height=0.5)), *MIXTURE)
    assert partial.verdict is Verdict.PARTIAL and len(partial.components) == 3
    assert all(c.volume_fraction is None for c in partial.components)

    compounds = tuple(
        replace(c, response_factor=None, response_factor_uncertainty=None)
        if c.name == "ethanol"
        else c
        for c in solvents().manifest.compounds
    )
    without_factor = ask(library, scene(MIXTURE), *MIXTURE, compounds=compounds)
    assert without_factor.verdict is Verdict.IDENTIFIED
    assert all(c.volume_fraction is None for c in without_factor.components)


def test_volume_follows_response_not_signal(library: Library) -> None:
    answer = ask(library, scene({"Toluene": 0.5, "ethanol": 0.5}), "Toluene", "ethanol")
    volume = {c.name: c.volume_fraction or 0.0 for c in answer.components}
    assert volume["ethanol"] > 3 * volume["Toluene"]  # toluene scatters about six times as much


def test_noise_widens_the_uncertainty(library: Library) -> None:
    quiet = ask(library, scene(MIXTURE, snr=500), *MIXTURE)
    noisy = ask(library, scene(MIXTURE, snr=8), *MIXTURE)

    def width(answer: Identification) -> float:
        return {c.name: c.signal_share_uncertainty for c in answer.components}["Toluene"]

    assert width(noisy) > 1.3 * width(quiet) > 0.0
