"""What a measurement asks of an instrument, ours or another maker's.

Acquisition, runtime and station stand on this alone; `Analyzer` is the first that meets it, by its
shape. Model slots are no part of it: an instrument without them answers with a model that is named.

Next: `growing.py`, which measures with it; `analyzer.py`, ours.
"""

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from device.driver.averaging import CameraNoise
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.messages import FrameFlags, LaserState


class Frame(Protocol):
    """One readout; laser and temperature at the end of its exposure."""

    @property
    def counts(self) -> npt.NDArray[np.uint16]:
        """uint16[n]."""

    @property
    def exposure_us(self) -> int: ...

    @property
    def detector_temperature_c(self) -> float:
        """NaN: there is no thermometer."""

    @property
    def laser_state(self) -> LaserState: ...

    @property
    def laser_power_mw(self) -> int:
        """0: not known."""

    @property
    def flags(self) -> FrameFlags: ...


class Identity(Protocol):
    """Who it is; the serial number tells it from others of its kind."""

    @property
    def product(self) -> str: ...

    @property
    def hardware_revision(self) -> int: ...

    @property
    def serial(self) -> str: ...


class Limits(Protocol):
    """What it can do."""

    @property
    def pixel_count(self) -> int: ...

    @property
    def min_integration_time_us(self) -> int: ...

    @property
    def max_integration_time_us(self) -> int: ...

    @property
    def max_laser_power_mw(self) -> int:
        """0: the power cannot be set."""

    @property
    def has_tec(self) -> bool: ...

    @property
    def has_trigger(self) -> bool: ...


@dataclass(frozen=True)
class Detector:
    """stable: the cooler holds its setpoint. temperature_c: 0 where it is not measured."""

    stable: bool
    temperature_c: float


class Spectrometer(Protocol):
    """One instrument, open within a `with` statement and dark after it, however that ends.

    Every method may raise `LinkError` and its kin; what it refuses is an `InstrumentError`.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> Any: ...

    @property
    def info(self) -> Identity: ...

    @property
    def capabilities(self) -> Limits: ...

    @property
    def camera(self) -> CameraNoise | None:
        """Its camera's noise from its own figures; None: it does not know them."""

    @property
    def saturated_counts(self) -> int | None:
        """The count from which a pixel says "or more"; None: it does not know."""

    @property
    def integration_time_ms(self) -> float:
        """Of the next frame."""

    def now_s(self) -> float:
        """The clock by which its measurements last."""

    def calibration(self) -> CalibrationPage:
        """Raises `CalibrationError` when there is no good one."""

    def set_integration_time_ms(self, integration_time_ms: float) -> None: ...

    def set_laser_power_mw(self, laser_power_mw: int) -> None:
        """Arms nothing."""

    def set_tec(self, enabled: bool, setpoint_c: float) -> None: ...

    def detector(self) -> Detector:
        """How it is now."""

    def acquire_frame(self, laser_on: bool) -> Frame:
        """Expose once, and never return an earlier frame. The laser is off after it."""

    def laser_off(self) -> None: ...

    def wait_trigger(self, timeout_s: float) -> int | None:
        """A count that grew, or None after `timeout_s`."""
