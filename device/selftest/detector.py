"""The detector in the dark: its level, its hot pixels, its noise against the camera's figures.

The laser stays off. Next: `light.py`, what light shows.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from device.calibration.well_exposed import FULL_COUNTS, Tell
from device.driver.analyzer import Analyzer
from device.driver.averaging import average_frames
from device.selftest.bounds import (
    DARK_OF_RANGE,
    DARK_SOURCE,
    DARK_SOURCE_UNKNOWN,
    HOT_PIXELS_OF_ALL,
    HOT_SOURCE,
    NEW_HOT_PIXELS_OF_ALL,
    NEW_HOT_SOURCE,
    NOISE_RATIO,
)
from device.selftest.check import Bounds, Check, camera_untold, judged, not_checked
from device.spectra.noise import MAD_TO_SIGMA, median
from firmware_bridge.messages import CameraFigures

Floats = npt.NDArray[np.float64]

LEVEL, HOT_PIXELS, NEW_HOT_PIXELS = "dark level", "hot pixels", "new hot pixels"
NOISE: Final = "dark noise"
_FRAMES: Final = 5
_EXPOSURE_MS: Final = 1000.0  # as long as a weak sample needs
# A pixel is hot when it rises so many times the usual deviation above those beside it, and, where
# those are lit, by more than half of their light: a lamp's line lights ten pixels alike.
_HOT_SIGMAS: Final = 8.0
_BESIDE_PART: Final = 0.5
_BESIDE_PIXELS: Final = 3  # on each side
_RAY_SIGMAS: Final = 5.0  # a change between frames beyond is a cosmic ray

_COVER: Final = "Cover the probe and repeat; if it stays so, the detector needs its maker."


@dataclass(frozen=True, eq=False)
class Dark:
    """samples: float64[k, n], frames with the laser off, of one exposure."""

    samples: Floats
    exposure_ms: float
    mean: Floats  # [n], without cosmic rays


def dark_frames(analyzer: Analyzer, tell: Tell) -> Dark:
    """Expose with the laser off.

    Raises:
        InstrumentError, LinkError, ProtocolError: as the driver does.
    """
    analyzer.laser_off()
    limits = analyzer.capabilities
    low_ms, high_ms = limits.min_integration_time_us / 1e3, limits.max_integration_time_us / 1e3
    exposure_ms = min(max(_EXPOSURE_MS, low_ms), high_ms)
    analyzer.set_integration_time_ms(exposure_ms)
    frames = []
    for number in range(1, _FRAMES + 1):
        tell(f"dark frame {number} of {_FRAMES}")
        frames.append(analyzer.acquire_frame(laser_on=False).counts)
    counts = np.stack(frames)
    return Dark(counts.astype(np.float64), exposure_ms, average_frames(counts).mean)


def dark_level(dark: Dark, analyzer: Analyzer) -> Check:
    """The median of all pixels against offset and dark current."""
    level = median(dark.mean)
    most = float(analyzer.saturated_counts or FULL_COUNTS)
    ok, allowed = DARK_OF_RANGE[0] * most, DARK_OF_RANGE[1] * most
    expected = _expected_level(dark, analyzer)
    if expected is None:
        bounds = Bounds((None, ok), (None, allowed), DARK_SOURCE_UNKNOWN)
        told = f"The dark frame of {dark.exposure_ms:g} ms lies at {level:.0f} counts."
        return judged(LEVEL, level, "counts", bounds, told, _COVER)
    offset, current = expected
    whole = offset + current
    room = max(ok, 0.5 * current)
    bounds = Bounds((whole - room, whole + room), (None, whole + allowed), DARK_SOURCE)
    told = (
        f"The dark frame of {dark.exposure_ms:g} ms lies at {level:.0f} counts; the camera's "
        f"figures say {whole:.0f}."
    )
    return judged(LEVEL, level, "counts", bounds, told, _COVER)


def hot_pixels(dark: Dark) -> tuple[int, ...]:
    """The pixels that count more in the dark than those beside them."""
    n, reach = len(dark.mean), _BESIDE_PIXELS
    if n <= 2 * reach:
        return ()
    held = np.pad(dark.mean, reach, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(held, 2 * reach + 1)
    beside = np.median(np.delete(windows, reach, axis=1), axis=1)
    excess = dark.mean - beside
    usual = max(MAD_TO_SIGMA * median(np.abs(excess - median(excess))), 0.5)
    lit = np.maximum(beside - median(dark.mean), 0.0)
    hot = excess > np.maximum(_HOT_SIGMAS * usual, _BESIDE_PART * lit)
    return tuple(int(pixel) for pixel in np.flatnonzero(hot))


def hot_pixel_checks(
    found: tuple[int, ...], pixels: int, dead: Collection[int], before: Collection[int] | None
) -> tuple[Check, Check]:
    """How many there are, and how many are new.

    Args:
        found: pixel numbers; of `pixels` in all.
        dead: those that the calibration page leaves out.
        before: those that the last self-test found; None: there was none.
    """
    ok, allowed = (part * pixels for part in HOT_PIXELS_OF_ALL)
    alive = [pixel for pixel in found if pixel not in dead]
    told = f"{len(alive)} of {pixels} pixels are hot{_named(alive)}."
    remedy = "Let the cooler settle and repeat; if it stays so, ask the maker for a new page."
    bounds = Bounds((None, ok), (None, allowed), HOT_SOURCE)
    count = judged(HOT_PIXELS, len(alive), "pixels", bounds, told, remedy)
    if before is None:
        text = "No earlier self-test to compare with: the list of today is kept."
        return count, not_checked(NEW_HOT_PIXELS, text, "The next self-test compares with it.")
    new = [pixel for pixel in alive if pixel not in before]
    ok, allowed = (part * pixels for part in NEW_HOT_PIXELS_OF_ALL)
    told = f"{len(new)} pixels became hot since the last self-test{_named(new)}."
    bounds = Bounds((None, ok), (None, allowed), NEW_HOT_SOURCE)
    return count, judged(NEW_HOT_PIXELS, len(new), "pixels", bounds, told, remedy)


def dark_noise(dark: Dark, analyzer: Analyzer) -> Check:
    """What changes from frame to frame against read noise and dark current of the camera."""
    camera = analyzer.camera
    if camera is None:
        return camera_untold(NOISE)
    middle = np.median(dark.samples, axis=0)
    usual = middle <= median(middle)  # neither hot pixels nor light that gets in
    seen = _changes(dark.samples[:, usual])
    said = float(np.sqrt(camera.variance_counts2(middle[usual]).mean()))
    told = f"Dark frames differ by {seen:.2f} counts (rms); the camera's figures say {said:.2f}."
    remedy = "Cover the probe, keep away from electric fields, repeat; then ask the maker."
    return judged(NOISE, seen / said, "of the camera's", NOISE_RATIO, told, remedy)


def _changes(samples: Floats) -> float:
    """Standard deviation of a pixel of samples [k, n] from frame to frame, without cosmic rays."""
    between = np.diff(samples, axis=0) / np.sqrt(2.0)
    between -= np.median(between, axis=1, keepdims=True)
    spread = max(MAD_TO_SIGMA * median(np.abs(between.ravel())), 1.0)
    return float(between[np.abs(between) <= _RAY_SIGMAS * spread].std())


def _expected_level(dark: Dark, analyzer: Analyzer) -> tuple[float, float] | None:
    """Counts of the offset and of the dark current; None where the camera tells neither."""
    figures = analyzer.camera_figures
    needed = CameraFigures.OFFSET | CameraFigures.GAIN | CameraFigures.DARK_CURRENT
    if figures.known & needed != needed:
        return None
    electrons = figures.dark_current_e_per_s * dark.exposure_ms / 1e3
    return figures.offset_counts, electrons / figures.gain_e_per_count


def _named(pixels: list[int]) -> str:
    if not pixels:
        return ""
    shown = ", ".join(str(pixel) for pixel in pixels[:8])
    return f" ({shown}{', ...' if len(pixels) > 8 else ''})"
