"""The flow from trigger to record, against the simulated analyzer, with everything real."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from device.answer.identifier import Identifier
from device.driver.acquisition import AcquisitionSettings
from device.driver.analyzer import Analyzer
from device.driver.growing import SequentialSettings
from device.driver.transports.in_process import InProcessTransport
from device.events import Certainty, Event, LaserOn
from device.inference.errors import GoldenMismatch, VerificationFailed
from device.records.errors import RecordStoreError
from device.records.store import RecordStore
from device.runtime import StoredAnswer, load_identifier, measure, run
from device.simulated.port import build_analyzer
from device.simulated.spec import parse
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import CalibrationMismatch, LinkError, LinkTimeout, RamixError
from firmware_bridge.framing import Framing
from firmware_bridge.messages import Opcode, SlotState
from firmware_bridge.simulator.faults import Fault, FaultKind, FaultPlan
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.flash import Flash
from firmware_bridge.simulator.slot_store import SlotStore, flash_bytes
from tests.tiny_bundles import tiny_bundle, tiny_path, tiny_variant

ROOT = Path(__file__).resolve().parent.parent
MIX = f"mix=fixture A:0.6,fixture B:0.4&snr=200&model={tiny_path(2)}"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    return RecordStore(tmp_path / "records.sqlite")


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return Identifier(tiny_bundle(2))


def _simulated(specification: str = MIX) -> SimulatedAnalyzer:
    return build_analyzer(parse(specification), Framing.RAW)


# Frames of one measurement of `_simulated()`: low, full, and three that find the exposure; with two
# dark ones before and one after.
_LIT, _FRAMES = 5, 8


def _analyzer(simulated: SimulatedAnalyzer) -> Analyzer:
    return Analyzer(InProcessTransport(simulated), timeout_s=2.0)


class _Screen:
    """Remembers what was shown, in order."""

    def __init__(self) -> None:
        self.shown: list[StoredAnswer | RamixError] = []
        self.steps: list[Event] = []

    def run(
        self, analyzer: Analyzer, identifier: Identifier, store: RecordStore | None, triggers: int
    ) -> int:
        return run(
            analyzer,
            identifier,
            store,
            AcquisitionSettings(),
            show=self.shown.append,
            show_failure=self.shown.append,
            progress=self.steps.append,
            triggers=triggers,
        )


def _ids(store: RecordStore) -> list[str]:
    return [record.record_id for record in reversed(store.list(100))]


# ---- one measurement ----


def test_a_sample_is_measured_identified_and_stored(
    store: RecordStore, identifier: Identifier
) -> None:
    with _analyzer(_simulated()) as analyzer, store:
        outcome = measure(analyzer, identifier, store, AcquisitionSettings(), lambda _: None)
        assert outcome.record_id is not None
        record = store.get(outcome.record_id)
    found = outcome.answer.identification
    assert [one.name for one in found.components] == ["fixture A", "fixture B"]
    assert [one["name"] for one in record.result["components"]] == ["fixture A", "fixture B"]
    assert len(record.array("raw_counts")) == 2048
    page = CalibrationPage.from_bytes(record.array("calibration_page").tobytes())
    assert page.serial == record.body["measurement"]["analyzer_serial"]


def test_measuring_until_it_is_certain_says_how_it_was_taken(
    store: RecordStore, identifier: Identifier
) -> None:
    told: list[Event] = []
    simulated = _simulated()
    with _analyzer(simulated) as analyzer, store:
        analyzer.set_laser_power_mw(5)  # an earlier user's
        outcome = measure(analyzer, identifier, store, SequentialSettings(), told.append)
        assert outcome.record_id is not None
        settings = store.get(outcome.record_id).result["settings"]
    looks = [one for one in told if isinstance(one, Certainty)]
    assert settings["looks"] == len(looks) and settings["stopped_because"] == "certain"
    assert (looks[-1].margin or 0.0) >= looks[-1].asked > 0.0
    assert settings["laser_power_mw"] == 70.0
    powers_mw = [one.laser_power_mw for one in told if isinstance(one, LaserOn)]
    assert powers_mw[0] == 7 and set(powers_mw[1:]) == {70}  # the first light is a low one


def test_a_fixed_measurement_sets_the_laser_power_too(identifier: Identifier) -> None:
    for asked_mw, taken_mw in ((None, 70.0), (30, 30.0)):
        with _analyzer(_simulated()) as analyzer:
            analyzer.set_laser_power_mw(5)
            wanted = AcquisitionSettings(laser_power_mw=asked_mw)
            settings = measure(analyzer, identifier, None, wanted, lambda _: None).answer.settings
        assert settings is not None
        assert (settings.laser_power_mw, settings.stopped_because) == (taken_mw, "fixed")


def test_the_budget_ends_what_never_gets_certain(
    identifier: Identifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.runtime.margin", lambda *_, **__: 0.0)
    told: list[Event] = []
    with _analyzer(_simulated()) as analyzer:
        settings = SequentialSettings(budget_s=3.0)
        answer = measure(analyzer, identifier, None, settings, told.append).answer
    assert answer.settings is not None
    assert answer.settings.stopped_because == "budget"
    assert (
        answer.settings.looks == [one for one in told if isinstance(one, Certainty)][-1].looks > 1
    )
    assert answer.identification.verdict == "IDENTIFIED"  # the last look's stands as it is


def test_without_a_store_nothing_is_kept(identifier: Identifier) -> None:
    with _analyzer(_simulated()) as analyzer:
        outcome = measure(analyzer, identifier, None, AcquisitionSettings(), lambda _: None)
    assert outcome.record_id is None


def test_an_empty_sample_place_is_not_named(identifier: Identifier) -> None:
    with _analyzer(_simulated("scene=empty")) as analyzer:
        outcome = measure(analyzer, identifier, None, AcquisitionSettings(), lambda _: None)
    assert outcome.answer.identification.components == ()
    assert outcome.answer.identification.verdict in ("NO_RESULT", "UNKNOWN")


# ---- the loop ----


def test_every_press_gives_one_stored_answer(store: RecordStore, identifier: Identifier) -> None:
    simulated, screen = _simulated(), _Screen()
    with _analyzer(simulated) as analyzer, store:
        assert screen.run(analyzer, identifier, store, 3) == 3
        shown = [one.record_id for one in screen.shown if isinstance(one, StoredAnswer)]
        assert shown == _ids(store)
        assert len(set(shown)) == 3
    assert not simulated.laser_is_on
    assert len(simulated.laser_on_log) == 3 * _LIT


def test_an_answer_is_stored_before_it_is_shown(store: RecordStore, identifier: Identifier) -> None:
    class Check(_Screen):
        def show(self, outcome: StoredAnswer) -> None:
            assert outcome.record_id in _ids(store)
            self.shown.append(outcome)

    screen = Check()
    with _analyzer(_simulated()) as analyzer, store:
        run(
            analyzer, identifier, store, AcquisitionSettings(), show=screen.show,
            show_failure=screen.shown.append, progress=screen.steps.append, triggers=2,
        )  # fmt: skip
    assert len(screen.shown) == 2


def test_a_measurement_that_fails_is_shown_and_the_next_press_answered(
    store: RecordStore, identifier: Identifier
) -> None:
    lost = FaultPlan.of(Fault(FaultKind.LOST, Opcode.ACQUIRE_FRAME, nth=0))
    simulated, screen = _with_faults(lost), _Screen()
    with _analyzer(simulated) as analyzer, store:
        assert screen.run(analyzer, identifier, store, 2) == 1
        assert len(_ids(store)) == 1
    assert isinstance(screen.shown[0], LinkTimeout)
    assert isinstance(screen.shown[1], StoredAnswer)
    assert not simulated.laser_is_on


def test_an_open_interlock_is_shown_and_the_next_press_answered(identifier: Identifier) -> None:
    simulated, screen = _simulated(), _Screen()
    simulated.interlock(open=True)

    def close_it(failure: RamixError) -> None:
        screen.shown.append(failure)
        simulated.interlock(open=False)

    with _analyzer(simulated) as analyzer:
        answered = run(
            analyzer, identifier, None, AcquisitionSettings(), show=screen.shown.append,
            show_failure=close_it, progress=screen.steps.append, triggers=2,
        )  # fmt: skip
    assert answered == 1
    assert isinstance(screen.shown[0], RamixError)
    assert "interlock" in screen.shown[0].text.lower()


def test_an_unplugged_analyzer_ends_the_loop(identifier: Identifier) -> None:
    gone = FaultPlan.of(Fault(FaultKind.UNPLUG, Opcode.ACQUIRE_FRAME, nth=_FRAMES))
    simulated, screen = _with_faults(gone), _Screen()
    with pytest.raises(LinkError), _analyzer(simulated) as analyzer:
        screen.run(analyzer, identifier, None, 5)
    answer, failure = screen.shown  # the press that has no answer is told
    assert isinstance(answer, StoredAnswer) and isinstance(failure, LinkError)
    assert not simulated.laser_is_on


def test_a_store_that_takes_no_records_ends_the_loop_unshown(
    tmp_path: Path, identifier: Identifier
) -> None:
    (tmp_path / "records.sqlite").write_bytes(b"no database" * 999)
    simulated, screen = _simulated(), _Screen()
    with pytest.raises(RecordStoreError), _analyzer(simulated) as analyzer:
        screen.run(analyzer, identifier, RecordStore(tmp_path / "records.sqlite"), 5)
    assert screen.shown == []  # an answer that is not kept is not given
    assert not simulated.laser_is_on


def test_a_contradicting_calibration_page_ends_the_loop(identifier: Identifier) -> None:
    simulated, screen = _simulated(), _Screen()
    page = CalibrationPage(
        wavelength_coefficients_nm=(795.0, 0.2), excitation_nm=785.0, first_valid_pixel=0,
        last_valid_pixel=1023, pixel_count=1024, dead_pixels=(), resolution_cm1=12.0, serial="x",
    )  # fmt: skip
    simulated.set_calibration_page(page.to_bytes())
    with pytest.raises(CalibrationMismatch), _analyzer(simulated) as analyzer:
        screen.run(analyzer, identifier, None, 5)
    assert screen.shown == []


class _InterruptedTransport(InProcessTransport):
    """Ctrl-C arrives while the laser is on for the nth time."""

    def __init__(self, simulated: SimulatedAnalyzer, exposures: int) -> None:
        super().__init__(simulated)
        self.simulated, self.left = simulated, exposures
        self.was_on = False

    def read(self, timeout_s: float) -> bytes:
        """The host starts to wait; from the first wait with the laser on it does not return."""
        now_on = self.simulated.laser_is_on
        self.left -= now_on and not self.was_on
        self.was_on = now_on
        if now_on and self.left == 0:
            self.left = -1
            raise KeyboardInterrupt
        return super().read(timeout_s)


def test_an_interrupt_during_an_exposure_leaves_laser_off_and_store_whole(
    store: RecordStore, identifier: Identifier
) -> None:
    simulated, screen = _simulated(), _Screen()
    transport = _InterruptedTransport(simulated, exposures=2 * _LIT + 1)
    with store:
        with pytest.raises(KeyboardInterrupt), Analyzer(transport, timeout_s=2.0) as analyzer:
            screen.run(analyzer, identifier, store, 5)
        assert transport.left == -1  # it was interrupted while the laser was on
        assert not simulated.laser_is_on
        report = store.verify()
    assert (report.count, report.problems) == (2, ())


# ---- the model on the analyzer ----


def _with_faults(plan: FaultPlan) -> SimulatedAnalyzer:
    healthy = _simulated()
    return SimulatedAnalyzer(
        healthy.scene, calibration=None, flash=healthy.flash, faults=plan, trigger_every_s=1.0
    )


def _on_trial(image: bytes, security_counter: int = 1) -> SimulatedAnalyzer:
    """An analyzer with the tiny model confirmed in slot A and `image` on trial in slot B."""
    flash = Flash(flash_bytes())
    slots = SlotStore(flash)
    slots.install(0, tiny_path(2).read_bytes(), 1)
    healthy = _simulated()
    simulated = SimulatedAnalyzer(healthy.scene, calibration=None, flash=flash, trigger_every_s=1.0)
    with _analyzer(simulated) as analyzer:
        for _ in analyzer.upload(1, image, security_counter):
            pass
        analyzer.verify(1)
        analyzer.trial(1)
    return simulated


def test_the_model_of_the_analyzer_answers() -> None:
    with _analyzer(_simulated()) as analyzer:
        loaded = load_identifier(analyzer, "auto", lambda _: None)
    assert loaded.label.sha256 == tiny_bundle(2).sha256


def test_a_good_model_on_trial_is_confirmed() -> None:
    simulated = _on_trial(tiny_variant(2, version="1.0.1"))
    with _analyzer(simulated) as analyzer:
        assert load_identifier(analyzer, "auto", lambda _: None).label.version == "1.0.1"
        assert analyzer.slot_info(1).state is SlotState.CONFIRMED
        assert analyzer.active_slot() == 1


@pytest.mark.parametrize("kind", ["wrong golden", "unsigned", "no bundle"])
def test_a_bad_model_on_trial_is_rolled_back(kind: str) -> None:
    image = {"wrong golden": _wrong_golden, "unsigned": _unsigned, "no bundle": _nonsense}[kind]()
    simulated = _on_trial(image)
    with _analyzer(simulated) as analyzer:
        with pytest.raises(VerificationFailed, match="rolled back"):
            load_identifier(analyzer, "auto", lambda _: None)
        assert analyzer.active_slot() == 0
        # and the one before answers again
        assert load_identifier(analyzer, "auto", lambda _: None).label.version == "1.0.0"


def test_a_bad_model_that_is_confirmed_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "wrong.ramix"
    file.write_bytes(_wrong_golden())
    with _analyzer(_simulated(f"scene=empty&model={file}")) as analyzer:
        with pytest.raises(GoldenMismatch):
            load_identifier(analyzer, "auto", lambda _: None)
        assert analyzer.active_slot() == 0


def _nonsense() -> bytes:
    return bytes(range(256)) * 8


def _unsigned() -> bytes:
    return tiny_variant(2, signers=[])


def _wrong_golden() -> bytes:
    """Correctly signed, yet this machine's network cannot give the answers it states."""
    manifest = tiny_bundle(2).manifest
    golden = manifest.golden
    presence = (1.0 - np.round(golden.presence)).astype(np.float32)
    return tiny_variant(
        2,
        golden={
            "inputs_base64": base64.b64encode(golden.inputs.tobytes()).decode(),
            "presence": presence.tolist(),
            "dosage": None if golden.dosage is None else golden.dosage.tolist(),
            "tolerance": golden.tolerance,
            "decisions": [list(manifest.decide(row)) for row in presence],
        },
    )


# ---- the real command ----


def _command(*arguments: str, home: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "device.cli.main", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "RAMIX_HOME": str(home)},
        # the background job of a shell ignores SIGINT, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


def test_the_command_prints_one_object_a_press(tmp_path: Path) -> None:
    arguments = ("run", "--port", f"sim:{MIX}", "--triggers", "3", "--json")
    running = _command(*arguments, home=tmp_path)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    objects = [json.loads(line) for line in out.splitlines()]
    assert len({one["record_id"] for one in objects}) == 3
    assert {one["verdict"] for one in objects} == {"IDENTIFIED"}
    listed = _command("records", "list", "--simulated", "--json", home=tmp_path)
    out, _ = listed.communicate(timeout=60)
    assert {one["record_id"] for one in json.loads(out)["records"]} == {
        one["record_id"] for one in objects
    }


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_during_a_measurement_leaves_the_store_whole(
    tmp_path: Path, stop: signal.Signals
) -> None:
    port = f"sim:{MIX}&link=tcp"  # in real time
    arguments = ("run", "--port", port, "--json", "--integration-time", "500")
    running = _command(*arguments, home=tmp_path)
    assert running.stdout is not None
    first = json.loads(running.stdout.readline())
    time.sleep(1.25)  # pressed again after 1 s: the next exposure is under way
    running.send_signal(stop)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "Traceback" not in err
    with RecordStore(tmp_path / "records-sim.sqlite", read_only=True) as store:
        report = store.verify()
        assert first["record_id"] in _ids(store)
    assert report.problems == ()
