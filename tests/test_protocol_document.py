"""PROTOCOL.md says what the code does: numbers, sizes, names, C declarations that compile."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from device.ports import DEFAULT_TIMEOUT_S
from firmware_bridge import calibration, framing, usb_ids
from firmware_bridge import messages as m
from firmware_bridge.deadlines import (
    FLASH_WORK_S,
    LONGEST_WORK_S,
    READOUT_TIME_S,
    answer_time_s,
    frame_budget_s,
)
from firmware_bridge.layout import Message
from tests.make_protocol_header import PROTOCOL, c_header, document_with_header

DOCUMENT = PROTOCOL.read_text()


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = DOCUMENT.split(f"\n{heading}\n", 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert rows is not None, heading
    cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows[0].splitlines()]
    return cells[2:]


def size_text(cls: type[Message]) -> str:
    """The payload's size; for one of varying length the least, with a plus sign."""
    if cls.wire_tail is None:
        return str(cls.wire_struct.size)
    count_size = {"u16": 2, "u32": 4}[cls.wire_tail[1].name.split()[0]]
    return f"{cls.wire_struct.size + count_size}+"


def test_the_request_table_is_the_code() -> None:
    told = [row[:6] for row in table("## 5. Requests")]
    coded = [
        [
            f"0x{opcode:02x}",
            m.Opcode(opcode).name,
            *(cls.__name__, size_text(cls)),
            *(cls.Reply.__name__, size_text(cls.Reply)),
        ]
        for opcode, cls in m.REQUESTS.items()
    ]
    assert told == sorted(coded)


def test_the_status_table_is_the_code() -> None:
    told = [(int(value), name) for value, name, _ in table("## 6. Statuses")]
    assert told == [(status.value, status.name) for status in m.Status]


def test_the_flag_table_is_the_code() -> None:
    told = [(int(value), name) for value, name, _ in table("## 7. Laser and frame")]
    assert told == [(flag.value, flag.name) for flag in m.FrameFlags]


def test_the_answer_times_are_the_codes() -> None:
    frame, *told = table("### How long an answer may take")
    assert frame == ["ACQUIRE_FRAME", f"the exposure and {READOUT_TIME_S * 1e3:.0f} ms"]
    assert frame_budget_s(2_000_000, margin_s=0.0) == 2.0 + READOUT_TIME_S
    assert {m.Opcode[name]: float(time.removesuffix(" s")) for name, time in told} == FLASH_WORK_S
    named = {row[0] for row in table("### How long an answer may take")}
    for opcode in set(m.Opcode) - {m.Opcode.ACQUIRE_FRAME}:
        assert (answer_time_s(opcode) > 0) == (opcode.name in named)
    assert f"its margin ({DEFAULT_TIMEOUT_S:.0f} s unless the operator says otherwise)" in DOCUMENT


def test_the_longest_work_is_the_codes() -> None:
    assert f"it waits for {LONGEST_WORK_S:.0f} s in all." in DOCUMENT


def test_the_event_table_is_the_code() -> None:
    told = [(int(value), name) for value, name, *_ in table("## 8. Events, power, clock")]
    assert told == [(kind.value, kind.name) for kind in m.EventKind]


def test_the_table_of_camera_figures_is_the_code() -> None:
    told = [(int(row[0]), row[1]) for row in table("### What a firmware has, and its camera")]
    assert told == [(figure.value, figure.name) for figure in m.CameraFigures if figure]


def test_the_packet_table_is_the_code() -> None:
    rows = table("## 2. Packet")
    assert [row[2] for row in rows[-2:]] == ["payload", "packet_crc32"]
    offset = 0
    for told_offset, size, *_ in rows[:-2]:
        assert int(told_offset) == offset
        offset += int(size)
    assert offset == framing.HEADER_SIZE == int(rows[-2][0])
    assert int(rows[-1][1]) == framing.TRAILER_SIZE


def test_numbers_in_the_text_are_the_codes() -> None:
    for told in (
        f"Version {m.PROTOCOL_VERSION}.",
        f"0x{framing.SYNC:04X}, on the wire `{framing.SYNC_BYTES.hex(' ').upper()}`",
        f"n, at most {framing.MAX_PAYLOAD:,}",
        f"0x{framing.header_crc16(b'123456789'):04X}",
        f"0x{framing.packet_crc32(b'123456789'):08X}",
        f"silent for {framing.MAX_PAUSE_S * 1e3:.0f} ms",
        f"at most {m.MAX_DETAIL_SIZE} bytes",
        f"2 to {calibration.MAX_COEFFICIENTS} coefficients",
        f"At least {m.MAX_EVENTS} events are kept, and a reply holds at most {m.MAX_EVENTS}",
        f"**`max_lease_ms` must not\n  exceed {m.LONGEST_LEASE_MS}**",
        f"`max_chunk` at least {m.MIN_CHUNK_BYTES}",
        f"Magic is `{calibration.MAGIC.decode()}`",
        f"none ({m.NO_SLOT})",
        f"vendor 0x{usb_ids.VENDOR_ID:04x}, product 0x{usb_ids.PRODUCT_ID:04x}",
        f"interface {usb_ids.INTERFACE}, endpoints 0x{usb_ids.ENDPOINT_OUT:02x} OUT and "
        f"0x{usb_ids.ENDPOINT_IN:02x} IN",
    ):
        assert told in DOCUMENT, told


def test_the_state_diagrams_know_every_state() -> None:
    laser, frame, slots = re.findall(r"```mermaid\n(.*?)```", DOCUMENT, re.DOTALL)
    for diagram, states in (
        (laser, [state.name for state in m.LaserState]),
        (slots, [state.name for state in m.SlotState]),
    ):
        arrows = re.findall(r"(\w+) --> (\w+)", diagram)
        assert {state for arrow in arrows for state in arrow} == set(states)
    assert "ACQUIRE_FRAME" in frame


def test_the_c_declarations_are_those_the_code_gives() -> None:
    assert document_with_header(DOCUMENT) == DOCUMENT, "run tests/make_protocol_header.py"


def test_a_changed_declaration_would_be_noticed() -> None:
    """Negative control of the comparison above."""
    altered = DOCUMENT.replace("RAMIX_OPCODE_HELLO = 0x01", "RAMIX_OPCODE_HELLO = 0x02")
    assert altered != DOCUMENT
    assert document_with_header(altered) == DOCUMENT


def test_every_vector_file_is_listed() -> None:
    stored = sorted((Path(__file__).parent / "vectors").glob("*.json"))
    listed = [row[0].strip("`") for row in table("## 14. Vectors")]
    assert sorted(listed) == [f"tests/vectors/{path.name}" for path in stored]


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
def test_the_c_declarations_compile_to_the_sizes_they_name(tmp_path: Path) -> None:
    header = c_header()
    sizes = re.findall(r"struct (\w+) \{[^}]*\} RAMIX_PACKED; /\* (\d+) bytes", header)
    assert len(sizes) > 20
    checks = [f'_Static_assert(sizeof(struct {name}) == {size}, "");' for name, size in sizes]
    source = tmp_path / "protocol.c"
    source.write_text(header + "\n".join(checks) + "\n")
    command = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
