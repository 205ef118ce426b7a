"""Write the C declarations in PROTOCOL.md anew: `python -m tests.make_protocol_header`.

They are made from the code, so that the document cannot drift from it.
"""

import re
import struct
from collections.abc import Iterator
from enum import IntEnum, IntFlag
from pathlib import Path

from firmware_bridge import calibration, framing, packet
from firmware_bridge import messages as m
from firmware_bridge.layout import Message

PROTOCOL = Path(__file__).parents[1] / "firmware_bridge" / "PROTOCOL.md"
BEGIN, END = "<!-- made by tests/make_protocol_header.py: begin -->", "<!-- end -->"

C_TYPES = {
    "B": "uint8_t",
    "H": "uint16_t",
    "I": "uint32_t",
    "Q": "uint64_t",
    "f": "float",
    "d": "double",
}
TAILS = {
    "u32 n, u8[n]": ("uint32_t", "uint8_t"),
    "u16 n, u16[n]": ("uint16_t", "uint16_t"),
    "u16 n, event[n]": ("uint16_t", "struct ramix_event"),
}
COMMENTS = {
    "bool": "0 or 1",
    "u8 LaserState": "enum ramix_laser",
    "u8 SlotState": "enum ramix_slot",
    "u16 FrameFlags": "enum ramix_frame",
    "u16 CameraFigures": "enum ramix_camera_known",
    "u8 BatteryState": "enum ramix_battery",
    "u16 Temperatures": "enum ramix_temperature_known",
}
PACKET_FIELDS = ("sync", "version", "flags", "opcode", "status", "request_id", "payload_size")
PAGE_FIELDS = (
    *("magic", "version", "pixel_count", "first_valid_pixel", "last_valid_pixel"),
    *("excitation_nm", "resolution_cm1", "serial", "coefficient_count"),
    *("wavelength_coefficients_nm", "n_dead_pixels"),
)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def c_member(name: str, format_: str, comment: str, offset: int) -> str:
    """One line: `format_` is a struct code with an optional count before it."""
    count, code = format_[:-1], format_[-1]
    kind = "char" if code == "s" and name != "sha256" else C_TYPES.get(code, "uint8_t")
    declared = f"{kind} {name}{f'[{count}]' if count else ''};"
    return f"    {declared:<44} /* {f'@{offset:<3} {comment}'.rstrip()} */"


def c_struct(name: str, members: list[tuple[str, str, str]], tail: tuple[str, str] | None) -> str:
    """A packed struct; each comment begins with the member's offset."""
    lines, offset = [f"struct ramix_{name} {{"], 0
    for field, format_, comment in members:
        lines.append(c_member(field, format_, comment, offset))
        offset += struct.calcsize(f"<{format_}")
    if tail is not None:
        count_type, item_type = TAILS[tail[1]]
        lines.append(f"    {f'{count_type} n_{tail[0]};':<44} /* @{offset} */")
        offset += {"uint16_t": 2, "uint32_t": 4}[count_type]
        lines.append(f"    {f'{item_type} {tail[0]}[];':<44} /* n_{tail[0]} of them */")
    return "\n".join([*lines, f"}} RAMIX_PACKED; /* {offset} bytes{' and more' * bool(tail)} */"])


def message_struct(cls: type[Message]) -> str:
    """The payload of one message."""
    members = []
    for name, kind in cls.wire_fields:
        members.append((name, kind.format, COMMENTS.get(kind.name, "")))
    tail = None if cls.wire_tail is None else (cls.wire_tail[0], cls.wire_tail[1].name)
    return c_struct(snake(cls.__name__), members, tail)


def formats(layout: struct.Struct) -> list[str]:
    return re.findall(r"\d*[a-zA-Z]", layout.format)


def c_enum(prefix: str, enum: type[IntEnum] | type[IntFlag], width: int) -> str:
    members = enum.__members__.values()
    lines = [f"    RAMIX_{prefix}_{e.name} = 0x{e.value:0{width}x}," for e in members]
    return "\n".join([f"enum ramix_{prefix.lower()} {{", *lines, "};"])


def declarations() -> Iterator[str]:
    yield "#include <stdint.h>\n\n#define RAMIX_PACKED __attribute__((packed))"
    constants = {
        "SYNC": f"0x{framing.SYNC:04x}",
        "FRAMING_VERSION": framing.FRAMING_VERSION,
        "FLAG_REPLY": f"0x{framing.FLAG_REPLY:02x}",
        "MAX_PAYLOAD": framing.MAX_PAYLOAD,
        "PROTOCOL_VERSION": m.PROTOCOL_VERSION,
        "NO_SLOT": m.NO_SLOT,
        "MAX_DETAIL_SIZE": m.MAX_DETAIL_SIZE,
        "PAGE_VERSION": calibration.PAGE_VERSION,
        "RESPONSE_PAGE_VERSION": calibration.RESPONSE_PAGE_VERSION,
        "MAX_RESPONSE_POINTS": calibration.MAX_RESPONSE_POINTS,
        "MAX_EVENTS": m.MAX_EVENTS,
        "LONGEST_LEASE_MS": m.LONGEST_LEASE_MS,
        "MIN_CHUNK_BYTES": m.MIN_CHUNK_BYTES,
    }
    yield "\n".join(f"#define RAMIX_{name} {value}" for name, value in constants.items())
    yield c_enum("OPCODE", m.Opcode, 2)
    yield c_enum("STATUS", m.Status, 2)
    yield c_enum("LASER", m.LaserState, 1)
    yield c_enum("SLOT", m.SlotState, 1)
    yield c_enum("FRAME", m.FrameFlags, 4)
    yield c_enum("CAMERA_KNOWN", m.CameraFigures, 4)
    yield c_enum("BATTERY", m.BatteryState, 1)
    yield c_enum("TEMPERATURE_KNOWN", m.Temperatures, 4)
    yield c_enum("EVENT_KIND", m.EventKind, 2)
    yield c_enum("RESTART", m.RestartCause, 1)
    header = [(n, f, "") for n, f in zip(PACKET_FIELDS, formats(packet._HEADER), strict=True)]
    yield c_struct("header", [*header, ("header_crc16", "H", "")], None)
    page = zip(PAGE_FIELDS, formats(calibration._PAGE), strict=True)
    yield c_struct("calibration_page", [(name, format_, "") for name, format_ in page], None)
    requests = [cls for cls in m.REQUESTS.values() if cls.wire_fields]
    replies = dict.fromkeys(cls.Reply for cls in m.REQUESTS.values() if cls.Reply is not m.Ack)
    yield "/* requests */"
    yield from (message_struct(cls) for cls in requests)
    yield "/* replies */"
    yield message_struct(m.Event)
    yield from (message_struct(cls) for cls in replies)


def c_header() -> str:
    return "\n\n".join(declarations()) + "\n"


def document_with_header(document: str) -> str:
    """The document with its C block replaced by what the code says now."""
    before, rest = document.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n```c\n{c_header()}```\n{END}{after}"


if __name__ == "__main__":
    PROTOCOL.write_text(document_with_header(PROTOCOL.read_text()))
