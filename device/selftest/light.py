"""The laser on a standard: the power that is told, the power that arrives, and darkness when off.

Next: `standard.py`, where the standard's lines stand.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from device.calibration.well_exposed import Exposed, Tell
from device.driver.analyzer import Analyzer, Frame
from device.selftest.bounds import LEAK_MW, NOISE_RATIO, NOT_CHECKED, POWER_LIGHT, POWER_READBACK
from device.selftest.check import Check, Outcome, camera_untold, failed, judged, not_checked
from device.spectra.noise import between_frames, median
from firmware_bridge.messages import LaserState

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

READBACK, RISE, OFF = "laser power", "laser light", "laser off"
LEAK: Final = "dark when off"
NOISE: Final = "noise in light"
_AGAIN: Final = "Repeat; if it stays so, ask the maker to measure the laser's power."
_ACKNOWLEDGE: Final = (
    "When the cause is known: ramix doctor --port PORT --acknowledge, then repeat the self-test."
)
_STOP: Final = "Do not use this analyzer: switch it off and have its laser examined."
# Over so many pixels, wider than a line: what is broader is glow and not the sample's lines.
_SURROUNDINGS_PIXELS: Final = 61
_BRIGHT_QUANTILE: Final = 0.95
_LEAST_PART: Final = 0.02  # of the converter's range: light enough to tell its noise


def power_set(analyzer: Analyzer, lit: tuple[Frame, ...] = ()) -> Check:
    """The power that the analyzer tells once it was set, at half and at full power, and in `lit`
    frames, which were taken at full power. No light is made here."""
    most = analyzer.capabilities.max_laser_power_mw
    if not most:
        return not_checked(
            READBACK, "The analyzer's laser power cannot be set.", "Nothing can be done about it."
        )
    off = [float(frame.laser_power_mw - most) for frame in lit]
    for wanted_mw in (max(1, most // 2), most):
        analyzer.set_laser_power_mw(wanted_mw)
        off.append(float(analyzer.state().laser_power_mw - wanted_mw))
    worst = max(off, key=abs)
    seen = f" and in {len(lit)} lit frames" if lit else ""
    told = f"Set to {max(1, most // 2)} and {most} mW, told with {worst:+.0f} mW{seen}."
    return judged(READBACK, worst, "mW", POWER_READBACK, told, _AGAIN)


def laser_off(analyzer: Analyzer) -> Check:
    """What the firmware says once the laser was switched off."""
    analyzer.laser_off()
    state = analyzer.state().laser_state
    if state is LaserState.OFF:
        return Check(OFF, Outcome.OK, "Once switched off, the firmware says that the laser is off.")
    if state is LaserState.FAULT:
        return failed(OFF, "The laser is dark and locked after a fault.", _ACKNOWLEDGE)
    return failed(OFF, f"Switched off, the firmware says that the laser is {state.name}.", _STOP)


def half_power_frame(analyzer: Analyzer, tell: Tell) -> tuple[Frame, int]:
    """A lit frame at half of the highest power, exposed as the frames before; and that power.

    Raises:
        InstrumentError, LinkError, ProtocolError: as the driver does.
    """
    power_mw = max(1, analyzer.capabilities.max_laser_power_mw // 2)
    analyzer.set_laser_power_mw(power_mw)
    tell(f"half power, {power_mw} mW, LASER ON")
    return analyzer.acquire_frame(laser_on=True), power_mw


def light_rises(seen: Exposed, half: Frame, half_mw: int, full_mw: int, where: Bools) -> Check:
    """The standard's lines at full power against half power, over what the powers say.

    Args:
        where: bool[n], pixels with lines.
    """
    if any(np.array_equal(half.counts, frame.counts) for frame in seen.lit):
        return not_checked(
            RISE, "The same frame came at half power: a recording is played.", NOT_CHECKED
        )
    dark = np.mean([frame.counts for frame in seen.dark], axis=0)
    full_lines = lines_alone(seen.counts)[where]
    half_lines = lines_alone(half.counts - dark)[where]
    ratio = _multiple(full_lines, half_lines) * half_mw / full_mw
    told = f"From {half_mw} to {full_mw} mW the light rises to {ratio:.2f} of what the powers say."
    return judged(RISE, ratio, "of expected", POWER_LIGHT, told, _AGAIN)


def dark_when_off(seen: Exposed, power_mw: int, where: Bools) -> Check:
    """How much of the standard's lines the dark frames show, as laser power.

    Args:
        where: bool[n], pixels with lines.
    """
    dark = np.median([frame.counts for frame in seen.dark], axis=0)
    leak_mw = power_mw * _multiple(lines_alone(dark)[where], lines_alone(seen.counts)[where])
    told = f"In frames with the laser off the standard shows the light of {leak_mw:.3f} mW."
    return judged(LEAK, leak_mw, "mW", LEAK_MW, told, _STOP)


def light_noise(seen: Exposed, analyzer: Analyzer) -> Check:
    """What changes between lit frames where they are bright, against the camera's figures."""
    camera = analyzer.camera
    if camera is None:
        return camera_untold(NOISE)
    samples = np.stack([frame.counts for frame in seen.lit]).astype(np.float64)
    middle = np.median(samples, axis=0)
    bright = float(np.quantile(middle, _BRIGHT_QUANTILE))
    range_counts = float(analyzer.saturated_counts or 0xFFFF)
    if len(samples) < 2 or bright - camera.offset_counts < _LEAST_PART * range_counts:
        return not_checked(NOISE, "No frame is bright enough to tell its noise.", NOT_CHECKED)
    law = between_frames(samples, middle)
    at = np.full(9, bright)
    found, said = (median(one) ** 0.5 for one in (law.variance(at), camera.variance_counts2(at)))
    told = (
        f"At {bright:.0f} counts lit frames differ by {found:.1f} (rms); the camera's figures say "
        f"{said:.1f}."
    )
    remedy = "Repeat with the standard held still; if it stays so, ask the maker for true figures."
    return judged(NOISE, found / said, "of the camera's", NOISE_RATIO, told, remedy)


def lines_alone(counts: npt.NDArray[Any]) -> Floats:
    """[n], above a running median of the counts [n]: lines without glow, offset and dark level."""
    half = _SURROUNDINGS_PIXELS // 2
    held = np.pad(counts.astype(np.float64), half, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(held, _SURROUNDINGS_PIXELS)
    return np.asarray(counts - np.median(windows, axis=1), dtype=np.float64)


def _multiple(values: Floats, shape: Floats) -> float:
    """The part of `shape` in `values`, least squares; NaN where there is no shape."""
    energy = float(shape @ shape)
    return float(values @ shape) / energy if energy > 0 else float("nan")
