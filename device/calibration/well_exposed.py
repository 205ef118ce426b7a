"""Frames of a calibration: exposed as long as the brightest line allows, averaged.

Unlike `device/driver/acquisition.py` nothing here needs a calibration page. A lamp is seen with the
laser off, and no dark frame is taken: the lamp would be on it.

Next: `round.py`, which asks for them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from device.calibration.full_pixels import full_pixels
from device.driver.analyzer import Analyzer, Frame
from device.driver.averaging import average_frames
from device.driver.claims import check_exposures

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Tell = Callable[[str], None]

FULL_COUNTS: Final = 65_000.0  # where the firmware does not know its camera's end
_FRAMES: Final = 5
_FIRST_MS, _LONGEST_MS = 100.0, 5_000.0
_TRIALS: Final = 10
_BACK_OFF: Final = 0.2  # a saturated frame does not say by how much
_MOST_LONGER: Final = 10.0
# Well below the end: the next frame may be brighter. Nothing is gained above, lines are known to
# hundredths of a pixel.
_TARGET, _GOOD = 0.6, (0.3, 0.8)
_PEAK_RANK: Final = 3  # no line is narrower, hardly a cosmic ray is wider


@dataclass(frozen=True, eq=False)
class Exposed:
    """counts [n]: mean over the frames, less the dark ones where the laser was on; full [n]: where
    most lit frames were saturated."""

    counts: Floats
    full: Bools
    integration_time_ms: float
    lit: tuple[Frame, ...]
    dark: tuple[Frame, ...]  # taken after the lit ones


def lamp_frame(analyzer: Analyzer, tell: Tell) -> Exposed:
    """Frames with the laser off.

    Raises:
        InstrumentError, LinkError, ProtocolError: as the driver does.
    """
    analyzer.laser_off()
    everywhere = np.ones(analyzer.capabilities.pixel_count, dtype=np.bool_)
    lit = _exposed(analyzer, everywhere, False, tell)
    return _averaged(analyzer, lit, [])


def with_dark(analyzer: Analyzer, seen: Exposed, tell: Tell) -> Exposed:
    """A lamp's frames less dark ones of the same exposure, taken now that the probe is covered.

    Raises:
        InstrumentError, LinkError, ProtocolError: as the driver does.
    """
    tell("dark frames")
    dark = [analyzer.acquire_frame(laser_on=False) for _ in range(_FRAMES)]
    check_exposures(seen.lit, dark)
    return _averaged(analyzer, list(seen.lit), dark)


def raman_frame(analyzer: Analyzer, where: Bools, laser_power_mw: int, tell: Tell) -> Exposed:
    """Frames with the laser on, less dark ones; the laser is off afterwards.

    Args:
        where: bool[n], the pixels whose brightest line decides how long to expose.

    Raises:
        CallerError: the analyzer has no such laser power.
        InstrumentError, LinkError, ProtocolError: as the driver does.
    """
    analyzer.set_laser_power_mw(laser_power_mw)
    lit = _exposed(analyzer, where, True, tell)
    tell("dark frames")
    dark = [analyzer.acquire_frame(laser_on=False) for _ in range(_FRAMES)]
    check_exposures(lit, dark)
    return _averaged(analyzer, lit, dark)


def _full_counts(analyzer: Analyzer) -> float:
    return float(analyzer.saturated_counts or FULL_COUNTS)


def _exposed(analyzer: Analyzer, where: Bools, laser_on: bool, tell: Tell) -> list[Frame]:
    """All frames of one exposure time, the last tried one first."""
    limits = analyzer.capabilities
    shortest_ms = limits.min_integration_time_us / 1000.0
    longest_ms = max(shortest_ms, min(limits.max_integration_time_us / 1000.0, _LONGEST_MS))
    time_ms = min(max(_FIRST_MS, shortest_ms), longest_ms)
    light = ", LASER ON" if laser_on else ""
    for trial in range(_TRIALS):
        tell(f"exposure {time_ms:.4g} ms{light}")
        analyzer.set_integration_time_ms(time_ms)
        frame = analyzer.acquire_frame(laser_on=laser_on)
        factor = _factor(frame, where, _full_counts(analyzer))
        wanted_ms = min(max(time_ms * factor, shortest_ms), longest_ms)
        if abs(wanted_ms - time_ms) <= 1e-3 * time_ms or trial == _TRIALS - 1:
            break
        time_ms = wanted_ms
    frames = [frame]
    while len(frames) < _FRAMES:
        tell(f"frame {len(frames) + 1} of {_FRAMES}{light}")
        frames.append(analyzer.acquire_frame(laser_on=laser_on))
    return frames


def _factor(frame: Frame, where: Bools, full_counts: float) -> float:
    """By what to multiply the exposure; 1 when it is good."""
    counts = frame.counts[where]
    if len(counts) < _PEAK_RANK:
        return 1.0
    brightest = float(np.partition(counts, -_PEAK_RANK)[-_PEAK_RANK])
    if counts.max() >= full_counts:
        return _BACK_OFF
    low, high = _GOOD
    if low <= brightest / full_counts <= high:
        return 1.0
    return min(_TARGET * full_counts / max(brightest, 1.0), _MOST_LONGER)


def _averaged(analyzer: Analyzer, lit: list[Frame], dark: list[Frame]) -> Exposed:
    counts = average_frames(np.stack([frame.counts for frame in lit])).mean
    if dark:
        counts = counts - average_frames(np.stack([frame.counts for frame in dark])).mean
    full_counts = _full_counts(analyzer)
    full = [full_pixels(frame.counts.astype(np.float64), full_counts) for frame in lit]
    # one cosmic ray fills a pixel of one frame and is averaged out; a line fills it in all
    many = np.sum(full, axis=0) > len(lit) // 2
    return Exposed(counts, many, lit[0].exposure_us / 1000.0, tuple(lit), tuple(dark))
