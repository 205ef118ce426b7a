"""An instrument that is none of ours goes through acquisition and station: the door is wide enough.

It has 1,024 pixels, a laser that a shutter hides and nobody sets, no cooler and no model slots.
"""

from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pytest

from device.answer.identifier import Identifier
from device.driver.acquisition import AcquisitionSettings, acquire
from device.driver.growing import SequentialSettings
from device.driver.spectrometer import Detector as Cooled
from device.driver.spectrometer import Spectrometer
from device.events import Event, LinkLost, Reconnected
from device.runtime import NoModelSlots, StoredAnswer
from device.station.station import Equipment, Station
from evidence.pures import AXIS_CM1
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import CallerError, LinkClosed, RamixError
from firmware_bridge.messages import FrameFlags, LaserState
from firmware_bridge.simulator.detector import Detector, DetectorModel, default_calibration
from firmware_bridge.simulator.scenes import SpectrumScene, mixture
from tests.tiny_bundles import tiny_bundle

CAMERA = replace(DetectorModel(), pixel_count=1024, gain_e_per_count=2.0, full_well_e=100_000.0)
MANIFEST = tiny_bundle(2).manifest


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame of its own making."""

    counts: npt.NDArray[np.uint16]
    exposure_us: int
    laser_state: LaserState
    detector_temperature_c: float = float("nan")
    laser_power_mw: int = 0
    flags: FrameFlags = FrameFlags.NONE


@dataclass(frozen=True)
class Identity:
    product: str = MANIFEST.product
    hardware_revision: int = 1
    serial: str = "SHUTTER-7"


@dataclass(frozen=True)
class Limits:
    pixel_count: int = 1024
    min_integration_time_us: int = 10_000
    max_integration_time_us: int = 5_000_000
    max_laser_power_mw: int = 0
    has_tec: bool = False
    has_trigger: bool = True


class ShutterInstrument:
    """Another maker's, as its library would show it; `lost_at` is the frame that never comes."""

    def __init__(self, lost_at: int | None = None) -> None:
        rows = np.pad(tiny_bundle(2).references, ((0, 0), (60, 60)), mode="edge")
        self._scene = SpectrumScene(
            mixture(AXIS_CM1, [(0.6, rows[0]), (0.4, rows[1])]), resolution_cm1=8.5
        )
        self._page = default_calibration(CAMERA, serial=Identity.serial)
        self._detector = Detector(CAMERA, self._page, seed=5)
        self._lost_at, self._frames, self._clock_s, self._presses = lost_at, 0, 0.0, 0
        self.integration_time_ms = 3000.0
        self.camera, self.saturated_counts = None, 65_000
        self.open = 0

    def __enter__(self) -> Self:
        self.open += 1
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.open -= 1

    @property
    def info(self) -> Identity:
        return Identity()

    @property
    def capabilities(self) -> Limits:
        return Limits()

    def now_s(self) -> float:
        return self._clock_s

    def calibration(self) -> CalibrationPage:
        return self._page

    def set_integration_time_ms(self, integration_time_ms: float) -> None:
        self.integration_time_ms = integration_time_ms

    def set_laser_power_mw(self, laser_power_mw: int) -> None:
        raise CallerError("The power of this laser cannot be set.")

    def set_tec(self, enabled: bool, setpoint_c: float) -> None:
        raise CallerError("There is no cooler.")

    def detector(self) -> Cooled:
        return Cooled(stable=True, temperature_c=float("nan"))

    def acquire_frame(self, laser_on: bool) -> Shot:
        self._frames += 1
        if self._frames == self._lost_at:
            raise LinkClosed("The instrument is gone.")
        self._clock_s += self.integration_time_ms / 1e3
        counts = self._detector.expose(
            self._scene,
            exposure_ms=self.integration_time_ms,
            lit_fraction=1.0 if laser_on else 0.0,
            laser_power_mw=70.0,
            temperature_c=-10.0,
        ).counts
        state = LaserState.ON if laser_on else LaserState.OFF
        return Shot(counts, round(1e3 * self.integration_time_ms), state)

    def laser_off(self) -> None:
        pass

    def wait_trigger(self, timeout_s: float) -> int | None:
        self._presses += 1
        return self._presses


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return Identifier(tiny_bundle(2))


def station(instrument: ShutterInstrument, chosen: Identifier | None, told: list[Event]) -> Station:
    def opened(_port: str) -> Spectrometer:
        return instrument

    equipment = Equipment(SequentialSettings(), chosen=chosen, countdown_s=0.0)
    return Station("another's", equipment, opened, told.append, pause=lambda _: None)


def test_it_measures_until_it_is_certain(identifier: Identifier) -> None:
    with station(ShutterInstrument(), identifier, []) as opened:
        done = opened.measure()
    assert [one.name for one in done.answer.identification.components] == ["fixture A", "fixture B"]
    raw = done.answer.spectrum.raw
    assert raw is not None and len(raw.raw_counts) == 1024
    assert done.answer.settings is not None
    assert done.answer.settings.stopped_because in ("certain", "budget")


def test_its_trigger_is_answered_and_it_comes_back(identifier: Identifier) -> None:
    told: list[Event] = []
    shown: list[StoredAnswer | RamixError] = []
    instrument = ShutterInstrument(lost_at=9)
    with station(instrument, identifier, told) as opened:
        assert opened.run(show=shown.append, show_failure=shown.append, triggers=4) == 3
        assert instrument.open == 1
    assert instrument.open == 0
    assert [type(one) for one in told if isinstance(one, LinkLost | Reconnected)] == [
        LinkLost,
        Reconnected,
    ]


def test_so_many_frames_are_averaged_too() -> None:
    with ShutterInstrument() as instrument:
        taken = acquire(instrument, AcquisitionSettings(frames=3, integration_time_ms=200.0))
    assert (taken.frames, taken.integration_time_ms) == (3, 200.0)
    assert taken.flags <= {"cosmic_rays_removed"}


def test_without_model_slots_a_model_has_to_be_named() -> None:
    with pytest.raises(NoModelSlots) as caught, station(ShutterInstrument(), None, []):
        pass
    assert "--model" in caught.value.remedy
