"""Write the C declarations anew, in PROTOCOL.md and c/ramix_protocol.h:
`python -m tests.make_protocol_header`.

They are made from the code, so that neither can drift from it.
"""

import re
import struct
from collections.abc import Iterator
from enum import IntEnum, IntFlag
from pathlib import Path

from firmware_bridge import calibration, framing, packet, usb_ids
from firmware_bridge import messages as m
from firmware_bridge.layout import Message

PROTOCOL = Path(__file__).parents[1] / "firmware_bridge" / "PROTOCOL.md"
HEADER = PROTOCOL.parent / "c" / "ramix_protocol.h"
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
    kind = "char" if code == "s" else C_TYPES[code]
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
        format_ = kind.format.replace("s", "B") if kind.name.startswith("u8[") else kind.format
        members.append((name, format_, COMMENTS.get(kind.name, "")))
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


def sizes_in_comments(header: str) -> list[tuple[str, int]]:
    """(structure, size) as the closing comments of `header` tell them."""
    found = re.findall(r"struct (\w+) \{[^}]*\} RAMIX_PACKED; /\* (\d+) bytes", header)
    return [(name, int(size)) for name, size in found]


# What a compiler may not know of these declarations, in C11 and in C++11.
_HEADER_BEGIN = """\
/* The wire between host and analyzer, as C: what PROTOCOL.md shows in section 10.
 *
 * Made by tests/make_protocol_header.py from the Python that the host runs; not to be edited.
 * For GCC and Clang on little-endian machines: a structure then lies in memory as on the wire.
 */
#ifndef RAMIX_PROTOCOL_H
#define RAMIX_PROTOCOL_H

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "these structures are laid out for little-endian machines"
#endif

#ifdef __cplusplus
#define RAMIX_STATIC_ASSERT static_assert
/* C++ has no array of open length at the end of a structure; GCC and Clang do. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#else
#define RAMIX_STATIC_ASSERT _Static_assert
#endif
"""
_HEADER_END = """\
#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

#endif
"""


def header_file() -> str:
    """c/ramix_protocol.h: the declarations, and what a header needs around them."""
    declared = c_header()
    constants = {
        "MAX_PAUSE_MS": round(framing.MAX_PAUSE_S * 1e3),
        "PAGE_MAGIC": f'"{calibration.MAGIC.decode()}"',
        "MAX_COEFFICIENTS": calibration.MAX_COEFFICIENTS,
        "USB_VENDOR_ID": f"0x{usb_ids.VENDOR_ID:04x}",
        "USB_PRODUCT_ID": f"0x{usb_ids.PRODUCT_ID:04x}",
        "USB_INTERFACE": usb_ids.INTERFACE,
        "USB_ENDPOINT_OUT": f"0x{usb_ids.ENDPOINT_OUT:02x}",
        "USB_ENDPOINT_IN": f"0x{usb_ids.ENDPOINT_IN:02x}",
    }
    checks = [
        f'RAMIX_STATIC_ASSERT(sizeof(struct {name}) == {size}, "{name}");'
        for name, size in sizes_in_comments(declared)
    ]
    return "\n".join(
        [
            _HEADER_BEGIN,
            declared,
            "/* what the text of PROTOCOL.md says beside its tables */\n",
            *(f"#define RAMIX_{name} {value}" for name, value in constants.items()),
            "\n/* sizes in bytes; of those that may be longer, the least */\n",
            *checks,
            f"\n{_HEADER_END}",
        ]
    )


def document_with_header(document: str) -> str:
    """The document with its C block replaced by what the code says now."""
    before, rest = document.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n```c\n{c_header()}```\n{END}{after}"


if __name__ == "__main__":
    PROTOCOL.write_text(document_with_header(PROTOCOL.read_text()))
    HEADER.write_text(header_file())
