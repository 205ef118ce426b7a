"""Which refusal comes first, as PROTOCOL.md orders them, and what an unknown flag bit does."""

from typing import Any

import numpy as np
import pytest

from firmware_bridge import messages as m
from firmware_bridge.errors import InstrumentError
from firmware_bridge.framing import Framing, Packet, encode, make_decoder
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import ReplayScene
from firmware_bridge.simulator.slot_store import MAX_CHUNK
from tests.host import Host

SCENE = ReplayScene(np.full(2048, 5000.0), np.full(2048, 230.0), 100.0)


def status_of(connection: Host, request: m.Request[Any]) -> m.Status:
    with pytest.raises(InstrumentError) as caught:
        connection.ask(request)
    return m.Status(caught.value.status)


def raw(analyzer: SimulatedAnalyzer, packet: Packet) -> Packet:
    analyzer.receive(encode(packet), analyzer.now_s)
    (reply,) = make_decoder(Framing.RAW).feed(analyzer.poll(analyzer.now_s))
    return reply


def test_the_form_is_judged_before_the_state_and_the_state_before_the_range() -> None:
    analyzer = SimulatedAnalyzer(SCENE)
    connection = Host(analyzer)
    connection.send(m.AcquireFrame(False))
    assert raw(analyzer, Packet(0x7777, 9, payload=b"x")).status == m.Status.UNKNOWN_OPCODE
    assert raw(analyzer, Packet(m.Opcode.ACQUIRE_FRAME, 9, payload=b"\2")).status == 1
    assert status_of(connection, m.SetIntegrationTime(0)) is m.Status.BUSY
    assert status_of(connection, m.SetTec(True, 99.0)) is m.Status.BUSY
    assert status_of(connection, m.WriteCalibration(0, 0, b"")) is m.Status.BUSY
    connection.wait(1.0)
    assert status_of(connection, m.SetIntegrationTime(0)) is m.Status.OUT_OF_RANGE
    for chunk in (b"", bytes(MAX_CHUNK + 1)):
        assert status_of(connection, m.WriteCalibration(0, 0, chunk)) is m.Status.OUT_OF_RANGE
        assert status_of(connection, m.WriteCalibration(9, 8, chunk)) is m.Status.BAD_REQUEST
    assert status_of(connection, m.WriteCalibration(9, 8, b"x")) is m.Status.OUT_OF_RANGE


def test_without_a_cooler_its_request_is_unknown_also_under_a_frame() -> None:
    connection = Host(SimulatedAnalyzer(SCENE, equipment=Equipment(has_tec=False)))
    connection.send(m.AcquireFrame(False))
    assert status_of(connection, m.SetTec(True, -10.0)) is m.Status.UNKNOWN_OPCODE


def test_fault_comes_before_cover_before_lease_before_range() -> None:
    connection = Host(SimulatedAnalyzer(SCENE))
    analyzer = connection.analyzer
    assert status_of(connection, m.ArmLaser(1)) is m.Status.OUT_OF_RANGE
    assert status_of(connection, m.RenewLease(1)) is m.Status.NOT_ARMED
    analyzer.interlock(True)
    assert status_of(connection, m.ArmLaser(1)) is m.Status.INTERLOCK_OPEN
    assert status_of(connection, m.RenewLease(1)) is m.Status.NOT_ARMED
    assert status_of(connection, m.AcquireFrame(True)) is m.Status.INTERLOCK_OPEN
    analyzer.break_laser()
    for request in (m.ArmLaser(1), m.RenewLease(1), m.AcquireFrame(True)):
        assert status_of(connection, request) is m.Status.LASER_FAULT
    connection.send(m.AcquireFrame(False))
    assert status_of(connection, m.AcquireFrame(True)) is m.Status.BUSY


def test_slots_are_refused_in_the_order_of_the_document() -> None:
    connection = Host(SimulatedAnalyzer(SCENE))
    digest = bytes(32)
    assert status_of(connection, m.SlotWrite(9, 0, b"")) is m.Status.OUT_OF_RANGE
    assert status_of(connection, m.SlotWrite(0, 0, b"")) is m.Status.SLOT_STATE
    assert status_of(connection, m.SlotBegin(0, 0, digest, 0)) is m.Status.OUT_OF_RANGE
    connection.ask(m.SlotBegin(0, 10, digest, 0))
    assert status_of(connection, m.SlotWrite(0, 99, b"")) is m.Status.BAD_REQUEST
    assert status_of(connection, m.SlotWrite(0, 9, b"xx")) is m.Status.OUT_OF_RANGE
    assert status_of(connection, m.SlotRead(0, 0, 0)) is m.Status.SLOT_STATE
    assert status_of(connection, m.SlotTrial(0)) is m.Status.SLOT_STATE


def test_an_unknown_header_flag_is_ignored_and_none_is_answered() -> None:
    reply = raw(SimulatedAnalyzer(SCENE), Packet(m.Opcode.HELLO, 7, flags=0xFE))
    assert (reply.status, reply.request_id, reply.flags) == (0, 7, 1)


def test_eight_requests_at_once_are_all_answered_in_their_order() -> None:
    analyzer = SimulatedAnalyzer(SCENE)
    asked = b"".join(encode(Packet(m.Opcode.GET_STATE, number)) for number in range(8))
    analyzer.receive(asked, 0.0)
    replies = make_decoder(Framing.RAW).feed(analyzer.poll(0.0))
    assert [reply.request_id for reply in replies] == list(range(8))


def test_a_flush_leaves_a_pending_frame_alone() -> None:
    connection = Host(SimulatedAnalyzer(SCENE))
    frame_id = connection.send(m.AcquireFrame(False))
    connection.ask(m.Flush())
    assert connection.frame(frame_id, 1.0).frame_seq == 1
