"""Noise, an axis far off and cosmic rays: the reason says what to do, and doing it helps."""

import re

import numpy as np
import pytest

from device.fit.library import Library
from device.spectra.reason import Reason
from device.verdict.identification import Identification, Verdict, no_result
from tests.asking import ask, changed, named
from tests.measured import references, scene

MIXTURE = {"Toluene": 0.5, "ethanol": 0.3, "Acetonitrile": 0.2}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(references())


def frames_asked(answer: Identification) -> int:
    assert answer.verdict is Verdict.UNKNOWN
    (reason,) = answer.reasons
    assert reason.code == "too_noisy"
    return int(re.findall(r"(\d+) frames", reason.remedy)[0])


@pytest.mark.parametrize("snr", [2.5, 3.0])
def test_what_noise_leaves_uncertain_asks_for_as_many_frames_as_it_takes(
    library: Library, snr: float
) -> None:
    once = frames_asked(ask(library, scene({"ethanol": 1.0}, snr=snr)))
    assert once > 1
    ten = frames_asked(ask(library, scene({"ethanol": 1.0}, snr=snr), frames=10))
    assert ten == pytest.approx(10 * once, abs=10)

    def of(frames: float) -> Identification:
        return ask(library, scene({"ethanol": 1.0}, snr=snr * frames**0.5))

    assert named(of(1.5 * once)) == {"ethanol"}
    assert named(of(0.5 * once)) == set()  # control: not as many as asked for


def test_where_no_patience_helps_it_asks_for_more_light(library: Library) -> None:
    unsure = changed(named_from=20.0)
    (reason,) = ask(library, scene({"ethanol": 1.0}, snr=5.0), numbers=unsure).reasons
    assert reason.code == "too_noisy"
    assert "laser power" in reason.remedy and "frames" not in reason.remedy


@pytest.mark.parametrize("shift_cm1", [-14.0, 11.0, 18.0])
def test_an_axis_far_off_is_called_that_and_not_unknown(library: Library, shift_cm1: float) -> None:
    answer = ask(library, scene(MIXTURE, shift_cm1=shift_cm1))
    assert answer.verdict is Verdict.NO_RESULT
    assert answer.reasons[0].code == "axis_out_of_calibration"
    moved = float(re.findall(r"([+-]\d+) cm-1", answer.reasons[0].text)[0])
    assert moved == pytest.approx(shift_cm1, abs=1.0)


def test_a_cosmic_ray_alone_is_called_that(library: Library) -> None:
    spectrum = scene({}, snr=100.0)
    spectrum.intensity[900:903] += 3000.0 * np.array([0.5, 1.0, 0.5])
    answer = ask(library, spectrum)
    assert answer.verdict is Verdict.NO_RESULT
    assert answer.reasons[0].code == "cosmic_ray"


def test_no_result_asserts_nothing() -> None:
    answer = no_result([Reason("saturated", "Too much light.", "Shorten the exposure.")])
    assert answer.verdict is Verdict.NO_RESULT
    assert answer.components == ()
    assert answer.why is None
