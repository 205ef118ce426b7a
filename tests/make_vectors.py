"""Write the wire's test vectors: `python -m tests.make_vectors`.

The vectors lock the bytes: another implementation replays them, and the tests here compare. They
change only when the protocol changes on purpose.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from firmware_bridge import messages as m
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.cobs import cobs_encode
from firmware_bridge.framing import Framing, Packet, encode, encode_for, make_decoder
from firmware_bridge.layout import Message
from firmware_bridge.link_key import analyzer_proof, host_proof
from firmware_bridge.model_slots import SlotRefused, SlotTable
from tests.conversations import ACTIONS, LINK_KEY, NEEDS
from tests.stories import stories

VECTORS = Path(__file__).parent / "vectors"
IMAGE = bytes(range(40))
DIGEST = hashlib.sha256(IMAGE).digest()
HOST_NONCE, ANALYZER_NONCE = bytes(range(32)), bytes(range(100, 132))

SLOT_INFO = m.SlotInfo(0, m.SlotState.STAGED, 40, DIGEST, 3, 16, False)
EXAMPLES: tuple[tuple[m.Request[Any], Message], ...] = (
    (m.Hello(), m.DeviceInfo("ramix-785", 1, "SIM-0001", "1.2.0", m.PROTOCOL_VERSION)),
    (
        m.GetCapabilities(),
        m.Capabilities(
            *(
                2048,
                1000,
                10_000_000,
                70,
                50,
                500,
                2,
                1 << 20,
                4096,
                True,
                True,
                True,
                True,
                4080,
                False,
            )
        ),
    ),
    (m.Abort(), m.Ack()),
    (m.Flush(), m.Ack()),
    (
        m.GetCamera(),
        m.Camera(~m.CameraFigures.NONE, 16, 4.5, 16.0, 300_000.0, 165.0, 256.0, 12, 2035),
    ),
    (m.Challenge(HOST_NONCE), m.AnalyzerChallenge(ANALYZER_NONCE)),
    (m.Authenticate(DIGEST), m.AnalyzerProof(DIGEST)),
    (
        m.GetState(),
        m.InstrumentState(
            *(m.LaserState.ARMED, 70, True, 120, -10.5, True, 7, 100_000, 3, False, m.NO_SLOT, 2)
        ),
    ),
    (m.SetIntegrationTime(250_000), m.SettingsApplied(8)),
    (m.SetLaserPower(35), m.SettingsApplied(9)),
    (m.SetTec(True, -10.0), m.SettingsApplied(10)),
    (m.ArmLaser(150), m.LeaseGranted(150)),
    (m.RenewLease(150), m.LeaseGranted(150)),
    (m.LaserOff(), m.Ack()),
    (
        m.GetPower(),
        m.Power(
            battery=m.BatteryState.DISCHARGING,
            battery_percent=80,
            battery_voltage_mv=3960,
            known=m.Temperatures.LASER | m.Temperatures.BOARD,
            laser_temperature_c=25.5,
            board_temperature_c=31.0,
            battery_temperature_c=0.0,
        ),
    ),
    (m.SetClock(1_766_000_000_123), m.Ack()),
    (m.GetClock(), m.ClockReading(1_766_000_000_200, 4_294_967_296)),
    (
        m.GetEvents(5),
        m.EventList(
            7,
            5,
            (
                m.Event(6, m.EventKind.LASER_FAULT, 86_400_000, 1_766_000_000_000, 17),
                m.Event(7, m.EventKind.RESTARTED, 0, 0, m.RestartCause.WATCHDOG),
            ),
        ),
    ),
    (m.ClearEvents(7), m.Ack()),
    (
        m.AcquireFrame(True),
        m.FrameReply(
            *(41, 10, 250_000, -10.25, m.LaserState.ON, 35),
            m.FrameFlags.SATURATED | m.FrameFlags.LASER_DROPPED,
            np.array([0, 1, 255, 256, 42405, 65535], dtype=np.uint16),  # 42405: a false sync mark
        ),
    ),
    (m.ReadCalibration(), m.CalibrationBytes(b"page")),
    (m.WriteCalibration(0, 40, IMAGE[:32]), m.CalibrationWritten(32, 6)),
    (m.GetSlotInfo(0), SLOT_INFO),
    (m.SlotBegin(0, 40, DIGEST, 3), m.UploadOffset(16)),
    (m.SlotWrite(0, 16, IMAGE[16:32]), m.UploadOffset(32)),
    (m.SlotVerify(0), SLOT_INFO),
    (m.SlotTrial(0), SLOT_INFO),
    (m.SlotConfirm(0), SLOT_INFO),
    (m.SlotRevert(0), SLOT_INFO),
    (m.SlotRead(0, 8, 4), m.SlotData(8, IMAGE[8:12])),
    (m.SlotActivate(0), SLOT_INFO),
)

PAGES = {
    "2,048 pixels, cubic, three dead pixels": CalibrationPage(
        (792.5, 0.0905, 1.5e-6, -1.25e-9), 785.0, 24, 2023, 2048, (0, 513, 1999), 12.0, "SIM-0001"
    ),
    "with a response of three points": CalibrationPage(
        (800.0, 0.09), 785.0, 10, 1009, 1024, (7,), 12.0, "SIM-0002", (0.5, 1.0, 0.25)
    ),
    "shortest axis, straight line, no serial": CalibrationPage(
        (800.0, 0.5), 785.25, 0, 1, 2, (), 8.5, ""
    ),
}


def plain(value: Any) -> Any:
    """A field's value as JSON holds it: bytes as hex, arrays as lists, enums as numbers."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Message):
        return field_values(value)
    return value.value if isinstance(value, Enum) else value


def field_values(message: Message) -> dict[str, Any]:
    return {f.name: plain(getattr(message, f.name)) for f in fields(message)}  # type: ignore[arg-type]


def packet_vectors() -> Iterator[dict[str, Any]]:
    for number, (request, reply) in enumerate(EXAMPLES):
        asked = Packet(request.opcode, 0x01020300 + number, payload=request.to_bytes())
        for packet, message in ((asked, request), (m.answer(asked, reply), reply)):
            yield packet_vector(packet, type(message).__name__, field_values(message))
    asked = Packet(m.Opcode.ACQUIRE_FRAME, 0x01020400, payload=b"\x01")
    refusal = m.refuse(asked, m.Status.BUSY, "a frame is pending")
    yield packet_vector(refusal, "refusal", {"detail": "a frame is pending"})


def packet_vector(packet: Packet, name: str, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{m.Opcode(packet.opcode).name} {'reply' if packet.is_reply else 'request'}",
        "message": name,
        "fields": values,
        "opcode": int(packet.opcode),
        "flags": packet.flags,
        "status": int(packet.status),
        "request_id": packet.request_id,
        "payload": packet.payload.hex(),
        "raw": encode(packet).hex(),
        "cobs": encode_for(Framing.COBS, packet).hex(),
    }


def stream_vectors() -> Iterator[dict[str, Any]]:
    first, second, third = (Packet(0x10, n, payload=b"state" * 4) for n in (1, 2, 3))
    for framing in Framing:
        one, two, three = (encode_for(framing, packet) for packet in (first, second, third))
        bad_payload = two[:25] + bytes((two[25] ^ 0x40,)) + two[26:]
        bad_header = two[:8] + bytes((two[8] ^ 0x40,)) + two[9:]
        for name, stream in {
            "three good packets": one + two + three,
            "one payload bit flipped": one + bad_payload + three,
            "one header bit flipped": one + bad_header + three,
            "the middle packet lost its last ten bytes": one + two[:-10] + three,
            "the middle packet lost its first byte": one + two[1:] + three,
            "noise with half a sync mark before and between": b"\x17\xa5" + one + b"\xa5" + three,
            "the stream ends inside a packet": one + two[:-5],
            "the last byte of the stream is missing": one + two[:-1],
        }.items():
            decoder = make_decoder(framing)
            received = decoder.feed(stream)
            after_silence = decoder.give_up()
            yield {
                "name": name,
                "framing": framing.value,
                "stream": stream.hex(),
                "request_ids": [packet.request_id for packet in received],
                "after_silence": [packet.request_id for packet in after_silence],
                "discarded_bytes": decoder.discarded_bytes,
            }


def cobs_vectors() -> Iterator[dict[str, str]]:
    ramp = bytes(range(1, 256))
    for data in (
        *(b"", b"\0", b"\0\0", b"\x11\x22\0\x33", b"\x11\0\0\0"),
        *(ramp[:253], ramp[:254], ramp, ramp[:254] + b"\0", b"\0" + ramp[:254] + b"\0\x01"),
    ):
        yield {"plain": data.hex(), "stuffed": cobs_encode(data).hex()}


def link_key_vectors() -> Iterator[dict[str, str]]:
    for key, host_nonce, analyzer_nonce, serial in (
        (bytes(range(200, 232)), HOST_NONCE, ANALYZER_NONCE, "SIM-0001"),
        (bytes(range(200, 232)), ANALYZER_NONCE, HOST_NONCE, "SIM-0001"),
        (bytes(range(200, 232)), HOST_NONCE, ANALYZER_NONCE, "SIM-0002"),
        (bytes(32), bytes(32), bytes(32), "S"),
        (b"\xff" * 32, b"\xff" * 32, b"\xff" * 32, "0123456789abcdef0123456789abcdef"),
    ):
        nonces = host_nonce, analyzer_nonce
        yield {
            "key": key.hex(),
            "host_nonce": host_nonce.hex(),
            "analyzer_nonce": analyzer_nonce.hex(),
            "serial": serial,
            "host_proof": host_proof(key, *nonces, serial).hex(),
            "analyzer_proof": analyzer_proof(key, *nonces, serial).hex(),
        }


def calibration_vectors() -> Iterator[dict[str, Any]]:
    for name, page in PAGES.items():
        pixels = [page.first_valid_pixel, page.last_valid_pixel]
        yield {
            "name": name,
            "fields": {f.name: plain(getattr(page, f.name)) for f in fields(page)},
            "page": page.to_bytes().hex(),
            "pixels": pixels,
            "wavelength_nm": [round(x, 9) for x in page.wavelength_nm()[pixels].tolist()],
            "wavenumber_cm1": [round(x, 6) for x in page.wavenumber_cm1()[pixels].tolist()],
        }


SLOT_SIZE, MAX_CHUNK = 128, 32
# Name, first byte, size; the bytes count up.
SIZES = (("old", 0, 64), ("new", 100, 32), ("fix", 200, 32), ("never sent", 50, 32))
IMAGES = {name: bytes(range(first, first + size)) for name, first, size in SIZES}
OLD, NEW, FIX, WRONG = (hashlib.sha256(image).digest() for image in IMAGES.values())
# Method of SlotTable and its arguments: two installs, a resumed one, failures, a withdrawn model.
SLOT_STORY: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("begin", (0, 129, OLD, 1)),
    ("begin", (2, 64, OLD, 1)),
    ("write", (0, 0, 32)),
    ("begin", (0, 64, OLD, 1)),
    ("start_trial", (0,)),
    ("write", (0, 0, 32)),
    ("verify", (0, OLD)),
    ("write", (0, 0, 32)),
    ("write", (0, 32, 33)),
    ("write", (0, 32, 32)),
    ("begin", (0, 64, OLD, 1)),
    ("verify", (0, OLD)),
    ("confirm", (0,)),
    ("start_trial", (0,)),
    ("after_reset", ()),
    ("start_trial", (0,)),
    ("confirm", (0,)),
    ("begin", (0, 64, NEW, 1)),
    ("revert", (0,)),
    ("begin", (1, 32, WRONG, 1)),
    ("write", (1, 0, 32)),
    ("verify", (1, NEW)),
    ("begin", (1, 32, NEW, 1)),
    ("write", (1, 0, 32)),
    ("verify", (1, NEW)),
    ("start_trial", (1,)),
    ("activate", (0,)),
    ("begin", (0, 32, FIX, 2)),
    ("revert", (1,)),
    ("start_trial", (1,)),
    ("confirm", (1,)),
    ("activate", (0,)),
    ("activate", (1,)),
    ("begin", (0, 32, FIX, 2)),
    ("write", (0, 0, 32)),
    ("verify", (0, FIX)),
    ("start_trial", (0,)),
    ("confirm", (0,)),
    ("activate", (1,)),
    ("begin", (1, 32, OLD, 1)),
    ("revert", (1,)),
)
EXTRA_LIMITS = {"begin": {"slot_size": SLOT_SIZE}, "write": {"max_chunk": MAX_CHUNK}}


def slot_step(table: SlotTable, step: str, arguments: tuple[Any, ...]) -> tuple[SlotTable, int]:
    """The table after one step, and the status it is answered with."""
    try:
        after: SlotTable = getattr(table, step)(*arguments, **EXTRA_LIMITS.get(step, {}))
    except SlotRefused as refusal:
        return table, refusal.status
    failed = step == "verify" and after.slots[arguments[0]].state is m.SlotState.EMPTY
    return after, m.Status.HASH_MISMATCH if failed else m.Status.OK


def sent_bytes(number: int) -> bytes:
    """What step `number`, a write, carries: the image that the slot's next verify finds there."""
    _, (slot, offset, length) = SLOT_STORY[number]
    digests = [
        arguments[1]
        for step, arguments in SLOT_STORY[number:]
        if step == "verify" and arguments[0] == slot
    ]
    image = next(image for image in IMAGES.values() if hashlib.sha256(image).digest() == digests[0])
    return image[offset : offset + length].ljust(length, b"\0")


def slot_request(number: int) -> m.Request[Any] | None:
    """Step `number` on the wire; None for the restart."""
    step, arguments = SLOT_STORY[number]
    slot = arguments[0] if arguments else 0
    match step:
        case "begin":
            return m.SlotBegin(*arguments)
        case "write":
            return m.SlotWrite(slot, arguments[1], sent_bytes(number))
        case "after_reset":
            return None
    kinds = {
        "verify": m.SlotVerify,
        "start_trial": m.SlotTrial,
        "confirm": m.SlotConfirm,
        "revert": m.SlotRevert,
        "activate": m.SlotActivate,
    }
    return kinds[step](slot)


def slot_vectors() -> Iterator[dict[str, Any]]:
    table = SlotTable()
    for number, (step, arguments) in enumerate(SLOT_STORY):
        table, status = slot_step(table, step, arguments)
        request = slot_request(number)
        asked = request and Packet(request.opcode, number, payload=request.to_bytes())
        yield {
            "step": step,
            "arguments": [plain(argument) for argument in arguments],
            "request": asked and encode(asked).hex(),
            "status": int(status),
            "states": [slot.state.name for slot in table.slots],
            "received": [slot.received for slot in table.slots],
            "active": m.NO_SLOT if table.active is None else table.active,
            "minimum_counter": table.minimum_counter,
        }


def vector_files() -> dict[str, str]:
    """File name -> text."""
    contents: dict[str, dict[str, Any]] = {
        "packets.json": {"packets": list(packet_vectors())},
        "streams.json": {"streams": list(stream_vectors())},
        "cobs.json": {"cobs": list(cobs_vectors())},
        "link_key.json": {"link_keys": list(link_key_vectors())},
        "calibration.json": {"pages": list(calibration_vectors())},
        "conversations.json": {
            "needs": NEEDS,
            "actions": ACTIONS,
            "link_key": LINK_KEY.hex(),
            "conversations": [story.to_json() for story in stories()],
        },
        "slots.json": {
            "slot_size": SLOT_SIZE,
            "max_chunk": MAX_CHUNK,
            "images": {name: image.hex() for name, image in IMAGES.items()},
            "steps": list(slot_vectors()),
        },
    }
    return {name: json.dumps(content, indent=1) + "\n" for name, content in contents.items()}


if __name__ == "__main__":
    for file_name, text in vector_files().items():
        (VECTORS / file_name).write_text(text)
