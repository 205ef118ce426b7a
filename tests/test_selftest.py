"""A self-test finds each fault that is planted in an analyzer, and none where there is none."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.answer.identifier import Identifier
from device.answer.proof import prove
from device.calibration.raman_standard import POLYSTYRENE_STRONGEST_CM1
from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.inference.errors import BundleError
from device.inference.model_source import load_default
from device.selftest import climate, detector, golden, light, standard
from device.selftest.check import Bounds, Check, Outcome
from device.selftest.report import SelfTestReport
from device.selftest.round import run_self_test
from device.strict_json import StrictJsonError
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.camera import Camera, CameraFigures
from firmware_bridge.errors import CallerError, RamixError
from firmware_bridge.messages import LaserState, Opcode
from firmware_bridge.simulator.detector import DetectorModel, default_calibration
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import (
    EmptyScene,
    ReplayScene,
    Scene,
    argon_lamp,
    calcite,
    neon_lamp,
    polystyrene,
)
from tests.hostile import Liar, Lie, saying

PAGE = default_calibration()
LAMPS: dict[str, Callable[[], Scene]] = {"neon": neon_lamp, "argon": argon_lamp}


def simulated(scene: Scene | None = None, **how: Any) -> SimulatedAnalyzer:
    return SimulatedAnalyzer(polystyrene() if scene is None else scene, seed=3, **how)


class Hands:
    """Places before the probe what is asked for."""

    def __init__(self, analyzer: SimulatedAnalyzer, shown: Scene) -> None:
        self.analyzer, self.shown = analyzer, shown
        self.asked: list[str] = []

    def __call__(self, sentence: str) -> None:
        self.asked.append(sentence)
        self.analyzer.scene = EmptyScene() if "Cover the probe." in sentence else self.shown


def report_of(
    analyzer: SimulatedAnalyzer,
    placed: str = "polystyrene",
    lies: dict[int | None, Lie] | None = None,
    identifier: Identifier | RamixError | None = None,
    before: SelfTestReport | None = None,
) -> SelfTestReport:
    peer = analyzer if lies is None else Liar(analyzer, lies)
    hands = Hands(analyzer, analyzer.scene)
    clock = VirtualClock(analyzer.now_s)
    with Analyzer(InProcessTransport(peer, clock)) as opened:
        report = run_self_test(
            opened, identifier, lambda _: None, placed=placed, ask=hands, before=before
        )
    assert not analyzer.laser_is_on
    text = json.dumps(report.as_json(), allow_nan=False)
    assert SelfTestReport.from_json(json.loads(text)).as_json() == report.as_json()
    for check in report.checks:
        assert check.text.endswith(".") and "\n" not in check.text
        assert bool(check.remedy) is (check.outcome is not Outcome.OK)
    return report


def outcome(report: SelfTestReport, name: str) -> Outcome:
    check = report.check(name)
    assert check is not None, name
    return check.outcome


def wrong(report: SelfTestReport) -> dict[str, Outcome]:
    return {
        one.name: one.outcome
        for one in report.checks
        if one.outcome in (Outcome.WARNING, Outcome.FAILED)
    }


# ---- a whole analyzer ----


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("placed", ["polystyrene", "neon", "argon"])
def test_a_whole_analyzer_passes_on_every_standard(placed: str, seed: int) -> None:
    scene = LAMPS[placed]() if placed in LAMPS else polystyrene()
    report = report_of(SimulatedAnalyzer(scene, seed=seed), placed)
    assert not wrong(report) and report.passed
    for name in (standard.POSITIONS, standard.WIDTH, light.NOISE, detector.NOISE):
        assert outcome(report, name) is Outcome.OK
    leak = outcome(report, light.LEAK)
    assert leak is (Outcome.OK if placed == "polystyrene" else Outcome.NOT_CHECKED)


def test_every_check_names_where_its_bounds_come_from() -> None:
    bounds = [one.bounds for one in report_of(simulated()).checks if one.value is not None]
    assert len(bounds) >= 12
    for one in bounds:
        assert one is not None and one.source
        low, high = one.allowed
        assert one.outcome_of(math.nan) is Outcome.FAILED
        assert (low is None) or (high is None) or low <= high


def test_without_a_standard_no_light_is_made_and_lines_are_not_checked() -> None:
    analyzer = simulated()
    report = report_of(analyzer, "")
    assert report.passed
    assert not analyzer.laser_on_log
    for name in (standard.POSITIONS, standard.WIDTH, light.LEAK, light.RISE, light.NOISE):
        assert outcome(report, name) is Outcome.NOT_CHECKED
    assert outcome(report, detector.LEVEL) is Outcome.OK


def test_a_lamp_is_placed_after_the_dark_and_the_laser_stays_off() -> None:
    analyzer = simulated(neon_lamp())
    hands = Hands(analyzer, analyzer.scene)
    with Analyzer(InProcessTransport(analyzer, VirtualClock())) as opened:
        run_self_test(opened, None, lambda _: None, placed="neon", ask=hands)
    assert [sentence.split()[0] for sentence in hands.asked] == ["Cover", "Put"]
    assert not analyzer.laser_on_log


def test_an_unknown_standard_is_refused() -> None:
    with pytest.raises(CallerError):
        report_of(simulated(), "soap")


# ---- lines ----


def page_moved(by_cm1: float) -> CalibrationPage:
    return replace(PAGE, excitation_nm=1e7 / (1e7 / PAGE.excitation_nm + by_cm1))


@pytest.mark.parametrize(
    "by_cm1, expected", [(0.5, Outcome.OK), (2.2, Outcome.WARNING), (-5.0, Outcome.FAILED)]
)
def test_lines_beside_their_places_are_found(by_cm1: float, expected: Outcome) -> None:
    analyzer = simulated()
    with Analyzer(InProcessTransport(analyzer, VirtualClock())) as opened:
        opened.write_calibration(page_moved(by_cm1))
    report = report_of(analyzer)
    assert outcome(report, standard.POSITIONS) is expected
    check = report.check(standard.POSITIONS)
    assert check is not None and check.value is not None
    assert check.value == pytest.approx(abs(by_cm1), abs=0.7)


def test_a_lamp_finds_an_axis_that_is_off() -> None:
    analyzer = simulated(neon_lamp())
    first, *others = PAGE.wavelength_coefficients_nm
    with Analyzer(InProcessTransport(analyzer, VirtualClock())) as opened:
        opened.write_calibration(replace(PAGE, wavelength_coefficients_nm=(first + 0.4, *others)))
    assert outcome(report_of(analyzer, "neon"), standard.POSITIONS) is Outcome.FAILED


@pytest.mark.parametrize("scene", [EmptyScene(), calcite(), neon_lamp()])
def test_what_is_no_polystyrene_fails(scene: Scene) -> None:
    report = report_of(simulated(scene))
    assert outcome(report, standard.POSITIONS) is Outcome.FAILED
    assert outcome(report, light.LEAK) is Outcome.NOT_CHECKED


@pytest.mark.parametrize("placed", ["polystyrene", "neon"])
@pytest.mark.parametrize("fwhm_cm1, expected", [(16.5, Outcome.WARNING), (22.0, Outcome.FAILED)])
def test_lines_that_are_too_wide_are_found(placed: str, fwhm_cm1: float, expected: Outcome) -> None:
    scene = neon_lamp() if placed == "neon" else polystyrene()
    model = DetectorModel(resolution_cm1=fwhm_cm1)
    report = report_of(simulated(scene, detector=model), placed)
    assert outcome(report, standard.WIDTH) is expected


def test_the_natural_width_of_polystyrene_is_taken_out() -> None:
    natural, instrument = 5.0, 12.0
    shift = np.arange(-100.0, 100.0, 0.05)
    voigt = np.convolve(
        1.0 / (1.0 + np.square(2.0 * shift / natural)),
        np.exp(-4.0 * np.log(2.0) * np.square(shift / instrument)), mode="same",
    )  # fmt: skip
    seen = 0.05 * np.count_nonzero(voigt >= 0.5 * voigt.max())
    assert standard.instrument_width(seen) == pytest.approx(instrument, rel=0.02)
    assert standard.instrument_width(1.0) == 0.0
    assert POLYSTYRENE_STRONGEST_CM1 == 1001.4


# ---- the detector ----


def test_light_that_gets_into_the_dark_is_found() -> None:
    def lit(message: Any) -> Any:
        brighter = message.counts.astype(np.int64) + 9_000 * (message.laser_state == LaserState.OFF)
        return np.minimum(brighter, 65_535).astype(np.uint16)

    analyzer = simulated()
    lies: dict[int | None, Lie] = {Opcode.ACQUIRE_FRAME: saying(analyzer.framing, counts=lit)}
    assert outcome(report_of(analyzer, "", lies), detector.LEVEL) is Outcome.FAILED


@pytest.mark.parametrize("factor, expected", [(1.5, Outcome.WARNING), (4.0, Outcome.FAILED)])
def test_noise_above_the_cameras_figures_is_found(factor: float, expected: Outcome) -> None:
    analyzer = simulated()

    def gain(told: Camera) -> float:
        return told.gain_e_per_count

    def read_noise(told: Camera) -> float:
        return told.read_noise_e / factor

    def current(told: Camera) -> float:
        return told.dark_current_e_per_s

    lies: dict[int | None, Lie] = {
        Opcode.GET_CAMERA: saying(
            analyzer.framing, read_noise_e=read_noise, gain_e_per_count=lambda t: factor * gain(t),
            dark_current_e_per_s=lambda t: factor * current(t),
        )
    }  # fmt: skip
    report = report_of(analyzer, "polystyrene", lies)
    assert outcome(report, detector.NOISE) is not Outcome.OK
    assert outcome(report, light.NOISE) is not Outcome.OK
    assert expected in (outcome(report, detector.NOISE), outcome(report, light.NOISE))


def test_frames_that_only_repeat_are_found() -> None:
    report = report_of(simulated(detector=DetectorModel(noise=False)), "")
    assert outcome(report, detector.NOISE) is Outcome.FAILED


def test_a_camera_without_figures_is_not_checked_by_them() -> None:
    report = report_of(simulated(equipment=Equipment(tells_camera=False)))
    assert outcome(report, detector.NOISE) is Outcome.NOT_CHECKED
    assert outcome(report, light.NOISE) is Outcome.NOT_CHECKED
    assert outcome(report, detector.LEVEL) is Outcome.OK and report.passed


def test_another_camera_is_held_against_its_own_figures() -> None:
    from firmware_bridge.simulator.camera_figures import CMOS

    assert not wrong(report_of(simulated(detector=CMOS)))


def test_a_replay_can_be_tested() -> None:
    counts = np.linspace(500.0, 3_000.0, 2048)
    scene = ReplayScene(counts, 0.1 * counts, 500.0)
    report = report_of(SimulatedAnalyzer(scene, seed=1), "")
    assert report.passed and outcome(report, detector.NOISE) is Outcome.NOT_CHECKED


def test_pixels_that_became_hot_are_named() -> None:
    first = report_of(simulated(), "")
    assert outcome(first, detector.NEW_HOT_PIXELS) is Outcome.NOT_CHECKED
    again = report_of(simulated(), "", before=first)
    assert outcome(again, detector.NEW_HOT_PIXELS) is Outcome.OK
    worse = simulated(detector=DetectorModel(hot_pixel_fraction=0.009))
    later = report_of(worse, "", before=first)
    assert outcome(later, detector.NEW_HOT_PIXELS) is Outcome.WARNING
    ruined = simulated(detector=DetectorModel(hot_pixel_fraction=0.05))
    assert outcome(report_of(ruined, "", before=first), detector.HOT_PIXELS) is Outcome.FAILED


def test_a_test_without_a_standard_does_not_lift_a_failure_of_the_lines() -> None:
    wrong_lines = report_of(simulated(calcite()))
    assert standard.POSITIONS in wrong_lines.failing
    later = report_of(simulated(), "", before=wrong_lines)
    assert not later.passed and later.still_failing == wrong_lines.failing
    mended = report_of(simulated(), before=later)
    assert mended.passed and not mended.still_failing


def test_a_lamps_line_is_no_hot_pixel_and_a_dead_one_is_known() -> None:
    line = np.exp(-0.5 * np.square((np.arange(2048) - 700.0) / 4.7))
    noise = np.random.default_rng(0).normal(0.0, 2.0, 2048)
    mean = 220.0 + 50_000.0 * line + noise
    mean[[100, 702, 1500]] += (900.0, 40_000.0, 900.0)
    dark = detector.Dark(mean[None], 1000.0, mean)
    assert detector.hot_pixels(dark) == (100, 702, 1500)
    count, new = detector.hot_pixel_checks((100, 1500), 2048, dead=(100,), before=())
    assert (count.value, new.value) == (1, 1)


# ---- the laser ----


@pytest.mark.parametrize("off_mw, expected", [(3, Outcome.WARNING), (20, Outcome.FAILED)])
def test_a_power_that_is_told_otherwise_is_found(off_mw: int, expected: Outcome) -> None:
    analyzer = simulated()
    told = saying(
        analyzer.framing, laser_power_mw=lambda state: max(0, state.laser_power_mw - off_mw)
    )
    lies: dict[int | None, Lie] = {Opcode.GET_STATE: told, Opcode.ACQUIRE_FRAME: told}
    report = report_of(analyzer, "polystyrene", lies)
    assert outcome(report, light.READBACK) is expected
    assert outcome(report_of(simulated(), ""), light.READBACK) is Outcome.OK


def planted(alter: Callable[[dict[str, Any]], dict[str, Any]]) -> SimulatedAnalyzer:
    """An analyzer whose camera sees another light than its laser is said to give."""
    analyzer = simulated()
    camera = analyzer._detector
    honest = camera.expose
    camera.expose = lambda scene, **how: honest(scene, **alter(how))  # type: ignore[method-assign]
    return analyzer


def test_a_laser_that_shines_when_off_is_found() -> None:
    def leaks(part: float) -> SimulatedAnalyzer:
        return planted(lambda how: how | {"lit_fraction": max(how["lit_fraction"], part)})

    assert outcome(report_of(leaks(0.003)), light.LEAK) is Outcome.WARNING
    assert outcome(report_of(leaks(0.02)), light.LEAK) is Outcome.FAILED
    assert outcome(report_of(leaks(0.0)), light.LEAK) is Outcome.OK


def test_light_that_does_not_follow_the_power_is_found() -> None:
    def stuck(how: dict[str, Any]) -> dict[str, Any]:
        return how | {"laser_power_mw": 20.0}

    report = report_of(planted(stuck))
    assert outcome(report, light.RISE) is Outcome.WARNING or not report.passed
    assert wrong(report).keys() == {light.RISE}


def test_a_recording_does_not_follow_the_laser() -> None:
    counts = 2_000.0 + 30_000.0 * polystyrene().intensity(PAGE.wavenumber_cm1())
    scene = ReplayScene(counts, np.full(2048, 200.0), 1000.0)
    report = report_of(SimulatedAnalyzer(scene, seed=1))
    assert outcome(report, light.RISE) is Outcome.NOT_CHECKED
    assert outcome(report, light.LEAK) is Outcome.OK and report.passed


def test_a_firmware_that_says_the_laser_is_still_on_fails() -> None:
    analyzer = simulated()
    lies: dict[int | None, Lie] = {
        Opcode.GET_STATE: saying(analyzer.framing, laser_state=LaserState.ARMED)
    }
    assert outcome(report_of(analyzer, "", lies), light.OFF) is Outcome.FAILED


def test_a_laser_fault_fails_and_says_how_it_is_released() -> None:
    analyzer = simulated()
    analyzer.break_laser()
    check = report_of(analyzer).check(light.OFF)
    assert check is not None and check.outcome is Outcome.FAILED
    assert "--acknowledge" in check.remedy


def test_an_open_cover_is_a_failed_check_and_not_the_end() -> None:
    analyzer = simulated()
    analyzer.interlock(open=True)
    report = report_of(analyzer)
    assert outcome(report, standard.POSITIONS) is Outcome.FAILED
    assert outcome(report, light.LEAK) is Outcome.NOT_CHECKED
    assert outcome(report, light.OFF) is Outcome.OK
    whole = report_of(simulated())
    assert {one.name for one in report.checks} == {one.name for one in whole.checks}


# ---- cooler, temperatures, model ----


def test_a_cooler_that_does_not_cool_is_found() -> None:
    analyzer = simulated()
    lies: dict[int | None, Lie] = {
        Opcode.GET_STATE: saying(analyzer.framing, tec_locked=False, detector_temperature_c=8.0)
    }
    assert outcome(report_of(analyzer, "", lies), climate.COOLER) is Outcome.FAILED
    assert outcome(
        report_of(simulated(equipment=Equipment(has_tec=False)), ""), climate.COOLER
    ) is Outcome.NOT_CHECKED  # fmt: skip


@pytest.mark.parametrize("at_c, expected", [(55.0, Outcome.WARNING), (70.0, Outcome.FAILED)])
def test_a_hot_laser_is_found(at_c: float, expected: Outcome) -> None:
    analyzer = simulated()
    lies: dict[int | None, Lie] = {
        Opcode.GET_POWER: saying(analyzer.framing, laser_temperature_c=at_c)
    }
    assert outcome(report_of(analyzer, "", lies), "laser temperature") is expected


def test_the_model_answers_its_golden_questions_again() -> None:
    identifier = prove(load_default())
    check = golden.golden_answers(identifier)
    assert check.outcome is Outcome.OK and check.value == len(
        identifier.bundle.manifest.golden.decisions
    ) + len(identifier.bundle.manifest.golden_verdicts)
    manifest = identifier.bundle.manifest
    presence = 1.0 - manifest.golden.presence
    broken = replace(manifest, golden=replace(manifest.golden, presence=presence))
    identifier.bundle = replace(identifier.bundle, manifest=broken)
    assert golden.golden_answers(identifier).outcome is Outcome.FAILED


def test_a_model_that_must_not_be_used_fails() -> None:
    refused = BundleError("The bundle is damaged.")
    assert golden.golden_answers(refused).outcome is Outcome.FAILED
    assert golden.golden_answers(None).outcome is Outcome.NOT_CHECKED


# ---- the report ----

_TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=20)
_NUMBER = st.one_of(st.none(), st.floats(-1e9, 1e9).map(lambda value: float(f"{value:.6g}")))
_CHECKS = st.builds(
    Check,
    name=_TEXT,
    outcome=st.sampled_from(Outcome),
    text=_TEXT,
    remedy=_TEXT,
    value=_NUMBER,
    unit=_TEXT,
    bounds=st.one_of(
        st.none(),
        st.builds(
            Bounds, ok=st.tuples(_NUMBER, _NUMBER), allowed=st.tuples(_NUMBER, _NUMBER),
            source=_TEXT,
        ),
    ),
)  # fmt: skip


@settings(max_examples=40)
@given(
    st.lists(_CHECKS, max_size=4),
    st.lists(st.integers(0, 65_535), max_size=5),
    st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)),
)
def test_a_kept_report_is_read_back(checks: list[Check], hot: list[int], at: datetime) -> None:
    report = SelfTestReport("RX-1", at, "0.1", "1.0", "neon", tuple(checks), tuple(hot), ("a", "b"))
    content = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert SelfTestReport.from_json(content) == report


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
_KEYS = (
    "serial", "utc", "software", "firmware", "standard", "checks", "hot_pixels", "still_failing",
)  # fmt: skip


@settings(max_examples=40)
@given(st.fixed_dictionaries(dict.fromkeys(_KEYS, _JSON)))
def test_what_is_no_report_is_refused(content: dict[str, Any]) -> None:
    try:
        SelfTestReport.from_json(content)
    except StrictJsonError:
        return
    assert isinstance(content["checks"], list)


def test_not_checked_is_no_pass_of_a_check() -> None:
    assert CameraFigures.GAIN  # the figures that the noise is held against
    report = report_of(simulated(), "")
    assert report.count(Outcome.NOT_CHECKED) >= 5
    assert "not_checked" in json.dumps(report.as_json())
