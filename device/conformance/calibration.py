"""The calibration page, read, and written where the flash may be: section 11.

What is written is the page that was read, so that nothing changes for who measures; where there is
none, nothing is written whole.

Next: `slots.py`, the model slots.
"""

from typing import Final

from device.conformance.bench import Bench
from device.conformance.check import Needs, check
from device.conformance.outcome import CheckFailed, CheckSkipped, require
from device.conformance.wire import status_name
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import ProtocolError
from firmware_bridge.messages import (
    CalibrationWritten,
    Hello,
    ReadCalibration,
    Status,
    WriteCalibration,
)

_CHUNKS: Final = 4  # so that offsets matter also where one chunk would hold all
_MOST_CHUNK_BYTES: Final = 32_768
_MADE_UP_BYTES: Final = 200


@check("11", "The page is empty or whole, describes this detector, and is the same each time.")
def page_is_whole(bench: Bench) -> str:
    page = bench.ok(ReadCalibration()).page
    require(bench.ok(ReadCalibration()).page == page, "another page when asked again")
    if not page:
        return "no page is stored"
    try:
        read = CalibrationPage.from_bytes(page)
        read.check_frame(bench.capabilities.pixel_count)
    except ProtocolError as error:
        raise CheckFailed(error.text) from error
    serial = bench.ok(Hello()).serial
    require(read.serial in ("", serial), f"the page is that of {read.serial}, this is {serial}")
    return f"{len(page)} bytes, {read.pixel_count} pixels"


def _page(bench: Bench) -> bytes:
    if not bench.capabilities.calibration_size:
        raise CheckSkipped("it takes no page")
    page = bench.ok(ReadCalibration()).page
    try:
        CalibrationPage.from_bytes(page)
    except ProtocolError as error:
        raise CheckSkipped("it has no good page to write back") from error
    return page


def _unfinished(bench: Bench) -> tuple[bytes, bytes]:
    """A page that is never written whole, and the one that must stay: the stored one is both.

    An analyzer that never had a page keeps none.
    """
    room = bench.capabilities.calibration_size
    if room >= _MADE_UP_BYTES and not bench.ok(ReadCalibration()).page:
        return bytes(place % 251 for place in range(_MADE_UP_BYTES)), b""
    page = _page(bench)
    return page, page


def _chunks(bench: Bench, page: bytes) -> list[tuple[int, bytes]]:
    size = min(bench.capabilities.max_chunk, _MOST_CHUNK_BYTES, -(-len(page) // _CHUNKS))
    return [(offset, page[offset : offset + size]) for offset in range(0, len(page), size)]


def _write(bench: Bench, page: bytes, offset: int, data: bytes) -> CalibrationWritten:
    return bench.done(WriteCalibration(offset, len(page), data))


def _require_next(told: CalibrationWritten, wanted: int, when: str) -> None:
    require(told.next_offset == wanted, f"next offset {told.next_offset}, not {wanted}, {when}")


@check("11", "A page is written chunk by chunk; others than the next are not stored.", Needs.FLASH)
def page_is_written(bench: Bench) -> str:
    page = _page(bench)
    (first, *others), size = _chunks(bench, page), len(page)
    begun = _write(bench, page, *first)
    _require_next(begun, len(first[1]), "after the first chunk")
    for early in others[1:2]:
        _require_next(_write(bench, page, *early), len(first[1]), "after a chunk too early")
    require(bench.ok(ReadCalibration()).page == page, "half a page changed the one that is read")
    last = first
    for last in others:
        written = _write(bench, page, *last)
        end = last[0] + len(last[1])
        _require_next(written, end, f"after the chunk at {last[0]}")
        if end < size:
            grown = written.sequence - begun.sequence
            require(not grown, "the sequence grew before the page was whole")
    repeated = _write(bench, page, *last)
    _require_next(repeated, size, "after the last chunk was repeated")
    grown = repeated.sequence - begun.sequence
    require(grown == 1, f"the sequence grew by {grown}, not 1")
    require(bench.ok(ReadCalibration()).page == page, "another page is read than was written")
    return f"sequence {repeated.sequence}, read back"


@check("11", "A page of one chunk that is repeated is stored once.", Needs.FLASH)
def page_in_one_chunk(bench: Bench) -> str:
    page = _page(bench)
    if len(page) > min(bench.capabilities.max_chunk, _MOST_CHUNK_BYTES):
        raise CheckSkipped("its page is longer than a chunk")
    _write(bench, page, *_chunks(bench, page)[0])  # forgets that this page was completed before
    written = _write(bench, page, 0, page)
    _require_next(written, len(page), "after a page of one chunk")
    repeated = _write(bench, page, 0, page)
    _require_next(repeated, len(page), "after the one chunk was repeated")
    grown = repeated.sequence - written.sequence
    require(not grown, f"the sequence grew by {grown} when the one chunk was repeated")
    require(bench.ok(ReadCalibration()).page == page, "another page is read than was written")
    return "stored once"


@check("11", "Bytes whose CRC does not hold are a HASH_MISMATCH; the old page stays.", Needs.FLASH)
def page_without_its_crc(bench: Bench) -> str:
    page, old = _unfinished(bench)
    damaged = page[:-1] + bytes([page[-1] ^ 1])
    chunks = _chunks(bench, damaged)
    for offset, chunk in chunks[:-1]:
        _write(bench, damaged, offset, chunk)
    offset, chunk = chunks[-1]
    reply = bench.worked(WriteCalibration(offset, len(damaged), chunk))
    name = status_name(reply.status)
    require(reply.status == Status.HASH_MISMATCH, f"answered {name}, not HASH_MISMATCH")
    require(bench.ok(ReadCalibration()).page == old, "the old page did not stay")
    return "refused, the old page stays"


@check("11", "What cannot be part of a page is refused, in the order of the document.", Needs.FLASH)
def page_bounds(bench: Bench) -> str:
    page, old = _unfinished(bench)
    limits, size = bench.capabilities, len(page)
    tried: list[tuple[WriteCalibration, Status]] = [
        (WriteCalibration(0, 0, b""), Status.OUT_OF_RANGE),
        (WriteCalibration(0, limits.calibration_size + 1, b""), Status.OUT_OF_RANGE),
        (WriteCalibration(0, size, b""), Status.BAD_REQUEST),
        (WriteCalibration(size, size, b"x"), Status.OUT_OF_RANGE),
    ]
    for request, status in tried:
        bench.refused(request, status)
    _write(bench, page, *_chunks(bench, page)[0])
    offset, chunk = _chunks(bench, page)[1]
    bench.refused(WriteCalibration(offset, size + 1, chunk), Status.BAD_REQUEST)
    require(bench.ok(ReadCalibration()).page == old, "the page that is read has changed")
    return "refused"


CHECKS = (page_is_whole, page_is_written, page_in_one_chunk, page_without_its_crc, page_bounds)
