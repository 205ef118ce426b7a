"""The stories of `vectors/conversations.json`: how a firmware behaves, one rule each."""

import hashlib
import zlib
from collections.abc import Iterator
from typing import Any

from firmware_bridge import messages as m
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.framing import FLAG_REPLY, Packet, encode
from tests.conversations import LINK_KEY, Story

OFF, ARMED, ON, FAULT = m.LaserState
DROPPED, NO_FLAG = m.FrameFlags.LASER_DROPPED, m.FrameFlags.NONE
RESTARTED, BROKEN, OPENED = (
    m.EventKind.RESTARTED,
    m.EventKind.LASER_FAULT,
    m.EventKind.INTERLOCK_OPENED,
)

PAGES = [
    CalibrationPage((800.0, 0.09), excitation_nm, 0, 2047, 2048, serial="VECTOR").to_bytes()
    for excitation_nm in (785.0, 785.5)
]
CHUNK = 32
SHORT_PAGES = [text * 7 + zlib.crc32(text * 7).to_bytes(4, "little") for text in (b"page", b"leaf")]
IMAGE = bytes(range(200, 100, -1))


def stories() -> Iterator[Story]:
    yield from laser_stories()
    yield from fault_stories()
    yield from frame_stories()
    yield from link_stories()
    yield from flash_stories()
    yield from other_stories()
    yield from key_stories()


def laser_stories() -> Iterator[Story]:
    yield (story := Story("a lease that nobody renews lapses"))
    story.ask(m.ArmLaser(200), lease_ms=200)
    story.ask(m.GetState(), laser_state=ARMED)
    story.advance(100)
    story.ask(m.GetState(), laser_state=ARMED)
    story.advance(200)
    story.ask(m.GetState(), laser_state=OFF, lease_remaining_ms=0)
    story.ask(m.RenewLease(200), m.Status.NOT_ARMED)

    yield (story := Story("a renewal restarts the lease"))
    story.ask(m.ArmLaser(200))
    for _ in range(3):
        story.advance(120)
        story.ask(m.RenewLease(200), lease_ms=200)
    story.ask(m.GetState(), laser_state=ARMED)

    yield (story := Story("no lease is longer than 500 ms", ("lease",)))
    story.ask(m.ArmLaser(60_000), lease_ms=500)
    story.advance(550)
    story.ask(m.GetState(), laser_state=OFF)
    story.ask(m.ArmLaser(100))
    story.ask(m.RenewLease(60_000), lease_ms=500)
    story.advance(550)
    story.ask(m.GetState(), laser_state=OFF)

    yield (story := Story("no light without a lease"))
    story.ask(m.AcquireFrame(True), m.Status.NOT_ARMED)
    story.ask(m.GetState(), laser_state=OFF, frame_pending=False)

    yield (story := Story("light is on within a lit exposure alone"))
    story.ask(m.SetIntegrationTime(200_000))
    story.ask(m.ArmLaser(250))
    frame = story.send(m.AcquireFrame(True))
    story.nothing()
    story.ask(m.GetState(), laser_state=ON, frame_pending=True)
    story.advance(150)
    story.ask(m.RenewLease(250))
    story.advance(170)
    story.expect(story.reply(frame, laser_state=ON, flags=NO_FLAG, frame_seq=1))
    story.ask(m.GetState(), laser_state=ARMED, frame_pending=False)

    yield (story := Story("renewals carry the light through a long exposure"))
    story.ask(m.SetIntegrationTime(400_000))
    story.ask(m.ArmLaser(250))
    frame = story.send(m.AcquireFrame(True))
    story.nothing()
    for _ in range(3):
        story.advance(100)
        story.ask(m.RenewLease(250), lease_ms=250)
    story.advance(300)
    story.expect(story.reply(frame, laser_state=ON, flags=NO_FLAG))

    yield (story := Story("light whose lease lapsed is flagged, and the frame comes at its time"))
    story.ask(m.SetIntegrationTime(400_000))
    story.ask(m.ArmLaser(100))
    frame = story.send(m.AcquireFrame(True))
    story.advance(250)
    story.nothing()
    story.ask(m.GetState(), laser_state=OFF, frame_pending=True)
    story.advance(350)
    story.expect(story.reply(frame, laser_state=OFF, flags=DROPPED))
    story.ask(m.AcquireFrame(True), m.Status.NOT_ARMED)

    yield (story := Story("LASER_OFF ends the light, and the frame goes on in the dark"))
    story.ask(m.SetIntegrationTime(300_000))
    story.ask(m.ArmLaser(250))
    frame = story.send(m.AcquireFrame(True))
    story.advance(100)
    story.ask(m.LaserOff())
    story.ask(m.GetState(), laser_state=OFF, frame_pending=True)
    story.advance(400)
    story.expect(story.reply(frame, laser_state=OFF, flags=DROPPED))

    yield (story := Story("light that went out stays out, also when the host arms again"))
    story.ask(m.SetIntegrationTime(400_000))
    story.ask(m.ArmLaser(250))
    frame = story.send(m.AcquireFrame(True))
    story.advance(100)
    story.ask(m.LaserOff())
    story.ask(m.ArmLaser(250))
    story.ask(m.GetState(), laser_state=ARMED, frame_pending=True)
    story.advance(150)
    story.ask(m.RenewLease(250))
    story.ask(m.GetState(), laser_state=ARMED, frame_pending=True)
    story.advance(100)
    story.ask(m.RenewLease(250))
    story.advance(200)
    story.expect(story.reply(frame, laser_state=ARMED, flags=DROPPED))


def fault_stories() -> Iterator[Story]:
    yield (story := Story("an opened cover ends the light and forbids it", ("interlock",)))
    story.ask(m.SetIntegrationTime(300_000))
    story.ask(m.ArmLaser(250))
    frame = story.send(m.AcquireFrame(True))
    story.advance(100)
    story.act("open_interlock")
    story.ask(m.GetState(), laser_state=OFF, interlock_closed=False, frame_pending=True)
    story.advance(400)
    story.expect(story.reply(frame, laser_state=OFF, flags=DROPPED))
    story.ask(m.ArmLaser(200), m.Status.INTERLOCK_OPEN)
    story.act("close_interlock")
    story.ask(m.GetState(), laser_state=OFF, interlock_closed=True, unread_events=2)
    story.ask(m.AcquireFrame(True), m.Status.NOT_ARMED)
    story.ask(m.GetEvents(1), newest_number=2, events=[{"number": 2, "kind": OPENED, "detail": ON}])

    yield (story := Story("a restart leaves the cover open", ("interlock",)))
    story.act("open_interlock")
    story.act("restart")
    story.ask(m.GetState(), laser_state=OFF, interlock_closed=False)
    story.ask(m.ArmLaser(200), m.Status.INTERLOCK_OPEN)
    story.act("close_interlock")
    story.ask(m.GetState(), laser_state=OFF, interlock_closed=True)
    story.ask(m.ArmLaser(200))

    yield (story := Story("a laser fault stays until its event is cleared"))
    story.ask(m.ArmLaser(250))
    story.act("break_laser")
    story.ask(m.GetState(), laser_state=FAULT, unread_events=2)
    for request in (m.ArmLaser(200), m.RenewLease(200), m.AcquireFrame(True)):
        story.ask(request, m.Status.LASER_FAULT)
    story.ask(m.Abort())
    story.ask(m.LaserOff())
    story.ask(m.GetState(), laser_state=FAULT, unread_events=2)
    story.ask(
        m.GetEvents(0), events=[{"number": 1, "kind": RESTARTED}, {"number": 2, "kind": BROKEN}]
    )
    story.ask(m.ClearEvents(1))
    story.ask(m.GetState(), laser_state=FAULT, unread_events=1)
    story.ask(m.ClearEvents(3), m.Status.OUT_OF_RANGE)
    story.ask(m.ClearEvents(2))
    story.ask(m.GetState(), laser_state=OFF, unread_events=0)
    story.ask(m.ArmLaser(200), lease_ms=200)

    yield (story := Story("a laser fault ends the light, and the frame says so"))
    story.ask(m.SetIntegrationTime(300_000))
    story.ask(m.ArmLaser(250))
    frame = story.send(m.AcquireFrame(True))
    story.advance(100)
    story.act("break_laser")
    story.ask(m.GetState(), laser_state=FAULT, frame_pending=True)
    story.advance(400)
    story.expect(story.reply(frame, laser_state=FAULT, flags=DROPPED))
    frame = story.send(m.AcquireFrame(False))
    story.advance(500)
    story.expect(story.reply(frame, laser_state=FAULT, flags=NO_FLAG, frame_seq=2))

    yield (story := Story("events outlive a restart, which is one"))
    story.act("break_laser")
    story.act("restart")
    story.ask(m.GetState(), laser_state=OFF, unread_events=3)
    story.ask(
        m.GetEvents(1), events=[{"number": 2, "kind": BROKEN}, {"number": 3, "kind": RESTARTED}]
    )


def frame_stories() -> Iterator[Story]:
    yield (story := Story("while a frame is pending settings are busy and the rest is answered"))
    story.ask(m.SetIntegrationTime(400_000))
    frame = story.send(m.AcquireFrame(False))
    story.nothing()
    for request in (
        m.SetIntegrationTime(20_000),
        m.SetLaserPower(1),
        m.AcquireFrame(False),
        m.WriteCalibration(0, 200, bytes(CHUNK)),
    ):
        story.ask(request, m.Status.BUSY)
    story.ask(m.GetState(), frame_pending=True, integration_time_us=400_000)
    story.ask(m.Hello(), protocol_version=m.PROTOCOL_VERSION)
    story.ask(m.Flush())
    story.advance(600)
    story.expect(story.reply(frame, laser_state=OFF, flags=NO_FLAG, exposure_us=400_000))

    yield (story := Story("ABORT answers the pending frame first, then itself"))
    story.ask(m.SetIntegrationTime(400_000))
    frame = story.send(m.AcquireFrame(False))
    story.advance(100)
    abort = story.send(m.Abort())
    story.expect(story.reply(frame, m.Status.ABORTED), story.reply(abort))
    story.advance(1000)
    story.nothing()
    story.ask(m.GetState(), frame_pending=False)
    frame = story.send(m.AcquireFrame(False))
    story.advance(600)
    story.expect(story.reply(frame, frame_seq=1))  # what was aborted has not been read out

    yield (story := Story("ABORT disarms"))
    story.ask(m.ArmLaser(250))
    story.ask(m.Abort())
    story.ask(m.GetState(), laser_state=OFF)
    story.ask(m.RenewLease(200), m.Status.NOT_ARMED)

    yield (
        story := Story("the epoch grows with each setting that was applied, and frames carry it")
    )
    story.ask(m.GetState(), settings_epoch=0)
    story.ask(m.SetIntegrationTime(50_000), settings_epoch=1)
    story.ask(m.SetIntegrationTime(0), m.Status.OUT_OF_RANGE)
    story.ask(m.SetIntegrationTime(50_000), settings_epoch=2)
    frame = story.send(m.AcquireFrame(False))
    story.advance(300)
    story.expect(story.reply(frame, settings_epoch=2, frame_seq=1))
    story.ask(m.SetLaserPower(1), settings_epoch=3)
    story.ask(m.SetClock(1_766_000_000_000))
    story.ask(m.GetState(), settings_epoch=3, laser_power_mw=1)
    frame = story.send(m.AcquireFrame(False))
    story.advance(300)
    story.expect(story.reply(frame, settings_epoch=3, frame_seq=2))


def link_stories() -> Iterator[Story]:
    hello = encode(Packet(m.Opcode.HELLO, 1))

    yield (story := Story("a request that pauses for less than 500 ms is obeyed"))
    story.send_raw(hello[:9], "the first half of HELLO")
    story.advance(300)
    number = story.send_raw(hello[9:], "its second half", m.Hello())
    story.expect(story.reply(number, protocol_version=m.PROTOCOL_VERSION))

    yield (story := Story("a request that pauses for more than 500 ms is forgotten"))
    story.send_raw(hello[:9], "the first half of HELLO")
    story.advance(700)
    story.send_raw(hello[9:], "its second half", m.Hello())
    story.nothing()
    story.ask(m.GetState(), laser_state=OFF)

    yield (story := Story("a damaged request is not answered, and the next one is"))
    story.send_raw(hello[:-1] + bytes([hello[-1] ^ 1]), "HELLO with a wrong CRC", m.Hello())
    story.advance(600)
    story.nothing()
    story.ask(m.Hello(), protocol_version=m.PROTOCOL_VERSION)

    yield (story := Story("what is unknown or malformed is refused, not ignored"))
    longer = encode(Packet(m.Opcode.HELLO, 1, payload=b"x"))
    number = story.send_raw(longer, "HELLO with a payload", m.Hello())
    story.expect(story.reply(number, m.Status.BAD_REQUEST))
    neither = encode(Packet(m.Opcode.ACQUIRE_FRAME, 2, payload=b"\2"))
    number = story.send_raw(neither, "ACQUIRE_FRAME laser_on=2", m.AcquireFrame(False))
    story.expect(story.reply(number, m.Status.BAD_REQUEST))
    story.send_raw(encode(Packet(0x7777, 3)), "opcode 0x7777")
    refusal = {"opcode": 0x7777, "request_id": 3, "status": 2, "status_name": "UNKNOWN_OPCODE"}
    story.expect(refusal)

    yield (story := Story("an echo is not answered, and an unknown header flag is ignored"))
    echo = encode(Packet(m.Opcode.HELLO, 1, flags=FLAG_REPLY))
    story.send_raw(echo, "HELLO as a reply", m.Hello())
    story.advance(100)
    story.nothing()
    flagged = encode(Packet(m.Opcode.HELLO, 2, flags=0x80))
    story.expect(story.reply(story.send_raw(flagged, "HELLO with flag bit 7", m.Hello())))

    yield (story := Story("several requests at once are answered in their order"))
    numbers = [story.send(m.GetState()) for _ in range(8)]
    story.expect(*(story.reply(number) for number in numbers))

    yield (story := Story("a lost link leaves nothing behind"))
    story.ask(m.SetIntegrationTime(300_000))
    story.ask(m.ArmLaser(250))
    story.send(m.AcquireFrame(True))
    story.advance(100)
    story.act("lose_link")
    story.ask(m.GetState(), laser_state=OFF, frame_pending=False, integration_time_us=300_000)
    story.advance(1000)
    story.nothing()


def flash_stories() -> Iterator[Story]:
    yield (story := Story("a model is uploaded, tried, confirmed and read back", ("slots",)))
    begin = m.SlotBegin(1, len(IMAGE), hashlib.sha256(IMAGE).digest(), 3)
    story.ask(begin, next_offset=0)
    story.ask(m.SlotVerify(1), m.Status.SLOT_STATE)
    for offset in range(0, len(IMAGE), CHUNK):
        chunk = IMAGE[offset : offset + CHUNK]
        story.ask(m.SlotWrite(1, offset, chunk), next_offset=offset + len(chunk))
        if offset == CHUNK:
            story.ask(m.SlotWrite(1, offset, chunk), next_offset=2 * CHUNK)
            story.ask(m.SlotWrite(1, 3 * CHUNK, b"xy"), next_offset=2 * CHUNK)
            story.ask(begin, next_offset=2 * CHUNK)
    story.ask(m.SlotVerify(1), state=m.SlotState.VERIFIED, active=False)
    story.ask(m.SlotTrial(1), state=m.SlotState.TRIAL, active=True)
    story.act("restart")
    story.ask(m.GetState(), active_slot=m.NO_SLOT)
    story.ask(m.GetSlotInfo(1), state=m.SlotState.VERIFIED, received=len(IMAGE))
    story.ask(m.SlotTrial(1), state=m.SlotState.TRIAL)
    story.ask(m.SlotConfirm(1), state=m.SlotState.CONFIRMED, security_counter=3)
    story.act("restart")
    story.ask(m.GetState(), active_slot=1)
    story.ask(m.SlotRead(1, 64, 32), offset=64, data=IMAGE[64:96])
    story.ask(m.SlotRead(1, 96, 5), m.Status.OUT_OF_RANGE)
    story.ask(m.SlotRevert(1), m.Status.SLOT_STATE)
    story.ask(m.SlotBegin(0, 10, bytes(32), 2), m.Status.COUNTER_TOO_OLD)

    yield (story := Story("an image other than announced empties its slot", ("slots",)))
    story.ask(m.SlotBegin(0, CHUNK, hashlib.sha256(b"another").digest(), 0), next_offset=0)
    story.ask(m.SlotWrite(0, 0, IMAGE[:CHUNK]), next_offset=CHUNK)
    story.ask(m.SlotVerify(0), m.Status.HASH_MISMATCH)
    story.ask(m.GetSlotInfo(0), state=m.SlotState.EMPTY, size=0, received=0)

    yield (
        story := Story(
            "a calibration page is written, and half of another changes nothing", ("page",)
        )
    )
    first, second = PAGES
    for offset in range(0, len(first), CHUNK):
        chunk = first[offset : offset + CHUNK]
        last = offset + len(chunk) == len(first)
        story.ask(
            m.WriteCalibration(offset, len(first), chunk),
            next_offset=offset + len(chunk),
            sequence=int(last),
        )
    story.ask(m.WriteCalibration(offset, len(first), chunk), next_offset=len(first), sequence=1)
    story.ask(m.ReadCalibration(), page=first)
    story.ask(m.WriteCalibration(0, len(second), second[:CHUNK]), next_offset=CHUNK, sequence=1)
    story.ask(m.WriteCalibration(64, len(second), second[64:96]), next_offset=CHUNK, sequence=1)
    story.ask(m.ReadCalibration(), page=first)
    story.act("restart")
    story.ask(m.ReadCalibration(), page=first)
    story.ask(m.WriteCalibration(CHUNK, len(second), b"x"), next_offset=0, sequence=1)
    story.ask(m.WriteCalibration(0, len(second), second[:CHUNK]), next_offset=CHUNK, sequence=1)
    story.ask(m.WriteCalibration(CHUNK, len(second) + 1, b"x"), m.Status.BAD_REQUEST)

    yield (story := Story("a page of one chunk that is repeated is stored once", ("page",)))
    one, other = SHORT_PAGES
    for page, sequence in ((one, 1), (one, 1), (other, 2), (other, 2), (one, 3)):
        story.ask(m.WriteCalibration(0, CHUNK, page), next_offset=CHUNK, sequence=sequence)
        story.ask(m.ReadCalibration(), page=page)
    story.ask(m.WriteCalibration(0, CHUNK, other[:8]), next_offset=8, sequence=3)
    story.ask(m.WriteCalibration(0, CHUNK, one), next_offset=CHUNK, sequence=4)

    yield (story := Story("bytes that are no page leave the old one", ("page",)))
    damaged = PAGES[1][:-1] + bytes([PAGES[1][-1] ^ 1])
    for data, end in ((PAGES[0], m.Status.OK), (damaged, m.Status.HASH_MISMATCH)):
        for offset in range(0, len(data), CHUNK):
            chunk = data[offset : offset + CHUNK]
            last = offset + len(chunk) == len(data)
            story.ask(m.WriteCalibration(offset, len(data), chunk), end if last else m.Status.OK)
    story.ask(m.WriteCalibration(CHUNK, 200, b"x"), next_offset=0, sequence=1)
    story.ask(m.ReadCalibration(), page=PAGES[0])


def key_stories() -> Iterator[Story]:
    nonce, other_nonce, wrong_key = bytes(range(50, 82)), bytes(32), bytes(31) + b"\1"

    yield (story := Story("before the proof of the key only what tells is answered", ("key",)))
    story.ask(m.GetCapabilities(), needs_key=True)
    request: m.Request[Any]
    for request in (
        *(m.SetIntegrationTime(50_000), m.SetLaserPower(1), m.ArmLaser(200), m.RenewLease(200)),
        *(m.AcquireFrame(False), m.AcquireFrame(True), m.SetClock(1), m.ClearEvents(1)),
        *(m.WriteCalibration(0, 4, b"page"), m.SlotBegin(0, 9, nonce, 0), m.SlotRead(0, 0, 1)),
        *(m.SlotVerify(0), m.SlotTrial(0), m.SlotConfirm(0), m.SlotRevert(0), m.SlotActivate(0)),
    ):
        story.ask(request, m.Status.UNAUTHORIZED)
    longer = encode(Packet(m.Opcode.ARM_LASER, 90, payload=b"x"))
    story.send_raw(longer, "ARM_LASER with a malformed payload")
    unknown = encode(Packet(0x7777, 91))
    story.send_raw(unknown, "opcode 0x7777")
    refusal = {"status": int(m.Status.UNAUTHORIZED), "status_name": "UNAUTHORIZED"}
    story.expect(
        {"opcode": int(m.Opcode.ARM_LASER), "request_id": 90, **refusal},
        {"opcode": 0x7777, "request_id": 91, **refusal},
    )
    for request in (m.Hello(), m.GetCamera(), m.GetState(), m.GetPower(), m.GetClock()):
        story.ask(request)
    for request in (m.GetEvents(0), m.ReadCalibration(), m.Abort(), m.Flush(), m.LaserOff()):
        story.ask(request)
    story.ask(m.GetState(), laser_state=OFF, frame_pending=False)

    yield (story := Story("a proof opens the link until the next challenge", ("key",)))
    story.ask(m.Challenge(nonce))
    story.expect(story.reply(story.prove(nonce)))
    story.ask(m.ArmLaser(250), lease_ms=250)
    story.ask(m.Authenticate(nonce), m.Status.UNAUTHORIZED)
    story.ask(m.GetState(), laser_state=ARMED)
    story.ask(m.Challenge(nonce))
    story.ask(m.GetState(), laser_state=OFF)
    story.ask(m.ArmLaser(250), m.Status.UNAUTHORIZED)

    yield (story := Story("each challenge is good for one proof", ("key",)))
    story.ask(m.Authenticate(nonce), m.Status.UNAUTHORIZED)
    story.ask(m.Challenge(nonce))
    story.ask(m.Authenticate(nonce), m.Status.UNAUTHORIZED)
    story.expect(story.reply(story.prove(nonce), m.Status.UNAUTHORIZED))
    for key, begun in ((wrong_key, nonce), (LINK_KEY, other_nonce)):
        story.ask(m.Challenge(nonce))
        story.expect(story.reply(story.prove(begun, key), m.Status.UNAUTHORIZED))
    story.ask(m.ArmLaser(200), m.Status.UNAUTHORIZED)

    for how in ("lose_link", "restart"):
        yield (story := Story(f"the proof is forgotten: {how.replace('_', ' ')}", ("key",)))
        story.ask(m.Challenge(nonce))
        story.expect(story.reply(story.prove(nonce)))
        story.ask(m.ArmLaser(200))
        story.act(how)
        story.ask(m.ArmLaser(200), m.Status.UNAUTHORIZED)
        story.ask(m.GetState(), laser_state=OFF)

    yield (story := Story("a challenge does not outlive its link", ("key",)))
    story.ask(m.Challenge(nonce))
    story.act("lose_link")
    story.expect(story.reply(story.prove(nonce), m.Status.UNAUTHORIZED))


def other_stories() -> Iterator[Story]:
    yield (story := Story("presses of the trigger are counted", ("trigger",)))
    story.ask(m.GetState(), trigger_count=0)
    story.act("press_trigger")
    story.act("press_trigger")
    story.ask(m.GetState(), trigger_count=2)

    yield (story := Story("the clock is 0 until it is set"))
    story.ask(m.GetClock(), utc_ms=0)
    story.ask(m.SetClock(0), m.Status.OUT_OF_RANGE)
    story.ask(m.GetState(), settings_epoch=0)
    story.ask(m.SetClock(1_766_000_000_000))
    story.ask(m.GetState(), settings_epoch=0)  # it is no setting
    story.ask(m.GetPower())
    story.ask(m.GetCamera())
