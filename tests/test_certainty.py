"""When a measurement may stop: every sum ln K from its cut, K looks being planned."""

import math
from dataclasses import replace

import numpy as np
import pytest

from device.answer.certainty import margin, margin_asked, more_cannot_help
from device.answer.identifier import Identifier
from device.spectra.reason import Reason
from device.verdict.identification import Identification, no_result
from evidence.frames import measure
from evidence.pures import AXIS_CM1
from firmware_bridge.simulator.scenes import SpectrumScene, mixture
from tests.measured import references, solvents

IDENTIFIER = Identifier(solvents())
NAMES = [one.name for one in IDENTIFIER.compounds]


def found(
    parts: dict[str, float], snr: float, *, without: str = "", frames: int = 1
) -> Identification:
    """The identification of a mixture; `without`: height of a stranger's line."""
    rows = np.pad(references(), ((0, 0), (60, 60)), mode="edge")
    weights = [(part, rows[NAMES.index(name)]) for name, part in parts.items()]
    if without:
        stranger = np.exp(-0.5 * ((AXIS_CM1 - 1950.0) / 5.0) ** 2)
        weights.append((float(without), stranger))
    scene = SpectrumScene(mixture(AXIS_CM1, weights), resolution_cm1=8.5, snr=snr)
    return IDENTIFIER.identify(measure(scene, 1, seconds=1.0, frames=frames)).identification


def test_the_margin_is_that_of_the_nearest_sum() -> None:
    plain = found({"Toluene": 0.5, "ethanol": 0.5}, 100.0)
    assert plain.why is not None
    strongest = float(np.max(sum(plain.why.compounds.values())))
    # a cut that moves towards a sum lowers the margin
    near = replace(IDENTIFIER.numbers, named_from=strongest - 0.1)
    assert margin(plain, near) == pytest.approx(0.1, abs=1e-6)
    # and below its cut a sum counts only where more light might bring it over
    beyond = replace(IDENTIFIER.numbers, named_from=strongest + 0.1)
    assert margin(plain, beyond) == np.inf
    later = margin(plain, beyond, light_at_end=16.0)
    assert later is not None and later < 0.0


def test_what_the_whole_budget_would_show_is_not_given_up() -> None:
    faint = found({"ethanol": 0.97, "methanol": 0.03}, 40.0)
    assert "methanol" not in {one.name for one in faint.components}
    now = margin(faint, IDENTIFIER.numbers)
    with_more = margin(faint, IDENTIFIER.numbers, light_at_end=16.0)
    by_chance = margin(faint, IDENTIFIER.numbers, light_at_end=16.0, looks=5)
    assert now is not None and with_more is not None and by_chance is not None
    assert by_chance < with_more < 0.0 < margin_asked(5) < now


def test_what_is_misfit_no_light_makes_larger() -> None:
    faint = found({"ethanol": 0.97, "methanol": 0.03}, 40.0)
    assert faint.full_fit is not None and faint.full_fit.noise_part > 0.3
    no_noise = replace(faint, full_fit=replace(faint.full_fit, noise_part=0.0))
    now = margin(no_noise, IDENTIFIER.numbers)
    assert now == margin(no_noise, IDENTIFIER.numbers, light_at_end=1000.0, looks=8)
    assert (margin(faint, IDENTIFIER.numbers, light_at_end=1000.0) or 0.0) < 0.0


def test_a_trace_at_its_limit_is_less_certain_than_more_light_makes_it() -> None:
    weak, strong = (
        margin(
            found({"ethanol": 0.95, "methanol": 0.05}, snr), IDENTIFIER.numbers,
            looks=4, light_at_end=8.0,
        )
        for snr in (30.0, 200.0)
    )  # fmt: skip
    assert weak is not None and strong is not None
    assert weak < margin_asked(4) < strong


def test_something_foreign_is_not_certain_before_cosmic_rays_are_told() -> None:
    strange = found({"Toluene": 1.0}, 100.0, without="0.3")
    assert strange.verdict == "PARTIAL"
    assert margin(strange, IDENTIFIER.numbers, rays_told=False) == 0.0
    away = margin(strange, IDENTIFIER.numbers)
    assert away is not None and away > 0.5


@pytest.mark.parametrize("code", ["a_or_b", "too_noisy"])
def test_an_answer_that_asks_for_more_light_is_not_certain(code: str) -> None:
    plain = found({"Toluene": 0.5, "ethanol": 0.5}, 100.0)
    open_question = replace(plain, reasons=(*plain.reasons, Reason(code, "a", "b")))
    assert margin(open_question, IDENTIFIER.numbers) == 0.0
    assert (margin(plain, IDENTIFIER.numbers) or 0.0) > 0.0


def test_more_looks_ask_for_more() -> None:
    assert margin_asked(1) == 0.0
    assert margin_asked(8) == pytest.approx(math.log(8))


def test_nothing_decided_has_no_margin() -> None:
    assert margin(no_result([Reason("no_signal", "a", "b")]), IDENTIFIER.numbers) is None


@pytest.mark.parametrize(
    ("code", "final"),
    [("saturated", True), ("no_sample", True), ("no_signal", False), ("fluorescence", False)],
)
def test_some_refusals_no_frame_can_help(code: str, final: bool) -> None:
    assert more_cannot_help(no_result([Reason(code, "a", "b")])) is final
    assert not more_cannot_help(found({"Toluene": 1.0}, 100.0))
