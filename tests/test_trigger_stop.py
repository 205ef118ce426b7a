"""A press of the trigger while the laser is on ends a measurement that the trigger began."""

from pathlib import Path

import pytest

from device.countdown import MeasurementCancelled
from device.driver.acquisition import AcquisitionSettings
from device.driver.analyzer import Analyzer
from device.driver.growing import SequentialSettings
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.driver.trigger import Trigger
from device.events import Cancelled, Event, FrameTaken, LaserOn
from device.records.store import RecordStore
from device.runtime import Settings, StoredAnswer
from device.simulated.port import build_analyzer
from device.simulated.spec import parse
from device.station.station import Equipment, Station
from device.station.trigger_stop import stopped_by_trigger
from firmware_bridge.errors import RamixError
from firmware_bridge.framing import Framing
from tests.tiny_bundles import tiny_path

# So dark that frames are as long as the budget lets them be.
DIM = f"mix=fixture A:0.6,fixture B:0.4&snr=200&brightness=0.002&model={tiny_path(2)}"
GROWING = SequentialSettings(budget_s=60.0)
SO_MANY = AcquisitionSettings(frames=4, integration_time_ms=3000.0)
DARK_WITHIN_S = 0.5


class Hand:
    """Presses the trigger once when an event of `kind` is told, in a measurement of long frames."""

    def __init__(self, kind: type[Event], settings: Settings, folder: Path) -> None:
        self.simulated = build_analyzer(parse(f"{DIM}&trigger_every_s=0"), Framing.RAW)
        self.clock = VirtualClock()
        self.told: list[tuple[float, Event]] = []
        self.shown: list[StoredAnswer | RamixError] = []
        self.pressed_s: float | None = None
        self._settings = settings
        self._kind, self.path = kind, folder / "records.sqlite"

    def open(self, _port: str) -> Analyzer:
        return Analyzer(InProcessTransport(self.simulated, self.clock), timeout_s=2.0)

    def run(self, *, stops: bool) -> None:
        equipment = Equipment(self._settings, countdown_s=0.0, store=RecordStore(self.path))
        opener = stopped_by_trigger(self.open) if stops else self.open
        self.simulated.press_trigger()
        with Station("hand", equipment, opener, self._tell) as station:
            self.simulated.press_trigger()
            station.run(show=self.shown.append, show_failure=self.shown.append, triggers=1)

    def _tell(self, event: Event) -> None:
        self.told.append((self.clock.now_s, event))
        if isinstance(event, self._kind) and self.pressed_s is None:
            self.pressed_s = self.clock.now_s
            self.simulated.press_trigger()


@pytest.mark.parametrize(
    ("kind", "settings"), [(LaserOn, GROWING), (FrameTaken, SO_MANY)], ids=["growing", "so-many"]
)
def test_a_press_during_frames_is_dark_at_once_and_keeps_nothing(
    kind: type[Event], settings: Settings, tmp_path: Path
) -> None:
    hand = Hand(kind, settings, tmp_path)
    hand.run(stops=True)
    (cancelled,) = hand.shown
    assert isinstance(cancelled, MeasurementCancelled)
    (ended_s,) = [at_s for at_s, event in hand.told if isinstance(event, Cancelled)]
    assert hand.pressed_s is not None and ended_s - hand.pressed_s < DARK_WITHIN_S
    assert not hand.simulated.laser_is_on
    with RecordStore(hand.path, read_only=True) as store:
        assert store.list() == ()


def test_without_it_the_same_press_ends_nothing(tmp_path: Path) -> None:
    hand = Hand(LaserOn, GROWING, tmp_path)
    hand.run(stops=False)
    (answered,) = hand.shown
    assert isinstance(answered, StoredAnswer)


def test_a_count_that_wraps_is_a_press_and_one_that_shrinks_is_none() -> None:
    trigger = Trigger()
    trigger.forget(0xFFFF_FFFF)
    assert trigger.is_press(0)
    trigger.forget(7)
    assert not trigger.is_press(7) and not trigger.is_press(5)
    assert not trigger.look_due(0.0)  # nobody wants to know
