"""A measurement that grows: pairs of a lit and a dark frame, looked at after 1, 2, 4, 8, ... pairs.

How many looks there will be at most is known before the first one, from the budget and the exposure
that was found: whoever stops at one of them can control the error over all of them
(`device/answer/certainty.py`). Lit and dark frames alternate, so that what drifts is in both.
The first light has a low power; a sample that heats ends the measurement (`heating.py`).

Next: `acquisition.py` for the exposure, `averaging.py` for the arithmetic.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from device.driver.acquisition import (
    AcquisitionSettings,
    camera_of,
    checked,
    combined,
    find_exposure,
    pixels_of_interest,
)
from device.driver.averaging import MIN_FRAMES_FOR_COSMIC_RAYS, CameraNoise
from device.driver.heating import LOW_PART, HeatingWatch
from device.driver.prepared import prepared
from device.driver.spectrometer import Frame, Spectrometer
from device.events import Event, FrameTaken, LaserOn, Step
from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import Acquisition
from firmware_bridge.errors import CallerError
from firmware_bridge.messages import FrameFlags

DEFAULT_BUDGET_S = 10.0
# The first frame: short, because nobody knows yet how bright it will be.
START_MS = 20.0
# One exposure leaves room for finding it and for so many pairs: the look after that in which
# cosmic rays can be told.
_LEAST_PAIRS = MIN_FRAMES_FOR_COSMIC_RAYS + 1
# Beyond, the frames of a bright sample would fill the memory of a handheld.
_MOST_PAIRS = 256

Tell = Callable[[Event], None]


@dataclass(frozen=True)
class SequentialSettings:
    """How to measure until it is certain.

    budget_s: finding the exposure, lit and dark frames together; the look at its end is the last.
    laser_power_mw: None takes the analyzer's maximum.
    camera: its maker's figures of noise; what the frames show by themselves counts in any case.
    seen: the range whose brightest line decides the exposure: that of the model that answers.
    """

    budget_s: float = DEFAULT_BUDGET_S
    laser_power_mw: int | None = None
    camera: CameraNoise | None = None
    seen: WavenumberGrid = field(default_factory=WavenumberGrid)

    def __post_init__(self) -> None:
        if not 0 < self.budget_s < float("inf"):
            raise CallerError("The budget of a measurement must be longer than nothing.")


@dataclass(frozen=True, eq=False)
class Look:
    """The measurement so far, `number` of `of` at most; `recorded`: more frames would repeat it."""

    number: int
    of: int
    pairs_at_most: int
    acquisition: Acquisition
    recorded: bool = False


def looks_at(pairs_at_most: int) -> tuple[int, ...]:
    """After how many pairs is looked: powers of two, and the last pair. Never empty."""
    powers = [2**k for k in range(pairs_at_most.bit_length()) if 2**k < pairs_at_most]
    return (*powers, pairs_at_most)


def growing(analyzer: Spectrometer, settings: SequentialSettings, tell: Tell) -> Iterator[Look]:
    """Looks at one measurement that grows until its reader stops asking, or the budget is spent.

    Integration time and laser power are set here, whatever the analyzer was left at. A recording
    that is played keeps its integration time, and is looked at once.

    Raises:
        SampleHeats: the light rises from frame to frame.
        as `acquisition.acquire` otherwise.
    """
    page = analyzer.calibration()
    page.check_frame(analyzer.capabilities.pixel_count)
    began_s, found_ms = analyzer.now_s(), analyzer.integration_time_ms
    power_mw = prepared(analyzer, settings.laser_power_mw)

    camera = camera_of(analyzer, settings.camera)

    def frame(lit: bool) -> Frame:
        return checked(analyzer.acquire_frame(laser_on=lit), page)

    unlit = _two_dark_frames(analyzer, frame)
    if _is_a_recording(*unlit):
        analyzer.set_integration_time_ms(found_ms)
        tell(LaserOn(power_mw, found_ms))
        once = combined([frame(True)], [frame(False)], page, *camera)
        yield Look(1, 1, 1, once, recorded=True)
        return

    watch = HeatingWatch(pixels_of_interest(page, settings.seen))
    _raise_power(analyzer, watch, frame, unlit, power_mw, tell)
    exposure = AcquisitionSettings(
        auto_exposure=True, frames=_LEAST_PAIRS + 1, max_total_s=settings.budget_s,
        seen=settings.seen,
    )  # fmt: skip
    lit = [find_exposure(analyzer, exposure, page, lambda text: tell(Step(text)))]
    tell(LaserOn(power_mw, analyzer.integration_time_ms))
    first_s = analyzer.now_s()
    dark = [frame(False)]
    frame_s = analyzer.now_s() - first_s
    left_s = settings.budget_s - (analyzer.now_s() - began_s)
    more = int(max(left_s, 0.0) / (2.0 * frame_s)) if frame_s > 0 else _MOST_PAIRS
    pairs = min(1 + more, _MOST_PAIRS)
    looks = looks_at(pairs)
    tell(FrameTaken(1, pairs, lit=False))
    watch.pair(lit[0], dark[0])
    for number, at in enumerate(looks, 1):
        while len(dark) < at and analyzer.now_s() - began_s <= settings.budget_s:
            for frames, is_lit in ((lit, True), (dark, False)):
                frames.append(frame(is_lit))
                tell(FrameTaken(len(frames), pairs, is_lit))
            watch.pair(lit[-1], dark[-1])
        late = len(dark) < at  # frames take longer than the first ones: this look is the last
        number = len(looks) if late else number
        yield Look(number, len(looks), pairs, combined(lit, dark, page, *camera))
        if late:
            return


def _two_dark_frames(analyzer: Spectrometer, frame: Callable[[bool], Frame]) -> tuple[Frame, Frame]:
    """Of `START_MS`, as far as the analyzer can."""
    limits = analyzer.capabilities
    low_ms, high_ms = (
        time_us / 1000.0
        for time_us in (limits.min_integration_time_us, limits.max_integration_time_us)
    )
    analyzer.set_integration_time_ms(min(max(START_MS, low_ms), high_ms))
    return frame(False), frame(False)


def _is_a_recording(first: Frame, second: Frame) -> bool:
    """Two dark frames that agree in every count: no camera's noise allows that."""
    flagged = bool((first.flags | second.flags) & FrameFlags.RECORDED_AVERAGE)
    return flagged or bool(np.array_equal(first.counts, second.counts))


def _raise_power(
    analyzer: Spectrometer,
    watch: HeatingWatch,
    frame: Callable[[bool], Frame],
    unlit: tuple[Frame, Frame],
    power_mw: int,
    tell: Tell,
) -> None:
    """The first light: at a low power where it can be set, then at `power_mw`."""
    low_mw = max(1, round(LOW_PART * power_mw))
    if low_mw >= power_mw:
        tell(LaserOn(power_mw, analyzer.integration_time_ms))
        return
    analyzer.set_laser_power_mw(low_mw)
    tell(LaserOn(low_mw, analyzer.integration_time_ms))
    low = frame(True)
    analyzer.set_laser_power_mw(power_mw)
    tell(LaserOn(power_mw, analyzer.integration_time_ms))
    watch.power_raised(low, frame(True), list(unlit), power_mw / low_mw)
