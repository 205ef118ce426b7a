"""Dark and lit frames at one integration time become an `Acquisition`.

`acquire` is the plain way, with what the analyzer is set to: for figures, whose scenes cannot heat.
Whoever lights a sample takes `fixed.py` or `growing.py`.

Next: `averaging.py` for the arithmetic, `../spectra/spectrum.py` for what becomes of the result.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from device.driver.auto_exposure import Wanted, checked, find_exposure, full_at
from device.driver.averaging import (
    AveragedFrames,
    CameraNoise,
    average_frames,
    measured_variance,
)
from device.driver.claims import check_exposures
from device.driver.safety import Safety
from device.driver.spectrometer import Frame, Spectrometer
from device.spectra.raw_frames import RawFrame, RawFrames
from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import Acquisition
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import CallerError
from firmware_bridge.messages import FrameFlags, LaserState

Progress = Callable[[str], None]
Bools = npt.NDArray[np.bool_]

_MAX_FRAMES = 1000


@dataclass(frozen=True)
class AcquisitionSettings:
    """How to measure.

    integration_time_ms: None keeps the analyzer's own.
    auto_exposure: find one instead, starting from the above, so that dark and lit frames together
        stay within `max_total_s`.
    laser_power_mw: None keeps the analyzer's own.
    camera: its maker's figures of noise; what the frames show by themselves counts in any case.
    seen: the range whose brightest line decides a found exposure: that of the model that answers.
    safety: what protects the sample, where it is measured by `fixed.py`.
    """

    integration_time_ms: float | None = None
    auto_exposure: bool = False
    frames: int = 1
    max_total_s: float = 20.0
    laser_power_mw: int | None = None
    camera: CameraNoise | None = None
    seen: WavenumberGrid = field(default_factory=WavenumberGrid)
    safety: Safety = field(default_factory=Safety)

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= _MAX_FRAMES:
            raise CallerError(f"Between 1 and {_MAX_FRAMES} frames, not {self.frames}.")
        if not self.max_total_s > 0:
            raise CallerError("The longest measurement must be longer than nothing.")

    @property
    def exposure(self) -> Wanted:
        """As bright as the camera allows, lit and dark frames together within `max_total_s`."""
        return Wanted(self.max_total_s / (2 * self.frames), self.seen)


def acquire(
    analyzer: Spectrometer,
    settings: AcquisitionSettings | None = None,
    progress: Progress | None = None,
) -> Acquisition:
    """Measure once. `progress` is called with one short line about each step.

    Raises:
        CalibrationMismatch: the calibration page describes another detector.
        CalibrationError: the page itself is damaged or nonsense.
        ProtocolError: a dark frame was lit, or exposed for another time than the lit one.
        CallerError: a setting lies outside what this analyzer can do.
        InstrumentError: the analyzer refused, or the laser went off during an exposure.
        LinkError: the bytes did not get through.
    """
    settings = settings or AcquisitionSettings()
    tell = progress or _say_nothing
    page = analyzer.calibration()
    page.check_frame(analyzer.capabilities.pixel_count)
    if settings.laser_power_mw is not None:
        analyzer.set_laser_power_mw(settings.laser_power_mw)
    if settings.integration_time_ms is not None:
        analyzer.set_integration_time_ms(settings.integration_time_ms)

    lit: list[Frame] = []
    if settings.auto_exposure:
        lit = [find_exposure(analyzer, page, settings.exposure, tell)]
    while len(lit) < settings.frames:
        tell(f"frame {len(lit) + 1} of {settings.frames}")
        lit.append(checked(analyzer.acquire_frame(laser_on=True), page))
    dark: list[Frame] = []
    while len(dark) < settings.frames:
        tell(f"dark frame {len(dark) + 1} of {settings.frames}")
        dark.append(checked(analyzer.acquire_frame(laser_on=False), page))
    return combined(lit, dark, page, *camera_of(analyzer, settings.camera))


def camera_of(analyzer: Spectrometer, chosen: CameraNoise | None) -> tuple[CameraNoise | None, int]:
    """What `combined` asks of the camera: its noise, `chosen` or its own, and where it is full."""
    return chosen or analyzer.camera, full_at(analyzer)


def combined(
    lit: Sequence[Frame],
    dark: Sequence[Frame],
    page: CalibrationPage,
    camera: CameraNoise | None,
    saturated_counts: int,
) -> Acquisition:
    """Frames of one measurement, averaged: lit less dark ones; each beside, where it was packed.

    Raises:
        ProtocolError: they were exposed for different times.
    """
    check_exposures(lit, dark)
    raw_mean, dark_mean = _average(lit), _average(dark)
    pixels = ~page.dead_mask()
    pixels[: page.first_valid_pixel] = pixels[page.last_valid_pixel + 1 :] = False
    return Acquisition(
        raw_counts=raw_mean.mean,
        dark_counts=dark_mean.mean,
        variance=measured_variance(raw_mean, dark_mean, page.wavenumber_cm1(), pixels, camera),
        saturated=_saturated(lit, saturated_counts),
        dead=page.dead_mask(),
        integration_time_ms=lit[0].exposure_us / 1000.0,
        frames=len(lit),
        laser_power_mw=float(lit[0].laser_power_mw),
        detector_temperature_c=float(np.mean([frame.detector_temperature_c for frame in lit])),
        calibration=page,
        acquired_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        flags=_flags(lit, dark, raw_mean),
        raw_frames=_each(lit, dark, (raw_mean, dark_mean), camera, saturated_counts),
    )


def _each(
    lit: Sequence[Frame],
    dark: Sequence[Frame],
    averages: tuple[AveragedFrames, AveragedFrames],
    camera: CameraNoise | None,
    saturated_counts: int,
) -> RawFrames | None:
    """None: nobody packed them as they came (`keeping.py`)."""
    raw_lit = tuple(one for one in lit if isinstance(one, RawFrame))
    raw_dark = tuple(one for one in dark if isinstance(one, RawFrame))
    if len(raw_lit) != len(lit) or len(raw_dark) != len(dark):
        return None
    struck_lit, struck_dark = (one.struck for one in averages)
    told = None if camera is None else asdict(camera)
    return RawFrames(raw_lit, raw_dark, struck_lit, struck_dark, told, saturated_counts)


def _average(frames: Sequence[Frame]) -> AveragedFrames:
    return average_frames(np.stack([frame.counts for frame in frames]))


def _saturated(frames: Sequence[Frame], saturated_counts: int) -> Bools:
    return np.asarray(np.any([frame.counts >= saturated_counts for frame in frames], axis=0))


def _flags(lit: Sequence[Frame], dark: Sequence[Frame], average: AveragedFrames) -> frozenset[str]:
    def any_frame(flag: FrameFlags) -> bool:
        return any(frame.flags & flag for frame in (*lit, *dark))

    found = {
        "laser_off": any(frame.laser_state is not LaserState.ON for frame in lit),
        "recorded_average": any_frame(FrameFlags.RECORDED_AVERAGE),
        "tec_unlocked": any_frame(FrameFlags.TEC_UNLOCKED),
        "cosmic_rays_removed": average.rejected > 0,
    }
    return frozenset(name for name, holds in found.items() if holds)


def _say_nothing(_step_text: str) -> None:
    pass
