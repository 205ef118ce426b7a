"""The relative response: measured by a known light, kept in the page, and used in a verdict."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.answer.identifier import Answer, Identifier
from device.answer.proof import prove
from device.calibration import refused
from device.calibration.recorded_frame import read_frame
from device.calibration.refused import CalibrationRefused
from device.calibration.response_curve import (
    KINDS,
    CurveFileError,
    ReferenceCurve,
    parse_curve,
    read_curve,
)
from device.calibration.response_fit import response_of
from device.calibration.round import Calibrated, Plan, calibrate
from device.cli.acquired_file import save_acquisition
from device.cli.main import run_command
from device.driver.acquisition import AcquisitionSettings, acquire
from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.inference.model_source import load_default
from device.runtime import measure
from device.simulated.port import build_analyzer
from device.simulated.spec import parse
from device.spectra.files.reading import read_spectrum
from device.spectra.resampling import MODEL_GRID
from device.spectra.response import said_corrected, silicon_response
from device.spectra.spectrum import Acquisition, spectrum_from_acquisition
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.detector import DetectorModel, default_calibration
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import Scene, SpectrumScene, neon_lamp

Floats = np.ndarray[Any, np.dtype[np.float64]]
PAGE = default_calibration()
SHIFT = PAGE.wavenumber_cm1()
CURVE_SHIFT = np.linspace(100.0, 3000.0, 300)


def standard_light(shift_cm1: Floats) -> Floats:
    """A broad luminescence, as such glasses have."""
    return np.asarray(np.exp(-0.5 * np.square((shift_cm1 - 1300.0) / 900.0)) + 0.1)


def response_at(shift_cm1: Floats, tilt: float = 0.8) -> Floats:
    """A tilted grating before a silicon detector, with a ripple; counts per photon."""
    silicon = np.interp(shift_cm1, MODEL_GRID.wavenumber_cm1, silicon_response(MODEL_GRID))
    ripple = 1.0 + 0.05 * np.sin(shift_cm1 / 120.0)
    return np.asarray(silicon * ripple * np.exp(tilt * (shift_cm1 - 1400.0) / 1000.0))


def curve_text(kind: str = "photons_per_cm1") -> str:
    """The certificate of that light."""
    value = standard_light(CURVE_SHIFT)
    if kind == "photons_per_cm1":
        rows = zip(CURVE_SHIFT, value, strict=True)
        return "# a glass\nraman_shift_cm1,photons_per_cm1\n" + _rows(rows)
    nm = 1e7 / (1e7 / PAGE.excitation_nm - CURVE_SHIFT)
    value = value / np.square(nm)
    if kind == "power_per_nm":
        value = value / nm
    return f"wavelength_nm;{kind}\n" + _rows(zip(nm, value, strict=True), ";")


def _rows(rows: Any, separator: str = ",") -> str:
    return "".join(f"{at:.6f}{separator}{value:.9g}\n" for at, value in rows)


def seen_by(scene: SpectrumScene, tilt: float = 0.8) -> SpectrumScene:
    """The scene's photons as an analyzer with that response counts them."""
    intensity = scene.intensity
    return replace(scene, intensity=lambda at: intensity(at) * response_at(at, tilt))


def simulated(scene: Scene, page: CalibrationPage = PAGE) -> SimulatedAnalyzer:
    return SimulatedAnalyzer(scene, detector=DetectorModel(), calibration=page, seed=5)


def opened(analyzer: SimulatedAnalyzer) -> Analyzer:
    clock = VirtualClock()
    clock.advance_to(analyzer.now_s)
    return Analyzer(InProcessTransport(analyzer, clock))


def glass() -> SpectrumScene:
    return seen_by(SpectrumScene(standard_light, resolution_cm1=20.0))


def fitted(analyzer: SimulatedAnalyzer, keep_in: Path | None = None) -> Calibrated:
    plan = Plan(None, response=parse_curve(curve_text(), "glass.csv"))
    asked: list[str] = []
    with opened(analyzer) as instrument:
        done = calibrate(instrument, plan, keep_in=keep_in, ask=asked.append, tell=lambda _: None)
    assert len(asked) == 1 and "LASER WILL SHINE" in asked[0]
    return done


# ---- measuring it ----


def test_the_response_of_a_known_light_is_found_to_a_percent(tmp_path: Path) -> None:
    analyzer = simulated(glass())
    done = fitted(analyzer, tmp_path)
    truth = response_at(SHIFT)
    found = done.page.relative_response()
    assert found is not None and done.response is not None
    inside = (SHIFT > 300.0) & (SHIFT < 2500.0)
    ratio = (found / truth)[inside]
    assert ratio.std() / ratio.mean() < 0.01
    with opened(analyzer) as instrument:
        assert instrument.calibration() == done.page
    assert np.ptp(truth[inside]) / truth[inside].max() > 0.3  # there was something to find


@pytest.mark.parametrize("kind", KINDS)
def test_certificates_by_photons_or_power_say_the_same(kind: str) -> None:
    curve = parse_curve(curve_text(kind), "curve")
    light = curve.photons_per_cm1(SHIFT, PAGE.excitation_nm)
    ratio = light / standard_light(SHIFT)
    assert np.ptp(ratio) / ratio.mean() < 1e-3
    assert curve.needs_laser is (kind == "photons_per_cm1")


def counts_of(scale: float = 40_000.0) -> Floats:
    light = standard_light(SHIFT) * response_at(SHIFT)
    noise = np.random.default_rng(1).normal(size=len(SHIFT))
    counts = scale * light / light.max()
    return np.asarray(counts + np.sqrt(counts / 4.6 + 12.0) * noise)


def refusal(counts: Floats, **more: Any) -> str:
    page = more.pop("page", PAGE)
    curve = more.pop("curve", parse_curve(curve_text(), "curve"))
    with pytest.raises(CalibrationRefused) as caught:
        response_of(counts, curve, page, **more)
    assert caught.value.text and caught.value.remedy
    return caught.value.reason


def test_a_good_frame_is_not_refused() -> None:
    found = response_of(counts_of(), parse_curve(curve_text(), "curve"), PAGE)
    assert max(found.relative) == 1.0 and min(found.relative) > 0.01
    assert found.standard_error < 0.01 and found.misfit < 0.02


def test_saturated_frames_are_refused() -> None:
    full = np.zeros(len(SHIFT), dtype=np.bool_)
    full[900:910] = True
    assert refusal(counts_of(), saturated=full) == refused.SATURATED


def test_holes_are_refused() -> None:
    dead = replace(PAGE, dead_pixels=tuple(range(800, 860)))
    assert refusal(counts_of(), page=dead) == refused.HOLES
    short = parse_curve(
        "raman_shift_cm1,photons_per_cm1\n"
        + _rows((at, standard_light(np.array([at]))[0]) for at in np.linspace(400.0, 2500.0, 50)),
        "short",
    )
    assert refusal(counts_of(), curve=short) == refused.HOLES


def test_counts_below_zero_are_refused() -> None:
    counts = counts_of()
    counts[1500:1560] = -300.0
    assert refusal(counts) == refused.NO_LIGHT
    assert refusal(np.zeros(len(SHIFT))) == refused.NO_LIGHT


def test_weak_light_is_refused() -> None:
    assert refusal(counts_of(60.0)) == refused.NO_LIGHT


def test_lines_of_a_lamp_are_no_standard() -> None:
    lines = counts_of()
    lines += 30_000.0 * np.exp(-0.5 * np.square((SHIFT - 1001.0) / 4.0))
    assert refusal(lines) == refused.NOT_SMOOTH


def test_nothing_is_written_where_it_is_refused(tmp_path: Path) -> None:
    analyzer = simulated(neon_lamp())
    with pytest.raises(CalibrationRefused):
        fitted(analyzer, tmp_path)
    with opened(analyzer) as instrument:
        assert instrument.calibration() == PAGE
    assert not list(tmp_path.iterdir())


# ---- curves in files ----


@pytest.mark.parametrize(
    "text",
    [
        "", "# nothing\n", "shift,light\n1,2\n", "raman_shift_cm1,photons_per_cm1\n1,2\n",
        "raman_shift_cm1,photons_per_cm1\n" + "5,1\n" * 9,
        "raman_shift_cm1,photons_per_cm1\n1,1\n2,1\n3,0\n4,1\n5,1\n",
        "raman_shift_cm1,photons_per_cm1\n1,1\n2,nan\n3,1\n4,1\n5,1\n",
        "raman_shift_cm1,photons_per_cm1\n1,1\n2,1,1\n3,1\n4,1\n5,1\n",
        "wavelength_nm,power_per_nm\n1,1\n2,1\n3,1\n4,1\n5,1\n",
    ],
)  # fmt: skip
def test_what_is_no_curve_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(CurveFileError) as caught:
        parse_curve(text, "bad.csv")
    assert "bad.csv" in caught.value.text and caught.value.remedy


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.floats(-4000.0, 9000.0), st.floats(1e-9, 1e9)),
        min_size=5, max_size=40, unique_by=lambda row: round(row[0], 3),
    ),
    st.booleans(),
)  # fmt: skip
def test_a_written_curve_is_read_back(rows: list[tuple[float, float]], falls: bool) -> None:
    rows = sorted({round(at, 3): value for at, value in rows}.items(), reverse=falls)
    text = "raman_shift_cm1\tphotons_per_cm1\n" + "".join(f"{a!r}\t{v!r}\n" for a, v in rows)
    curve = parse_curve(text, "curve")
    assert dict(zip(curve.axis.tolist(), curve.value.tolist(), strict=True)) == dict(rows)


@settings(max_examples=40)
@given(st.text(max_size=80))
def test_no_text_does_anything_but_read_or_refuse(text: str) -> None:
    try:
        curve = parse_curve(text, "curve")
    except CurveFileError:
        return
    assert isinstance(curve, ReferenceCurve)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CurveFileError):
        read_curve(tmp_path / "none.csv")


# ---- using it ----


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return prove(load_default())


def answer_of(
    identifier: Identifier, mix: str, page: CalibrationPage, change: Callable[[Any], Any]
) -> Answer:
    whole = build_analyzer(parse(f"mix={mix}&snr=100&seed=2"), Framing.RAW)
    scene = whole.scene
    assert isinstance(scene, SpectrumScene)
    analyzer = SimulatedAnalyzer(change(scene), calibration=page, seed=2)
    with opened(analyzer) as instrument:
        how = AcquisitionSettings(frames=2, auto_exposure=True)
        return measure(instrument, identifier, None, how, lambda _: None).answer


def shares(answer: Answer) -> dict[str, float]:
    assert str(answer.identification.verdict) == "IDENTIFIED"
    return {one.name: one.signal_share for one in answer.identification.components}


def page_that_knows(tilt: float) -> CalibrationPage:
    at = np.linspace(0, len(SHIFT) - 1, 129)
    values = np.interp(at, np.arange(len(SHIFT)), response_at(SHIFT, tilt))
    return replace(PAGE, response=tuple((values / values.max()).tolist()))


@pytest.mark.parametrize("tilt", [-0.8, 0.6, 1.5])
@pytest.mark.parametrize(
    "mix", ["acetonitrile:0.2,toluene:0.3,ethanol:0.5", "methanol:0.1,ethanol:0.9"]
)
def test_a_tilted_analyzer_whose_page_knows_it_answers_as_the_untilted_one(
    identifier: Identifier, mix: str, tilt: float
) -> None:
    silicon = np.interp(SHIFT, MODEL_GRID.wavenumber_cm1, silicon_response(MODEL_GRID))

    def tilted(scene: SpectrumScene) -> SpectrumScene:
        # the references are counts of a silicon detector: their photons are these over its response
        photons = scene.intensity
        lit = replace(scene, intensity=lambda at: photons(at) / np.interp(at, SHIFT, silicon))
        return seen_by(lit, tilt)

    plain = shares(answer_of(identifier, mix, PAGE, lambda scene: scene))
    answer = answer_of(identifier, mix, page_that_knows(tilt), tilted)
    corrected = shares(answer)
    assert corrected.keys() == plain.keys()
    assert max(abs(corrected[name] - plain[name]) for name in plain) <= 0.02
    raw = answer.spectrum.raw
    assert raw is not None and raw.raw_counts.max() <= 65_535.0  # what is kept are the counts
    assert answer.gridded.weighed and said_corrected(answer.spectrum)


def test_a_slope_alone_is_told_by_a_page_as_well(identifier: Identifier) -> None:
    slope = np.exp(0.6 * (SHIFT - 1400.0) / 1000.0)
    at = np.linspace(0, len(SHIFT) - 1, 64)
    values = np.interp(at, np.arange(len(SHIFT)), slope / slope.max())
    page = replace(PAGE, response=tuple(values.tolist()))
    mix = "acetonitrile:0.2,toluene:0.3,ethanol:0.5"

    def tilted(scene: SpectrumScene) -> SpectrumScene:
        light = scene.intensity
        return replace(scene, intensity=lambda at: light(at) * np.exp(0.6 * (at - 1400.0) / 1000.0))

    plain = shares(answer_of(identifier, mix, PAGE, lambda scene: scene))
    told = shares(answer_of(identifier, mix, page, tilted))
    assert told.keys() == plain.keys()
    assert max(abs(told[name] - plain[name]) for name in plain) <= 0.02


def taken(page: CalibrationPage) -> Acquisition:
    with opened(simulated(glass(), page)) as instrument:
        return acquire(instrument, AcquisitionSettings(frames=2))


def test_noise_is_scaled_with_the_counts() -> None:
    page = page_that_knows(0.8)
    acquisition = taken(page)
    spectrum = spectrum_from_acquisition(acquisition)
    response = page.relative_response()
    assert response is not None and spectrum.variance is not None
    counts = acquisition.raw_counts - acquisition.dark_counts
    np.testing.assert_allclose(spectrum.intensity * response, counts, rtol=1e-12)
    np.testing.assert_allclose(spectrum.variance * response**2, acquisition.variance, rtol=1e-12)


def test_without_a_response_nothing_is_divided() -> None:
    acquisition = taken(PAGE)
    spectrum = spectrum_from_acquisition(acquisition)
    np.testing.assert_array_equal(
        spectrum.intensity, acquisition.raw_counts - acquisition.dark_counts
    )
    assert said_corrected(spectrum) is None


def test_pixels_that_hardly_see_are_left_out() -> None:
    response = (1.0, 1.0, 1e-6)  # half of the range falls to nothing
    spectrum = spectrum_from_acquisition(taken(replace(PAGE, response=response)))
    assert 0.9 * len(SHIFT) < len(spectrum.intensity) < len(SHIFT)
    assert np.isfinite(spectrum.intensity).all()


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_an_acquired_file_is_the_measurement_itself(ending: str, tmp_path: Path) -> None:
    acquisition = taken(page_that_knows(0.8))
    path = tmp_path / f"taken.{ending}"
    save_acquisition(acquisition, path, serial="SIM", force=False)
    here, there = spectrum_from_acquisition(acquisition), read_spectrum(path)
    np.testing.assert_allclose(there.intensity, here.intensity, rtol=1e-7, atol=1e-6)
    assert here.variance is not None and there.variance is not None
    np.testing.assert_allclose(there.variance, here.variance, rtol=1e-7)
    assert said_corrected(there) is True


# ---- as typed ----


@pytest.fixture
def frame(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "glass.json"
    save_acquisition(taken(PAGE), path, serial="SIM", force=False)
    yield path


def test_a_recorded_frame_is_shown(
    frame: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    curve = tmp_path / "glass.csv"
    curve.write_text(curve_text())
    words = ["calibrate", "--response-reference", str(curve), "--response-frame", str(frame)]
    assert run_command([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["response"]["points"] == told["page"]["response_points"] == 129
    assert told["written"] is False and math.isfinite(told["response"]["misfit"])
    assert run_command(words) == 0
    assert "response: 129 points" in capsys.readouterr().out
    assert read_frame(frame).counts.shape == SHIFT.shape


def test_a_recorded_frame_is_written(
    frame: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    curve = tmp_path / "glass.csv"
    curve.write_text(curve_text())
    port = f"sim:scene=empty&model=none&flash={tmp_path / 'flash'}"
    code = run_command(
        ["calibrate", "--port", port, "--response-reference", str(curve), "--response-frame",
         str(frame), "--yes", "--json"]
    )  # fmt: skip
    told = json.loads(capsys.readouterr().out)
    assert code == 0 and told["written"] is True and told["kept"]


def test_a_curve_alone_is_no_calibration(tmp_path: Path) -> None:
    assert run_command(["calibrate", "--response-frame", "x.json"]) == 2
    assert run_command(["calibrate", "--response-reference", "x.csv"]) == 2
