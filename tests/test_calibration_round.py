"""A whole calibration over the simulated analyzer, whose true axis is known."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.calibration import refused
from device.calibration.kept_page import PageFileError, PageNotKept, keep, read_kept
from device.calibration.raman_standard import CALCITE_CM1, POLYSTYRENE_CM1
from device.calibration.refused import CalibrationRefused
from device.calibration.round import Calibrated, Plan, calibrate, restore
from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from firmware_bridge.calibration import CalibrationError, CalibrationPage
from firmware_bridge.errors import CallerError
from firmware_bridge.messages import LaserState
from firmware_bridge.simulator.detector import DetectorModel, default_calibration
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import (
    EmptyScene,
    Scene,
    argon_lamp,
    calcite,
    neon_lamp,
    polystyrene,
)

SCENES: dict[str, Callable[[], Scene]] = {
    "neon": neon_lamp,
    "argon": argon_lamp,
    "polystyrene": polystyrene,
    "calcite": calcite,
}


def moved(page: CalibrationPage, by_cm1: float) -> CalibrationPage:
    """Another laser and a stretched axis, wrong by so much in the middle."""
    first, slope, *others = page.wavelength_coefficients_nm
    stretched = (first + 0.2, 1.001 * slope, *others)
    axis = replace(page, wavelength_coefficients_nm=stretched)
    middle = len(axis.wavenumber_cm1()) // 2
    off = float(axis.wavenumber_cm1()[middle] - page.wavenumber_cm1()[middle])
    return replace(axis, excitation_nm=1e7 / (1e7 / page.excitation_nm + by_cm1 - off))


class Bench:
    """An analyzer whose operator puts before the probe what is asked for."""

    def __init__(self, seed: int, model: DetectorModel | None = None) -> None:
        model = model or DetectorModel()
        self.truth = default_calibration(model)
        self.simulated = SimulatedAnalyzer(
            EmptyScene(), detector=model, calibration=self.truth, seed=seed
        )
        self.asked: list[str] = []
        self._clock = VirtualClock()

    def open(self) -> Analyzer:
        return Analyzer(InProcessTransport(self.simulated, self._clock))

    def ask(self, sentence: str) -> None:
        self.asked.append(sentence)
        for name, scene in SCENES.items():
            if f" {name} " in sentence:
                self.simulated.scene = scene()

    def run(self, plan: Plan, keep_in: Path | None) -> Calibrated:
        with self.open() as analyzer:
            return calibrate(analyzer, plan, keep_in=keep_in, ask=self.ask, tell=lambda _: None)

    def off_cm1(self, page: CalibrationPage) -> float:
        """Largest error between the lamp's lines within the models' range."""
        true = self.truth.wavenumber_cm1()
        between = (true > 300.0) & (true < 2_250.0)
        return float(np.abs(page.wavenumber_cm1() - true)[between].max())

    def write(self, page: CalibrationPage) -> None:
        with self.open() as analyzer:
            analyzer.write_calibration(page)

    def stored(self) -> CalibrationPage:
        with self.open() as analyzer:
            return analyzer.calibration()


@pytest.fixture
def bench() -> Iterator[Bench]:
    yield Bench(seed=1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("by_cm1", [-5.0, 5.0])
def test_an_analyzer_five_wavenumbers_off_is_right_to_a_half(
    seed: int, by_cm1: float, tmp_path: Path
) -> None:
    bench = Bench(seed)
    wrong = moved(bench.truth, by_cm1)
    assert bench.off_cm1(wrong) >= 4.9
    bench.write(wrong)
    assert bench.off_cm1(bench.stored()) >= 4.9  # the negative control
    done = bench.run(Plan("neon", polystyrene=True, calcite=True), tmp_path / "kept")
    assert bench.stored() == done.page
    assert bench.off_cm1(bench.stored()) <= 0.5
    assert done.sequence == 2
    assert done.old == wrong
    assert done.lamp is not None and done.laser is not None and done.calcite is not None
    assert len(bench.asked) == 3


@pytest.mark.parametrize("seed", range(3))
def test_argon_does_it_too(seed: int, tmp_path: Path) -> None:
    bench = Bench(seed)
    bench.write(moved(bench.truth, 5.0))
    done = bench.run(Plan("argon", polystyrene=True), tmp_path)
    assert bench.off_cm1(done.page) <= 0.8  # nine lines of which eight stand alone


def test_the_cmos_camera_saturates_elsewhere_and_is_calibrated(tmp_path: Path) -> None:
    bench = Bench(2, DetectorModel(converter_bits=12, gain_e_per_count=73.0, offset_counts=64.0))
    done = bench.run(Plan("neon", polystyrene=True), tmp_path)
    assert bench.off_cm1(done.page) <= 0.5


def test_the_laser_is_off_for_the_lamp_and_after_all(bench: Bench, tmp_path: Path) -> None:
    bench.run(Plan("neon"), tmp_path)
    assert not bench.simulated.laser_on_log
    bench.run(Plan("neon", polystyrene=True), tmp_path)
    assert bench.simulated.laser_on_log
    with bench.open() as analyzer:
        assert analyzer.state().laser_state is LaserState.OFF


def test_a_dry_run_writes_nothing(bench: Bench, tmp_path: Path) -> None:
    before = bench.stored()
    done = bench.run(Plan("neon"), None)
    assert (done.sequence, done.kept) == (None, None)
    assert done.page != before == bench.stored()
    assert not list(tmp_path.iterdir())


def test_the_old_page_is_kept_and_can_be_restored(bench: Bench, tmp_path: Path) -> None:
    before = bench.stored()
    done = bench.run(Plan("neon"), tmp_path / "state" / "calibration")
    assert done.kept is not None
    assert done.kept.stat().st_mode & 0o777 == 0o600
    assert done.kept.parent.stat().st_mode & 0o777 == 0o700
    assert read_kept(done.kept) == before
    with bench.open() as analyzer:
        back = restore(analyzer, read_kept(done.kept), tmp_path)
    assert bench.stored() == before
    assert back.kept is not None
    assert read_kept(back.kept) == done.page


def test_a_page_that_cannot_be_kept_stays(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    before = bench.stored()
    with pytest.raises(PageNotKept):
        bench.run(Plan("neon"), tmp_path / "file" / "kept")
    assert bench.stored() == before


def test_two_pages_of_one_second_are_two_files(tmp_path: Path) -> None:
    assert keep(b"one", "../SIM 1", tmp_path) != keep(b"two", "../SIM 1", tmp_path)
    assert {path.parent for path in tmp_path.rglob("*.page")} == {tmp_path}


def test_what_is_no_kept_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PageFileError):
        read_kept(tmp_path)
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(PageFileError, match="empty holds no calibration page"):
        read_kept(tmp_path / "empty")


@pytest.mark.parametrize(
    ("shown", "plan", "reasons"),
    [
        (EmptyScene, Plan("neon"), {refused.NO_LAMP, refused.TOO_FEW_LINES}),
        (argon_lamp, Plan("neon"), {refused.NO_MATCH, refused.AMBIGUOUS}),
        (neon_lamp, Plan("argon"), {refused.NO_MATCH, refused.AMBIGUOUS}),
        (EmptyScene, Plan(None, polystyrene=True), {refused.NO_POLYSTYRENE}),
        (calcite, Plan(None, polystyrene=True), {refused.NO_POLYSTYRENE}),
        (polystyrene, Plan(None, calcite=True), {refused.CALCITE_OFF}),
        (lambda: neon_lamp(1e9), Plan("neon"), {refused.SATURATED}),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    shown: Callable[[], Scene], plan: Plan, reasons: set[str], bench: Bench, tmp_path: Path
) -> None:
    before = bench.stored()
    bench.simulated.scene = shown()
    with pytest.raises(CalibrationRefused) as caught, bench.open() as analyzer:
        calibrate(analyzer, plan, keep_in=tmp_path, ask=lambda _: None, tell=lambda _: None)
    assert caught.value.reason in reasons
    assert bench.stored() == before
    assert not list(tmp_path.iterdir())


def test_calcite_refuses_a_laser_that_is_off(bench: Bench, tmp_path: Path) -> None:
    bench.write(replace(bench.truth, excitation_nm=785.1))
    with pytest.raises(CalibrationRefused, match="Calcite"):
        bench.run(Plan(None, calcite=True), tmp_path)


def test_without_a_page_lamp_and_polystyrene_make_one(bench: Bench, tmp_path: Path) -> None:
    damaged = b"no page at all"
    bench.simulated._instrument.upkeep._factory_page = damaged
    with pytest.raises(CallerError, match="laser's wavelength"):
        bench.run(Plan("neon"), tmp_path)
    with pytest.raises(CalibrationError):
        bench.run(Plan(None, polystyrene=True), tmp_path)
    done = bench.run(Plan("neon", polystyrene=True), tmp_path)
    assert bench.off_cm1(bench.stored()) <= 0.5
    assert done.old is None
    assert done.kept is not None and done.kept.read_bytes() == damaged


def test_an_analyzer_that_never_had_a_page_gets_one_and_none_is_kept(
    bench: Bench, tmp_path: Path
) -> None:
    bench.simulated._instrument.upkeep._factory_page = b""
    with pytest.raises(CalibrationError) as caught:
        bench.run(Plan(None, polystyrene=True), tmp_path)
    assert "ramix calibrate" in caught.value.remedy
    done = bench.run(Plan("neon", polystyrene=True), tmp_path / "kept")
    assert done.sequence is not None and done.kept is None
    assert not (tmp_path / "kept").exists()


def test_a_plan_of_nothing_is_refused() -> None:
    with pytest.raises(CallerError):
        Plan(None)


def test_the_scenes_show_the_standards_lines() -> None:
    at = np.array([*POLYSTYRENE_CM1])
    assert (polystyrene().intensity(at) > polystyrene().intensity(at + 15.0)).all()
    line = np.array([CALCITE_CM1, CALCITE_CM1 + 15.0])
    assert calcite().intensity(line)[0] > 10 * calcite().intensity(line)[1]
