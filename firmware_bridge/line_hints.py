"""What is wrong with a line, guessed from what came over it instead of packets.

Pure: counts and the last bytes in, one remedy out. Most of it is about serial lines, where another
device, an echo or another setting answers as readily as an analyzer.

Next: `tally.py` for the counts.
"""

from typing import Final

from firmware_bridge.packet import SYNC_BYTES
from firmware_bridge.tally import Tally

# A few letters may be chance; a line of text is not.
_FEWEST_LETTERS: Final = 8
_SYNC_OF_SEVEN_BITS: Final = bytes(byte & 0x7F for byte in SYNC_BYTES)


def hint(came: Tally, last_bytes: bytes) -> str | None:
    """What to do about a link on which `came` was counted; None where nothing special is seen.

    last_bytes: the end of what came, as it came.
    """
    if came.echoed:
        return (
            "The line sends back what it gets: switch its echo off, or look for the program or "
            "adapter that holds its other end."
        )
    if came.other_version:
        return "Check that host and firmware versions match."
    if _is_text(last_bytes):
        kind = "NMEA text, as a GPS receiver sends it" if _is_nmea(last_bytes) else "text"
        return f"What came is {kind}: another kind of device is at this port."
    if _SYNC_OF_SEVEN_BITS in last_bytes and SYNC_BYTES not in last_bytes:
        return "The line carries seven bits: set it to 8 data bits without parity."
    if came.wrong_crc or came.wrong_header or came.cut_off or came.malformed or came.too_long:
        return (
            "Bytes are changed or lost on the way: check the cable; on a serial line also speed, "
            "8 data bits, no parity, and no flow control."
        )
    return None


def _is_text(data: bytes) -> bool:
    """Whether all of it is printable ASCII with line ends, and enough to tell."""
    letters = data.replace(b"\r", b"").replace(b"\n", b"")
    return len(letters) >= _FEWEST_LETTERS and all(32 <= byte < 127 for byte in letters)


def _is_nmea(data: bytes) -> bool:
    return b"$G" in data and b"," in data
