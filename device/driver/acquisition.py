"""One measurement: dark and lit frames at one integration time become an `Acquisition`.

The integration time is the analyzer's own unless the caller gives one or asks for auto exposure:
an operator who set it meant it, and a replayed recording is only itself at the time it was
recorded with.

Next: `averaging.py` for the arithmetic, `../spectra/spectrum.py` for what becomes of the result.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from device.driver.averaging import (
    AveragedFrames,
    CameraNoise,
    average_frames,
    measured_variance,
)
from device.driver.claims import check_exposures
from device.driver.spectrometer import Frame, Spectrometer
from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import Acquisition
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import CallerError
from firmware_bridge.messages import FrameFlags, LaserState

Progress = Callable[[str], None]
Bools = npt.NDArray[np.bool_]

# Of a camera that does not tell its own: the well may be full a little below the converter's end;
# from here on a count says "or more".
SATURATED_COUNTS = 65_000
# Bright enough that noise is the photons' own, with room for the frame-to-frame changes.
_TARGET_FRACTION = 0.70
_GOOD_FRACTION = (0.50, 0.85)
# A saturated frame does not say by how much; a dark one must not launch a minute of exposure.
_BACK_OFF, _MOST_LONGER = 0.2, 10.0
_MAX_TRIALS = 8
# The third-brightest pixel: no line is narrower, and hardly a cosmic ray is wider.
_PEAK_RANK = 3
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
    """

    integration_time_ms: float | None = None
    auto_exposure: bool = False
    frames: int = 1
    max_total_s: float = 20.0
    laser_power_mw: int | None = None
    camera: CameraNoise | None = None
    seen: WavenumberGrid = field(default_factory=WavenumberGrid)

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= _MAX_FRAMES:
            raise CallerError(f"Between 1 and {_MAX_FRAMES} frames, not {self.frames}.")
        if not self.max_total_s > 0:
            raise CallerError("The longest measurement must be longer than nothing.")


def acquire(
    analyzer: Spectrometer,
    settings: AcquisitionSettings | None = None,
    progress: Progress | None = None,
) -> Acquisition:
    """Measure once. `progress` hears one short line about each step.

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

    lit = [find_exposure(analyzer, settings, page, tell)] if settings.auto_exposure else []
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


def full_at(analyzer: Spectrometer) -> int:
    """The count from which its pixels say "or more"."""
    told = analyzer.saturated_counts
    return SATURATED_COUNTS if told is None else told


def pixels_of_interest(page: CalibrationPage, seen: WavenumberGrid | None = None) -> Bools:
    """Calibrated, living pixels within the range that is identified (300-2500 cm-1 where nothing
    else is `seen`), bool[n].

    What lies beyond (the laser's own line behind its filter, often the brightest of all) must not
    decide how long to expose. A page that does not reach the range keeps all its pixels.
    """
    usable = ~page.dead_mask()
    usable[: page.first_valid_pixel] = usable[page.last_valid_pixel + 1 :] = False
    axis = page.wavenumber_cm1()
    seen = seen or WavenumberGrid()
    inside = usable & (axis >= seen.first_cm1) & (axis <= seen.last_cm1)
    return inside if inside.any() else usable


def combined(
    lit: list[Frame],
    dark: list[Frame],
    page: CalibrationPage,
    camera: CameraNoise | None,
    saturated_counts: int,
) -> Acquisition:
    """Frames of one measurement, averaged: lit less dark ones.

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
    )


def _average(frames: list[Frame]) -> AveragedFrames:
    return average_frames(np.stack([frame.counts for frame in frames]))


def _saturated(frames: list[Frame], saturated_counts: int) -> Bools:
    return np.asarray(np.any([frame.counts >= saturated_counts for frame in frames], axis=0))


def _flags(lit: list[Frame], dark: list[Frame], average: AveragedFrames) -> frozenset[str]:
    def any_frame(flag: FrameFlags) -> bool:
        return any(frame.flags & flag for frame in (*lit, *dark))

    found = {
        "laser_off": any(frame.laser_state is not LaserState.ON for frame in lit),
        "recorded_average": any_frame(FrameFlags.RECORDED_AVERAGE),
        "tec_unlocked": any_frame(FrameFlags.TEC_UNLOCKED),
        "cosmic_rays_removed": average.rejected > 0,
    }
    return frozenset(name for name, holds in found.items() if holds)


def checked(frame: Frame, page: CalibrationPage) -> Frame:
    """`frame`; raises `CalibrationMismatch` where the page has another number of pixels."""
    page.check_frame(len(frame.counts))
    return frame


def find_exposure(
    analyzer: Spectrometer, settings: AcquisitionSettings, page: CalibrationPage, tell: Progress
) -> Frame:
    """Change the integration time until the brightest line is well exposed; return that frame."""
    limits = analyzer.capabilities
    shortest_ms = limits.min_integration_time_us / 1000.0
    share_ms = settings.max_total_s * 1000.0 / (2 * settings.frames)
    longest_ms = max(shortest_ms, min(limits.max_integration_time_us / 1000.0, share_ms))
    time_ms = analyzer.integration_time_ms
    if time_ms > longest_ms:
        time_ms = longest_ms
        analyzer.set_integration_time_ms(time_ms)
    trial = 1
    while True:
        tell(f"auto exposure: {time_ms:.4g} ms")
        frame = checked(analyzer.acquire_frame(laser_on=True), page)
        step = _step(frame, page, settings.seen, full_at(analyzer))
        wanted_ms = min(max(time_ms * step, shortest_ms), longest_ms)
        # Below a part in a thousand the firmware's own rounding would keep us here for ever.
        if trial == _MAX_TRIALS or abs(wanted_ms - time_ms) <= 1e-3 * time_ms:
            return frame
        time_ms = wanted_ms
        analyzer.set_integration_time_ms(time_ms)
        trial += 1


def _step(frame: Frame, page: CalibrationPage, seen: WavenumberGrid, full: int) -> float:
    """By what to multiply the integration time; 1 when the frame is good as it is."""
    counts = frame.counts[pixels_of_interest(page, seen)]
    if len(counts) < _PEAK_RANK:
        return 1.0
    brightest = np.partition(counts, -_PEAK_RANK)[-_PEAK_RANK]
    if brightest >= full:
        return _BACK_OFF
    peak = float(brightest) / full
    low, high = _GOOD_FRACTION
    if low <= peak <= high:
        return 1.0
    return min(_TARGET_FRACTION / max(peak, 1e-6), _MOST_LONGER)


def _say_nothing(_step_text: str) -> None:
    pass
