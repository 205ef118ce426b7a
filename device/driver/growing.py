"""A measurement that grows: pairs of a lit and a dark frame, looked at after 1, 2, 4, 8, ... pairs.

How many looks there will be at most is known before the first one, from the budget and the exposure
that was found: whoever stops at one of them can control the error over all of them
(`device/answer/certainty.py`). Lit and dark frames alternate, so that what drifts is in both
(`steadiness.py`). The first light has a low power; a sample that heats ends the measurement.

Next: `first_light.py`, how it begins; `acquisition.py` and `averaging.py` for the arithmetic.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from device.driver.acquisition import camera_of, combined
from device.driver.auto_exposure import (
    OVER_READOUT,
    Wanted,
    checked,
    find_exposure,
    pixels_of_interest,
)
from device.driver.averaging import MIN_FRAMES_FOR_COSMIC_RAYS, CameraNoise
from device.driver.first_light import FirstLight, first_light
from device.driver.keeping import keeper
from device.driver.safety import Safety
from device.driver.spectrometer import Frame, Spectrometer
from device.driver.steadiness import Steadiness, told_of_dark
from device.events import Event, FrameTaken, LaserOn, Step
from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import Acquisition
from firmware_bridge.errors import CallerError

DEFAULT_BUDGET_S = 10.0
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
    laser_power_mw: None takes the analyzer's maximum, or what `safety` allows.
    camera: its maker's figures of noise; what the frames show by themselves counts in any case.
    seen: the range whose brightest line decides the exposure: that of the model that answers.
    over_readout: as for `Wanted`; inf fills the camera.
    """

    budget_s: float = DEFAULT_BUDGET_S
    laser_power_mw: int | None = None
    camera: CameraNoise | None = None
    seen: WavenumberGrid = field(default_factory=WavenumberGrid)
    safety: Safety = field(default_factory=Safety)
    over_readout: float = OVER_READOUT

    def __post_init__(self) -> None:
        if not 0 < self.budget_s < float("inf"):
            raise CallerError("The budget of a measurement must be longer than nothing.")


@dataclass(frozen=True, eq=False)
class Look:
    """The measurement so far, `number` of `of` at most; `light`: how it began."""

    number: int
    of: int
    pairs_at_most: int
    acquisition: Acquisition
    light: FirstLight

    @property
    def recorded(self) -> bool:
        """More frames would repeat it."""
        return self.light.recorded


def looks_at(pairs_at_most: int) -> tuple[int, ...]:
    """After how many pairs is looked: powers of two, and the last pair. Never empty."""
    powers = [2**k for k in range(pairs_at_most.bit_length()) if 2**k < pairs_at_most]
    return (*powers, pairs_at_most)


def growing(analyzer: Spectrometer, settings: SequentialSettings, tell: Tell) -> Iterator[Look]:
    """Looks at one measurement that grows until its reader stops asking, or the budget is spent.

    Integration time and laser power are set here, whatever the analyzer was left at. A recording
    that is played keeps its integration time, and is looked at once.

    Raises:
        SampleHeats: the light rises from frame to frame, or the lines move.
        as `acquisition.acquire` otherwise.
    """
    page = analyzer.calibration()
    page.check_frame(analyzer.capabilities.pixel_count)
    began_s = analyzer.now_s()
    camera = camera_of(analyzer, settings.camera)
    keep = keeper()

    def frame(lit: bool) -> Frame:
        return keep(checked(analyzer.acquire_frame(laser_on=lit), page))

    begun = first_light(
        analyzer, page, settings.safety, settings.laser_power_mw, settings.seen, tell
    )
    if begun.recorded:
        tell(LaserOn(begun.power_mw, begun.found_ms))
        once = combined([frame(True)], [frame(False)], page, *camera)
        yield Look(1, 1, 1, once, begun)
        return

    longest_s = settings.budget_s / (2 * (_LEAST_PAIRS + 1))
    shortest_s = settings.budget_s / (2 * _MOST_PAIRS)
    wanted = Wanted(longest_s, settings.seen, camera[0], shortest_s, settings.over_readout)
    found = find_exposure(analyzer, page, wanted, lambda text: tell(Step(text)), begun.frame)
    lit: list[Frame] = [keep(found)]
    tell(LaserOn(begun.power_mw, analyzer.integration_time_ms))
    first_s = analyzer.now_s()
    dark = [frame(False)]
    frame_s = analyzer.now_s() - first_s
    left_s = settings.budget_s - (analyzer.now_s() - began_s)
    more = int(max(left_s, 0.0) / (2.0 * frame_s)) if frame_s > 0 else _MOST_PAIRS
    pairs = min(1 + more, _MOST_PAIRS)
    looks = looks_at(pairs)
    tell(FrameTaken(1, pairs, lit=False))
    steadiness = Steadiness(
        pixels_of_interest(page, settings.seen), told_of_dark(camera[0], settings.safety)
    )

    def watched() -> None:
        steadiness.pair(lit[-1], dark[-1])
        if begun.watch is not None:
            begun.watch.pair(lit[-1], dark[-1])

    watched()
    for number, at in enumerate(looks, 1):
        while len(dark) < at and analyzer.now_s() - began_s <= settings.budget_s:
            for frames, is_lit in ((lit, True), (dark, False)):
                frames.append(frame(is_lit))
                tell(FrameTaken(len(frames), pairs, is_lit))
            watched()
        late = len(dark) < at  # frames take longer than the first ones: this look is the last
        number = len(looks) if late else number
        taken = combined(lit, dark, page, *camera)
        taken = replace(taken, flags=taken.flags | steadiness.flags())
        yield Look(number, len(looks), pairs, taken, begun)
        if late:
            return
