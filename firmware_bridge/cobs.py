"""Consistent Overhead Byte Stuffing: bytes without zeros, so that a zero can mark a packet's end.

Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2),
1999. Costs one byte in 254.

Next: `framing.py`, which puts packets into it.
"""


def cobs_encode(data: bytes) -> bytes:
    """`data` as groups of a length code and up to 254 bytes; the result holds no zero."""
    pieces: list[bytes] = []
    blocks = data.split(b"\0")
    for index, block in enumerate(blocks):
        start = 0
        while len(block) - start >= 254:
            pieces.append(b"\xff" + block[start : start + 254])
            start += 254
        if start and start == len(block) and index == len(blocks) - 1:
            break  # a full group at the very end stands for itself: no zero follows it
        rest = block[start:]
        pieces.append(bytes((len(rest) + 1,)) + rest)
    return b"".join(pieces)


def cobs_decode(data: bytes) -> bytes | None:
    """The bytes behind one COBS frame (without delimiters); None when it is malformed."""
    pieces: list[bytes] = []
    position, end = 0, len(data)
    while position < end:
        code = data[position]
        if code == 0 or position + code > end:
            return None
        pieces.append(data[position + 1 : position + code])
        position += code
        if code != 0xFF and position < end:
            pieces.append(b"\0")
    return b"".join(pieces)
