"""Another maker's spectrometer: the class that stands between its library and this program.

    python examples/second_instrument.py

The simulator's camera stands for the maker's library, so that the example runs anywhere; put your
own in its place. What each method must do: device/driver/spectrometer.py.
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from device.api import (
    CalibrationPage,
    Equipment,
    RamixError,
    SequentialSettings,
    Spectrometer,
    Station,
    load_model,
    read_spectrum,
)
from device.driver.spectrometer import Detector as Condition
from firmware_bridge.errors import CallerError
from firmware_bridge.messages import FrameFlags, LaserState
from firmware_bridge.simulator.detector import Detector, DetectorModel, default_calibration
from firmware_bridge.simulator.scenes import SpectrumScene, mixture

TOLUENE = Path(__file__).parent.parent / "data/wasatch785/toluene.csv"


class MakersLibrary:
    """In the place of the maker's own library: a camera of 1,024 pixels behind a shutter."""

    def __init__(self, sample: Path) -> None:
        model = DetectorModel(pixel_count=1024)
        page = default_calibration(model)
        self.coefficients_nm = page.wavelength_coefficients_nm
        seen = read_spectrum(sample)
        height = seen.intensity / seen.intensity.max()
        self._scene = SpectrumScene(mixture(seen.wavenumber_cm1, [(1.0, height)]), resolution_cm1=6)
        self._camera = Detector(model, page, seed=1)

    def read(self, exposure_ms: float, shutter_open: bool) -> npt.NDArray[np.uint16]:
        return self._camera.expose(
            self._scene,
            exposure_ms=exposure_ms,
            lit_fraction=1.0 if shutter_open else 0.0,
            laser_power_mw=70.0,
            temperature_c=-10.0,
        ).counts


@dataclass(frozen=True)
class Identity:
    product: str = "ramix-785"  # what models are signed for; its grid and laser must fit them
    hardware_revision: int = 1
    serial: str = "SHUTTER-7"


@dataclass(frozen=True)
class Limits:
    pixel_count: int = 1024
    min_integration_time_us: int = 10_000
    max_integration_time_us: int = 5_000_000
    max_laser_power_mw: int = 0  # the power cannot be set
    has_tec: bool = False
    has_trigger: bool = False


@dataclass(frozen=True, eq=False)
class Shot:
    counts: npt.NDArray[np.uint16]
    exposure_us: int
    laser_state: LaserState
    detector_temperature_c: float = float("nan")  # there is no thermometer
    laser_power_mw: int = 0  # not known
    flags: FrameFlags = FrameFlags.NONE


class ShutterInstrument:
    """Meets `Spectrometer` by its shape; nothing is inherited."""

    info, capabilities = Identity(), Limits()
    camera = None  # noise figures are not known: the frames show the noise
    saturated_counts = 65_000

    def __init__(self, library: MakersLibrary) -> None:
        self._library = library
        self.integration_time_ms = 1000.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.laser_off()

    def now_s(self) -> float:
        return time.monotonic()

    def calibration(self) -> CalibrationPage:
        """From the maker's polynomial: wavelength in nm against the pixel, from 0."""
        return CalibrationPage(
            wavelength_coefficients_nm=self._library.coefficients_nm,
            excitation_nm=785.0,
            first_valid_pixel=0,
            last_valid_pixel=1023,
            pixel_count=1024,
            serial=self.info.serial,
        )

    def set_integration_time_ms(self, integration_time_ms: float) -> None:
        self.integration_time_ms = integration_time_ms

    def set_laser_power_mw(self, laser_power_mw: int) -> None:
        raise CallerError("The power of this laser cannot be set.")

    def set_tec(self, enabled: bool, setpoint_c: float) -> None:
        raise CallerError("There is no cooler.")

    def detector(self) -> Condition:
        return Condition(stable=True, temperature_c=0.0)  # 0: not measured

    def acquire_frame(self, laser_on: bool) -> Shot:
        counts = self._library.read(self.integration_time_ms, laser_on)
        state = LaserState.ON if laser_on else LaserState.OFF
        return Shot(counts, round(1000 * self.integration_time_ms), state)

    def laser_off(self) -> None:
        """The shutter is open within `read` alone."""

    def wait_trigger(self, timeout_s: float) -> int | None:
        """There is no trigger: nothing is pressed."""


def main(sample: str = str(TOLUENE)) -> int:
    def opened(_port: str) -> Spectrometer:
        return ShutterInstrument(MakersLibrary(Path(sample)))

    try:
        # it keeps no model, so one is named
        equipment = Equipment(SequentialSettings(), chosen=load_model(), countdown_s=0.0)
        with Station("shutter", equipment, opened, lambda event: None) as station:
            found = station.measure().answer.identification
    except RamixError as error:
        print(f"{error.text} {error.remedy}", file=sys.stderr)
        return 1
    print(found.verdict, *(one.name for one in found.components))
    for reason in found.reasons:
        print(f"{reason.text} {reason.remedy}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
