"""A calibration page into the analyzer, in chunks that it takes, and back for comparison.

Next: `firmware_bridge/calibration.py`, what stands in the page.
"""

from collections.abc import Callable

from firmware_bridge.calibration import CalibrationError, CalibrationPage
from firmware_bridge.errors import CallerError, ProtocolError
from firmware_bridge.messages import CalibrationWritten, Capabilities, WriteCalibration

# Lost replies cost a repetition each; a firmware that never gets on is left.
_SPARE_REQUESTS = 16
# No chunk is larger, whatever the firmware takes: one has to pass within a call's timeout.
_LARGEST_CHUNK_BYTES = 32 * 1024


def write_page(
    call: Callable[[WriteCalibration], CalibrationWritten],
    read_back: Callable[[], CalibrationPage],
    wanted: CalibrationPage,
    limits: Capabilities,
) -> int:
    """Write the page and read it back; the sequence number under which the analyzer now keeps it.

    Raises:
        CalibrationMismatch: the page is for another number of pixels than the frames have.
        CalibrationError: another page is read back.
        CallerError: this analyzer keeps no page, or none so long.
        ProtocolError: it never asks for the page's end, or for what lies beyond it.
        as `call` otherwise; the old page is then still in use.
    """
    wanted.check_frame(limits.pixel_count)
    page = wanted.to_bytes()
    if not limits.calibration_size:
        raise CallerError("This analyzer's calibration page cannot be written.")
    if len(page) > limits.calibration_size:
        raise CallerError(
            f"The calibration page has {len(page)} bytes, this analyzer keeps "
            f"{limits.calibration_size}."
        )
    offset, chunk_size = 0, min(limits.max_chunk, _LARGEST_CHUNK_BYTES)
    for _ in range(-(-len(page) // chunk_size) + _SPARE_REQUESTS):
        chunk = page[offset : offset + chunk_size]
        told = call(WriteCalibration(offset, len(page), chunk))
        if told.next_offset == len(page):
            break
        if told.next_offset > len(page):
            raise ProtocolError(f"The analyzer asks for byte {told.next_offset} of {len(page)}.")
        offset = told.next_offset
    else:
        raise ProtocolError("The analyzer never takes the calibration page to its end.")
    if read_back() != wanted:
        raise CalibrationError("The analyzer does not keep the calibration page it was given.")
    return told.sequence
