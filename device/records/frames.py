"""Each lit and dark frame of a measurement, beside their means: kept, given back, averaged again.

Their packed counts lie one after the other in one array, in the order in which they were read; what
was noted of each frame lies in arrays with one value for each.
Next: `../spectra/raw_frames.py`, how counts are packed; `measured.py`, the means.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any, Final

from device.driver.acquisition import combined
from device.driver.averaging import CameraNoise
from device.records.content import Record
from device.records.errors import RecordDamaged
from device.records.frames_kept import KEPT, MOST_COUNT_BYTES, MOST_FRAMES
from device.records.measured import acquisition_of, spectrum_of
from device.spectra.raw_frames import CODING, RawFrame, RawFrames, unpacked
from device.spectra.spectrum import Acquisition, Spectrum, spectrum_from_acquisition
from firmware_bridge.errors import RamixError
from firmware_bridge.messages import FrameFlags, LaserState

# Flags that follow from the frames alone; the others were told by looking at them one by one.
_OF_THE_FRAMES: Final = frozenset(
    {"laser_off", "recorded_average", "tec_unlocked", "cosmic_rays_removed"}
)


class FramesNotKept(RecordDamaged):
    """A record that has the means of its frames alone."""

    code = "frames_not_kept"
    default_remedy = "Answer it without --from-frames, from the means."


def frames_of(record: Record) -> RawFrames:
    """Of an analyzer's record, with its arrays.

    Raises:
        FramesNotKept: it holds none.
        RecordDamaged: they contradict each other.
    """
    if KEPT not in record.body.get("measurement", {}):
        raise FramesNotKept(f"Record {record.record_id} does not hold its single frames.")
    try:
        return _frames(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordDamaged(
            f"The frames of record {record.record_id} cannot be rebuilt: {error}."
        ) from error


def of_frames(record: Record) -> Spectrum:
    """The spectrum of the same.

    Raises:
        as `averaged_again`.
    """
    source = spectrum_of(record).source
    return spectrum_from_acquisition(averaged_again(record), source)


def averaged_again(record: Record) -> Acquisition:
    """The frames of a record, averaged as those of a live measurement are.

    Raises:
        as `frames_of`.
    """
    kept, raw = acquisition_of(record), frames_of(record)
    try:
        camera = _camera(raw.camera)
        again = combined(raw.lit, raw.dark, kept.calibration, camera, raw.full_counts)
    except (TypeError, ValueError, RamixError) as error:
        raise RecordDamaged(
            f"The frames of record {record.record_id} cannot be averaged: {error}."
        ) from error
    flags = again.flags | (kept.flags - _OF_THE_FRAMES)
    return replace(again, acquired_utc=kept.acquired_utc, flags=flags)


def _camera(figures: Mapping[str, Any] | None) -> CameraNoise | None:
    return None if figures is None else CameraNoise(**figures)


def _frames(record: Record) -> RawFrames:
    known: Mapping[str, Any] = record.body["measurement"][KEPT]
    if known["coding"] != CODING:
        raise ValueError(f"their coding is not {CODING}")
    pixels = len(record.array("raw_counts"))
    data, sizes = record.array("frame_packed").tobytes(), record.array("frame_bytes")
    if len(sizes) > MOST_FRAMES or 2 * len(sizes) * pixels > MOST_COUNT_BYTES:
        raise ValueError("they are more than any that are kept")
    ends = [0, *accumulate(sizes.tolist())]
    columns = [
        record.array(f"frame_{name}").tolist()
        for name in ("lit", "struck", "exposure_us", "temperature_c", "laser_state",
                     "laser_power_mw", "flags")
    ]  # fmt: skip
    lit: list[tuple[RawFrame, int]] = []
    dark: list[tuple[RawFrame, int]] = []
    parts = (data[start:end] for start, end in pairwise(ends))
    if ends[-1] != len(data):
        raise ValueError("their bytes are not those of so many")
    for number, (part, *told) in enumerate(zip(parts, *columns, strict=True)):
        is_lit, struck, exposure_us, temperature_c, state, power_mw, flags = told
        frame = RawFrame(
            unpacked(part, pixels), exposure_us, temperature_c, LaserState(state), power_mw,
            FrameFlags(flags), number, part,
        )  # fmt: skip
        (lit if is_lit else dark).append((frame, struck))
    if not lit or not dark:
        raise ValueError("lit or dark ones are missing")
    return RawFrames(
        tuple(one for one, _ in lit),
        tuple(one for one, _ in dark),
        tuple(struck for _, struck in lit),
        tuple(struck for _, struck in dark),
        known["camera"],
        int(known["full_counts"]),
    )
