"""Finding an exposure: frames with the laser on, each longer or shorter than the one before.

Next: `first_light.py`, which begins a measurement with it; `acquisition.py` for frames at one
exposure.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.driver.averaging import CameraNoise
from device.driver.spectrometer import Frame, Spectrometer
from device.spectra.in_order import median_nearby
from device.spectra.resampling import WavenumberGrid
from firmware_bridge.calibration import CalibrationPage

Progress = Callable[[str], None]
Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.uint16]

# Of a camera that does not tell its own: the well may be full a little below the converter's end;
# from here on a count says "or more".
SATURATED_COUNTS = 65_000
# Bright enough that noise is the photons' own, with room for the frame-to-frame changes.
_TARGET_FRACTION = 0.70
_GOOD_FRACTION = (0.50, 0.85)
# A saturated frame does not say by how much; a dark one must not launch a minute of exposure.
_BACK_OFF, _MOST_LONGER = 0.2, 10.0
_MAX_TRIALS = 8
# Who adds up frames loses little by short ones whose photons outweigh the readouts of lit and dark
# frame so many times: at the strongest line they add a tenth to the variance. Of the factors that
# `ramix-train figures --only readout` chooses, 5 to 14 with more and more scenes, one between; what
# each costs in errors and light: the table in docs/measuring.md.
OVER_READOUT = 10.0
# The brightest of some thousand pixels that see nothing reaches so many sigmas of a readout.
_UNSEEN_SIGMAS = 3.0
# Hot pixels stand alone; no line is so narrow that the median of five loses it.
_ALONE_PIXELS = 5
# The third-brightest pixel: no line is narrower, and hardly a cosmic ray is wider.
_PEAK_RANK = 3


@dataclass(frozen=True)
class Wanted:
    """How long to expose, and by the light of which range.

    longest_s: no frame is longer.
    camera: frames are added up, and need be no brighter than its noise of readout asks for; None:
        they are as bright as the camera allows.
    shortest_s: with `camera`, so long all the same unless the camera would be full.
    over_readout: with `camera`, what the strongest line's photons are at least to the readouts.
    """

    longest_s: float
    seen: WavenumberGrid
    camera: CameraNoise | None = None
    shortest_s: float = 0.0
    over_readout: float = OVER_READOUT


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


def find_exposure(
    analyzer: Spectrometer,
    page: CalibrationPage,
    wanted: Wanted,
    tell: Progress,
    first: Frame | None = None,
) -> Frame:
    """Change the integration time until the brightest line is well exposed; return that frame.

    Args:
        first: one at the integration time that is set, taken already.
    """
    limits = analyzer.capabilities
    shortest_ms = limits.min_integration_time_us / 1000.0
    most_ms = limits.max_integration_time_us / 1000.0
    longest_ms = max(shortest_ms, min(most_ms, 1000.0 * wanted.longest_s))
    time_ms = analyzer.integration_time_ms
    if time_ms > longest_ms:
        time_ms = longest_ms
        analyzer.set_integration_time_ms(time_ms)
        first = None
    trial = 1
    while True:
        tell(f"auto exposure: {time_ms:.4g} ms")
        frame = first or checked(analyzer.acquire_frame(laser_on=True), page)
        first = None
        step = _step(frame, page, wanted, full_at(analyzer))
        wanted_ms = min(max(time_ms * step, shortest_ms), longest_ms)
        # Below a part in a thousand the firmware's own rounding would keep us here for ever.
        if trial == _MAX_TRIALS or abs(wanted_ms - time_ms) <= 1e-3 * time_ms:
            return frame
        time_ms = wanted_ms
        analyzer.set_integration_time_ms(time_ms)
        trial += 1


def checked(frame: Frame, page: CalibrationPage) -> Frame:
    """`frame`; raises `CalibrationMismatch` where the page has another number of pixels."""
    page.check_frame(len(frame.counts))
    return frame


def _step(frame: Frame, page: CalibrationPage, wanted: Wanted, full: int) -> float:
    """By what to multiply the integration time; 1 when the frame is good as it is."""
    counts = frame.counts[pixels_of_interest(page, wanted.seen)]
    if len(counts) < _PEAK_RANK:
        return 1.0
    brightest = np.partition(counts, -_PEAK_RANK)[-_PEAK_RANK]
    if brightest >= full:
        return _BACK_OFF
    step = _TARGET_FRACTION * full / max(float(brightest), 1.0)
    if wanted.camera is None:
        step = min(step, _MOST_LONGER)
    else:
        exposure_s = frame.exposure_us / 1e6
        enough = wanted.over_readout * _equal(counts, exposure_s, wanted.camera)
        step = min(step, max(enough, wanted.shortest_s / exposure_s))
    low, high = (_TARGET_FRACTION / part for part in reversed(_GOOD_FRACTION))
    return 1.0 if low <= step <= high else step


def _equal(counts: Counts, exposure_s: float, camera: CameraNoise) -> float:
    """By what to multiply an exposure for photons that weigh as much as the readouts."""
    lines = median_nearby(counts, _ALONE_PIXELS)
    seen_e = (float(lines.max()) - camera.offset_counts) * camera.gain_e_per_count
    seen_e -= (camera.dark_e_per_s or 0.0) * exposure_s
    read_e2 = camera.read_noise_e**2 + camera.gain_e_per_count**2 / 12.0
    least_e = _UNSEEN_SIGMAS * float(np.sqrt(read_e2))
    return 2.0 * read_e2 / max(seen_e, least_e)
