"""Reading and writing the calibration page; `calibration.py` says what stands in it.

Next: `messages.py`, the way in to all requests and replies.
"""

from dataclasses import dataclass

from firmware_bridge.layout import U32, Blob, Message
from firmware_bridge.opcodes import Opcode
from firmware_bridge.request import Request


@dataclass(frozen=True)
class CalibrationBytes(Message):
    """A page for `CalibrationPage.from_bytes`; empty where none is stored."""

    page: Blob


@dataclass(frozen=True)
class CalibrationWritten(Message):
    """Where the next chunk goes, and the number of the newest page that is stored whole.

    `sequence` grows by one with each page that was stored; 0: none has been written yet.
    """

    next_offset: U32
    sequence: U32


@dataclass(frozen=True)
class ReadCalibration(Request[CalibrationBytes]):
    """The newest page that is stored whole."""

    opcode = Opcode.READ_CALIBRATION
    Reply = CalibrationBytes


@dataclass(frozen=True)
class WriteCalibration(Request[CalibrationWritten]):
    """A chunk of a page of `size` bytes. Offset 0 begins; the last chunk makes the page count.

    Until then the old page is the one that is read. BUSY while a frame is pending.
    """

    opcode = Opcode.WRITE_CALIBRATION
    Reply = CalibrationWritten
    offset: U32
    size: U32
    data: Blob
