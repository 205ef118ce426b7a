"""Between the trigger and the light: what happens there, and that nothing shines meanwhile."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from device.cli import light_options
from device.cli.main import run_command
from device.countdown import MAX_COUNTDOWN_S, MeasurementCancelled, count_down
from device.driver.acquisition import AcquisitionSettings
from device.driver.analyzer import Analyzer
from device.driver.growing import SequentialSettings
from device.driver.safety import LEAST_COOLER_C, MOST_COOLER_C
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.events import (
    Answered,
    Cancelled,
    Cooling,
    Countdown,
    Event,
    Failed,
    LaserOn,
    Ready,
    Reconnected,
    words,
)
from device.records.store import RecordStore
from device.runtime import Settings, StoredAnswer
from device.simulated.port import build_analyzer
from device.simulated.spec import parse
from device.station.station import Equipment, Station
from firmware_bridge.errors import CallerError, PortNotFound, RamixError
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from tests.tiny_bundles import tiny_path

MIX = f"mix=fixture A:0.6,fixture B:0.4&snr=200&model={tiny_path(2)}"
PRESS_EVERY_S = 10.0


class Hand:
    """A station on the virtual clock; `at` says what happens as a countdown tells its seconds."""

    def __init__(
        self,
        at: dict[float, Callable[[SimulatedAnalyzer], None]] | None = None,
        *,
        countdown_s: float | None = None,
        settings: Settings | None = None,
        store: RecordStore | None = None,
    ) -> None:
        whole = build_analyzer(parse(MIX), Framing.RAW)
        self.simulated = SimulatedAnalyzer(
            whole.scene, calibration=replace(whole.calibration, serial="RX-1"), flash=whole.flash,
            trigger_every_s=PRESS_EVERY_S, seed=3,
        )  # fmt: skip
        self.clock = VirtualClock()
        self.told: list[tuple[float, Event]] = []
        self.shown: list[StoredAnswer | RamixError] = []
        self._at = dict(at or {})
        equipment = Equipment(settings or SequentialSettings(budget_s=2.0), store=store)
        if countdown_s is not None:
            equipment = replace(equipment, countdown_s=countdown_s)
        self.station = Station("hand", equipment, self._open, self._tell, self._pause)

    def run(self, triggers: int) -> int:
        with self.station as station:
            return station.run(
                show=self.shown.append, show_failure=self.shown.append, triggers=triggers
            )

    def times_s(self, kind: type[Event]) -> list[float]:
        return [at_s for at_s, event in self.told if isinstance(event, kind)]

    def lit_from_s(self) -> list[float]:
        return [pulse.on_s for pulse in self.simulated.laser_on_log]

    def _tell(self, event: Event) -> None:
        self.told.append((self.clock.now_s, event))
        if isinstance(event, Countdown) and event.seconds_left in self._at:
            self._at.pop(event.seconds_left)(self.simulated)

    def _open(self, _port: str) -> Analyzer:
        if not self.simulated.connected:
            raise PortNotFound("Nothing answers.")
        return Analyzer(InProcessTransport(self.simulated, self.clock), timeout_s=2.0)

    def _pause(self, duration_s: float) -> None:
        self.clock.advance_to(self.clock.now_s + duration_s)
        self.simulated.plug_in()


def press(simulated: SimulatedAnalyzer) -> None:
    simulated.press_trigger()


def interrupt(_simulated: SimulatedAnalyzer) -> None:
    raise KeyboardInterrupt


def open_cover(simulated: SimulatedAnalyzer) -> None:
    simulated.interlock(open=True)


def nothing(_simulated: SimulatedAnalyzer) -> None:
    pass


def test_two_seconds_pass_before_the_first_light_when_nothing_is_said() -> None:
    hand = Hand()
    assert hand.run(2) == 2
    told = [event for _, event in hand.told if isinstance(event, Countdown)]
    assert told == [Countdown(2.0), Countdown(1.0)] * 2
    began_s, lit_s = hand.times_s(Countdown), hand.lit_from_s()
    assert lit_s[0] - began_s[0] >= 2.0
    between = [at_s for at_s in lit_s if began_s[2] <= at_s <= began_s[2] + 2.0]
    assert between == []
    (first, second) = [one for one in hand.shown if isinstance(one, StoredAnswer)]
    for one in (first, second):
        assert one.answer.settings is not None and one.answer.settings.countdown_s == 2.0


@pytest.mark.parametrize("settings", [SequentialSettings(budget_s=2.0), AcquisitionSettings()])
def test_a_countdown_of_nothing_is_recorded(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    hand = Hand(countdown_s=0.0, settings=settings, store=RecordStore(path))
    assert hand.run(1) == 1 and hand.times_s(Countdown) == []
    with RecordStore(path, read_only=True) as store:
        (record,) = store.list(10)
        assert store.get(record.record_id).result["settings"]["countdown_s"] == 0.0


def test_a_second_press_cancels_without_light_and_without_record(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    hand = Hand({1.0: press}, store=RecordStore(path))
    assert hand.run(1) == 0
    (cancelled,) = hand.shown
    assert isinstance(cancelled, MeasurementCancelled)
    assert hand.lit_from_s() == [] and hand.times_s(LaserOn) == [] and hand.times_s(Failed) == []
    assert len(hand.times_s(Cancelled)) == 1
    with RecordStore(path, read_only=True) as store:  # known to take records before the countdown
        assert store.list() == ()


def test_after_a_cancelled_one_the_next_press_measures() -> None:
    hand = Hand({2.0: press})
    assert hand.run(2) == 1
    assert [type(one) for one in hand.shown] == [MeasurementCancelled, StoredAnswer]
    # the press that cancelled did not start another countdown
    assert hand.times_s(Countdown)[1] - hand.times_s(Cancelled)[0] > 1.0


def test_a_press_from_before_cancels_nothing() -> None:
    hand = Hand()
    with hand.station as station:
        hand.simulated.press_trigger()
        done = station.measure()
    assert done.answer.identification.verdict == "IDENTIFIED"


def test_a_press_right_behind_the_first_cancels() -> None:
    hand = Hand()
    with hand.station as station:
        hand.simulated.press_trigger()
        assert station.analyzer.wait_trigger(1.0) is not None
        hand.simulated.press_trigger()
        with pytest.raises(MeasurementCancelled):
            count_down(station.analyzer, 2.0, lambda _: None)


def test_fractions_of_seconds_are_told_first() -> None:
    hand = Hand(countdown_s=2.5)
    assert hand.run(1) == 1
    told = [event.seconds_left for _, event in hand.told if isinstance(event, Countdown)]
    assert told == [2.5, 2.0, 1.0]
    assert hand.lit_from_s()[0] - hand.times_s(Countdown)[0] >= 2.5
    assert all(words(event) for _, event in hand.told)


@pytest.mark.parametrize("countdown_s", [-1.0, float("nan"), float("inf"), MAX_COUNTDOWN_S + 1])
def test_an_impossible_countdown_is_the_callers_mistake(countdown_s: float) -> None:
    hand = Hand()
    with hand.station as station, pytest.raises(CallerError):
        count_down(station.analyzer, countdown_s, lambda _: None)


# ---- every event at every second of the countdown ----

ENDS_DARK = "no light at all"  # and what is shown is an error
GOES_ON = "an answer after the countdown"
EVENTS: dict[str, tuple[Callable[[SimulatedAnalyzer], None], str]] = {
    "nothing": (nothing, GOES_ON),
    "second press": (press, ENDS_DARK),
    "cover opened": (open_cover, ENDS_DARK),
    "unplugged": (SimulatedAnalyzer.unplug, ENDS_DARK),
    "restarted": (SimulatedAnalyzer.reboot, ENDS_DARK),
    "laser fault": (SimulatedAnalyzer.break_laser, ENDS_DARK),
    "Ctrl-C": (interrupt, ENDS_DARK),
}
SECONDS = (3.0, 2.0, 1.0)


WAYS: dict[str, Settings] = {
    "until it is certain": SequentialSettings(budget_s=2.0),
    "so many frames": AcquisitionSettings(frames=2, max_total_s=2.0),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("left_s", SECONDS)
@pytest.mark.parametrize("name", EVENTS)
def test_no_light_before_the_countdown_ends_whatever_happens(
    name: str, left_s: float, way: str
) -> None:
    happens, outcome = EVENTS[name]
    hand = Hand({left_s: happens}, countdown_s=SECONDS[0], settings=WAYS[way])
    try:
        hand.run(1)
    except KeyboardInterrupt:
        assert name == "Ctrl-C"
    ends_s = hand.times_s(Countdown)[0] + SECONDS[0]
    assert all(at_s >= ends_s for at_s in hand.lit_from_s())
    if outcome == ENDS_DARK:
        assert hand.lit_from_s() == []
        assert not any(isinstance(one, StoredAnswer) for one in hand.shown)
    else:
        assert [type(one) for one in hand.shown] == [StoredAnswer]
    assert not hand.simulated.laser_is_on


# ---- and while the detector is cooled, before the countdown ----


class WarmHand(Hand):
    """The same with a detector that gets cold in some ten seconds; `happens` once meanwhile."""

    def __init__(self, happens: Callable[[SimulatedAnalyzer], None]) -> None:
        super().__init__(countdown_s=1.0)
        self._happens: Callable[[SimulatedAnalyzer], None] | None = happens

    def run(self, triggers: int) -> int:
        with self.station as station:
            self.station.analyzer.set_tec(False, 20.0)
            self.clock.advance_to(self.clock.now_s + 30.0)
            return station.run(
                show=self.shown.append, show_failure=self.shown.append, triggers=triggers
            )

    def _tell(self, event: Event) -> None:
        super()._tell(event)
        if isinstance(event, Cooling) and self._happens is not None:
            happens, self._happens = self._happens, None
            happens(self.simulated)


@pytest.mark.parametrize("name", EVENTS)
def test_no_light_while_the_detector_is_cooled_whatever_happens(name: str) -> None:
    happens, outcome = EVENTS[name]
    hand = WarmHand(happens)
    try:
        hand.run(1)
    except KeyboardInterrupt:
        assert name == "Ctrl-C"
    assert hand.times_s(Cooling)
    if outcome == ENDS_DARK:
        assert hand.lit_from_s() == []
        assert not any(isinstance(one, StoredAnswer) for one in hand.shown)
    else:
        assert [type(one) for one in hand.shown] == [StoredAnswer]
        assert hand.lit_from_s()[0] >= hand.times_s(Countdown)[0] + 1.0
        assert hand.times_s(Countdown)[0] >= hand.times_s(Cooling)[-1]
    assert not hand.simulated.laser_is_on


@pytest.mark.parametrize("happens", [SimulatedAnalyzer.unplug, SimulatedAnalyzer.reboot])
def test_an_analyzer_lost_in_a_countdown_comes_back_to_a_new_press_and_a_new_countdown(
    happens: Callable[[SimulatedAnalyzer], None],
) -> None:
    hand = Hand({1.0: happens})
    assert hand.run(2) == 1
    kinds = (Countdown, Reconnected, Ready, Answered)
    order = [type(event) for _, event in hand.told if isinstance(event, kinds)]
    assert order[:3] == [Ready, Countdown, Countdown]
    assert order[-7:] == [Countdown, Reconnected, Ready, Countdown, Countdown, Answered, Ready]
    assert hand.lit_from_s()[0] - hand.times_s(Countdown)[2] >= 2.0


# ---- the commands ----


@pytest.fixture
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


@pytest.mark.usefixtures("_home")
@pytest.mark.parametrize(
    ("verb", "words_typed", "expected_s"),
    [
        ("run", (), 2.0),
        ("run", ("--countdown", "0"), 0.0),
        ("identify", (), 0.0),
        ("identify", ("--countdown", "2.5"), 2.5),
    ],
)
def test_a_command_says_how_long_it_counted(
    verb: str, words_typed: tuple[str, ...], expected_s: float, capsys: pytest.CaptureFixture[str]
) -> None:
    once = ("--triggers", "1") if verb == "run" else ()
    assert run_command([verb, "--port", f"sim:{MIX}", "--json", *once, *words_typed]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["countdown_s"] == expected_s


@pytest.mark.usefixtures("_home")
def test_a_cancelled_press_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    port = f"sim:{MIX}&trigger_every_s=1"
    assert run_command(["run", "--port", port, "--triggers", "1", "--no-store", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "cancelled"


def test_a_file_has_no_countdown(tmp_path: Path) -> None:
    assert run_command(["identify", "--file", str(tmp_path / "a.txt"), "--countdown", "1"]) == 2


def test_the_option_allows_what_the_countdown_does() -> None:
    assert light_options.MAX_COUNTDOWN_S == MAX_COUNTDOWN_S
    assert light_options.COOLER_C == (LEAST_COOLER_C, MOST_COOLER_C)
