"""The simulated firmware keeps the rules: laser, frames, settings, trigger, link, faults."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import CallerError, InstrumentError
from firmware_bridge.framing import FLAG_REPLY, Framing, Packet, encode, make_decoder
from firmware_bridge.messages import (
    NO_SLOT,
    PROTOCOL_VERSION,
    Abort,
    AcquireFrame,
    ArmLaser,
    ClearEvents,
    Flush,
    FrameFlags,
    GetCapabilities,
    GetEvents,
    GetState,
    Hello,
    LaserOff,
    LaserState,
    Opcode,
    ReadCalibration,
    RenewLease,
    Request,
    SetIntegrationTime,
    SetLaserPower,
    SetTec,
    Status,
)
from firmware_bridge.simulator.detector import DetectorModel
from firmware_bridge.simulator.faults import Fault, FaultKind, FaultPlan
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.laser import DarkCause
from firmware_bridge.simulator.scenes import EmptyScene, ReplayScene, SpectrumScene
from tests.host import Host

RAW = np.linspace(1000, 60_000, 2048).round()
DARK = np.full(2048, 230.0)
REPLAY = ReplayScene(RAW, DARK, 100.0)
READOUT_S = DetectorModel().readout_ms / 1e3


def host(**how: Any) -> Host:
    return Host(SimulatedAnalyzer(REPLAY, **how))


def refused(connection: Host, request: Request[Any]) -> Status:
    with pytest.raises(InstrumentError) as caught:
        connection.ask(request)
    return Status(caught.value.status)


# ---- who is there ----


def test_the_analyzer_introduces_itself() -> None:
    info = host().ask(Hello())
    assert info.product == "ramix-785"
    assert info.protocol_version == PROTOCOL_VERSION


def test_capabilities_are_those_that_hold() -> None:
    connection = host()
    said = connection.ask(GetCapabilities())
    assert said.pixel_count == 2048 and said.max_lease_ms <= 500
    connection.ask(SetIntegrationTime(said.min_integration_time_us))
    connection.ask(SetLaserPower(said.max_laser_power_mw))
    too_much = (
        SetIntegrationTime(said.min_integration_time_us - 1),
        SetIntegrationTime(said.max_integration_time_us + 1),
        SetLaserPower(said.max_laser_power_mw + 1),
        ArmLaser(said.min_lease_ms - 1),
        SetTec(True, 80.0),
    )
    assert {refused(connection, request) for request in too_much} == {Status.OUT_OF_RANGE}


def test_the_first_state_is_dark_cold_and_without_model() -> None:
    state = host().ask(GetState())
    assert state.laser_state is LaserState.OFF and state.lease_remaining_ms == 0
    assert state.tec_locked and state.interlock_closed and not state.frame_pending
    assert state.active_slot == NO_SLOT and state.trigger_count == 0
    assert state.integration_time_us == 100_000  # the recording's own


def test_the_calibration_page_is_the_one_given() -> None:
    page = CalibrationPage((800.0, 0.09), 785.0, 0, 2047, 2048, serial="RX-7")
    connection = host(calibration=page)
    assert CalibrationPage.from_bytes(connection.ask(ReadCalibration()).page) == page
    assert connection.ask(Hello()).serial == "RX-7"


def test_a_wrong_calibration_page_can_be_stored_and_a_reboot_restores_it() -> None:
    connection = host()
    connection.analyzer.set_calibration_page(b"rubbish")
    assert connection.ask(ReadCalibration()).page == b"rubbish"
    connection.analyzer.reboot()
    CalibrationPage.from_bytes(connection.ask(ReadCalibration()).page)


# ---- the laser ----


def test_no_light_without_arming() -> None:
    connection = host()
    assert refused(connection, AcquireFrame(True)) is Status.NOT_ARMED
    assert refused(connection, RenewLease(200)) is Status.NOT_ARMED
    assert connection.analyzer.laser_on_log == []


def test_arming_alone_gives_no_light_and_ends_with_its_lease() -> None:
    connection = host()
    assert connection.ask(ArmLaser(300)).lease_ms == 300
    assert connection.ask(GetState()).laser_state is LaserState.ARMED
    connection.wait(0.2)
    assert connection.ask(GetState()).lease_remaining_ms == 100
    connection.wait(0.1)
    assert connection.ask(GetState()).laser_state is LaserState.OFF
    assert connection.analyzer.laser_on_log == []


def test_a_longer_lease_than_allowed_is_cut() -> None:
    connection = host()
    assert connection.ask(ArmLaser(60_000)).lease_ms == 500
    assert connection.ask(RenewLease(60_000)).lease_ms == 500


def test_the_laser_is_on_during_a_lit_exposure_and_at_no_other_time() -> None:
    connection = host()
    connection.ask(ArmLaser(500))
    frame_id = connection.send(AcquireFrame(True))
    assert connection.analyzer.laser_is_on
    assert connection.ask(GetState()).laser_state is LaserState.ON
    frame = connection.frame(frame_id, 0.2)
    assert frame.laser_state is LaserState.ON and not frame.flags
    assert np.array_equal(frame.counts, RAW)
    (pulse,) = connection.analyzer.laser_on_log
    assert pulse.on_s == 0.0 and pulse.off_s == pytest.approx(0.1)
    assert pulse.cause is DarkCause.EXPOSURE_DONE
    assert connection.ask(GetState()).laser_state is LaserState.ARMED


def test_a_dark_frame_stays_dark_also_when_armed() -> None:
    connection = host()
    connection.ask(ArmLaser(500))
    frame = connection.ask(AcquireFrame(False))
    assert np.array_equal(frame.counts, DARK) and not frame.flags
    assert connection.analyzer.laser_on_log == []


def test_a_lease_that_lapses_ends_the_light_and_the_frame_says_so() -> None:
    connection = host()
    connection.ask(SetIntegrationTime(1_000_000))
    connection.ask(ArmLaser(250))
    frame = connection.ask(AcquireFrame(True))
    assert frame.flags & FrameFlags.LASER_DROPPED and frame.laser_state is LaserState.OFF
    (pulse,) = connection.analyzer.laser_on_log
    assert pulse.off_s == pytest.approx(0.25) and pulse.cause is DarkCause.LEASE
    assert refused(connection, AcquireFrame(True)) is Status.NOT_ARMED


def test_a_renewed_lease_carries_light_through_a_long_exposure() -> None:
    connection = host()
    connection.ask(SetIntegrationTime(400_000))
    connection.ask(ArmLaser(150))
    frame_id = connection.send(AcquireFrame(True))
    for _ in range(4):
        connection.wait(0.1)
        if connection.now_s < 0.35:
            connection.ask(RenewLease(150))
    frame = connection.frame(frame_id)
    assert not frame.flags & FrameFlags.LASER_DROPPED and frame.laser_state is LaserState.ON


def test_a_dropped_frame_holds_the_light_of_its_lit_part_only() -> None:
    connection = host()
    connection.ask(ArmLaser(50))
    frame = connection.ask(AcquireFrame(True))
    assert np.allclose(frame.counts, DARK + (RAW - DARK) / 2, atol=1.0)


@pytest.mark.parametrize("request_", [Abort(), LaserOff()])
def test_the_host_can_end_the_light_at_any_time(request_: Request[Any]) -> None:
    connection = host()
    connection.ask(ArmLaser(500))
    connection.send(AcquireFrame(True))
    connection.wait(0.03)
    connection.ask(request_)
    assert not connection.analyzer.laser_is_on
    (pulse,) = connection.analyzer.laser_on_log
    assert pulse.off_s == pytest.approx(0.03) and pulse.cause is DarkCause.HOST
    assert refused(connection, RenewLease(100)) is Status.NOT_ARMED


@pytest.mark.parametrize(
    ("act", "cause"),
    [
        (lambda analyzer: analyzer.interlock(True), DarkCause.INTERLOCK),
        (lambda analyzer: analyzer.break_laser(), DarkCause.FAULT),
        (lambda analyzer: analyzer.unplug(), DarkCause.LINK),
        (lambda analyzer: analyzer.disconnect(0.0), DarkCause.LINK),
        (lambda analyzer: analyzer.reboot(), DarkCause.REBOOT),
    ],
)
def test_everything_that_goes_wrong_ends_the_light(act: object, cause: DarkCause) -> None:
    connection = host()
    connection.ask(ArmLaser(500))
    connection.send(AcquireFrame(True))
    connection.wait(0.03)
    assert callable(act)
    act(connection.analyzer)
    assert not connection.analyzer.laser_is_on
    (pulse,) = connection.analyzer.laser_on_log
    assert pulse.off_s == pytest.approx(0.03) and pulse.cause is cause
    assert connection.analyzer.laser_state in (LaserState.OFF, LaserState.FAULT)
    connection.wait(5.0)  # and nothing fires again by itself
    assert len(connection.analyzer.laser_on_log) == 1


def test_an_open_interlock_forbids_arming_until_it_is_closed() -> None:
    connection = host()
    connection.analyzer.interlock(True)
    assert refused(connection, ArmLaser(200)) is Status.INTERLOCK_OPEN
    assert not connection.ask(GetState()).interlock_closed
    connection.analyzer.interlock(False)
    assert connection.ask(GetState()).laser_state is LaserState.OFF
    connection.ask(ArmLaser(200))


def test_a_cover_left_open_is_open_after_a_restart() -> None:
    connection = host()
    connection.analyzer.interlock(True)
    connection.analyzer.reboot()
    assert not connection.ask(GetState()).interlock_closed
    assert refused(connection, ArmLaser(200)) is Status.INTERLOCK_OPEN


def test_a_laser_fault_stays_until_the_host_acknowledges_it() -> None:
    connection = host()
    connection.analyzer.break_laser()
    assert connection.ask(GetState()).laser_state is LaserState.FAULT
    assert refused(connection, ArmLaser(200)) is Status.LASER_FAULT
    assert refused(connection, RenewLease(200)) is Status.LASER_FAULT
    assert refused(connection, AcquireFrame(True)) is Status.LASER_FAULT
    connection.analyzer.interlock(True)
    connection.analyzer.interlock(False)
    assert refused(connection, ArmLaser(200)) is Status.LASER_FAULT
    connection.ask(LaserOff())
    connection.ask(Abort())
    assert refused(connection, ArmLaser(200)) is Status.LASER_FAULT
    connection.ask(ClearEvents(connection.ask(GetEvents(0)).newest_number))
    connection.ask(ArmLaser(200))


_STEPS = st.sampled_from(
    [
        ArmLaser(100),
        ArmLaser(500),
        RenewLease(150),
        LaserOff(),
        AcquireFrame(True),
        AcquireFrame(False),
        Abort(),
        "open",
        "close",
        "wait",
        "leave",
    ]
)


@given(steps=st.lists(_STEPS, max_size=25))
def test_whatever_a_host_does_no_pulse_outlives_its_lease(steps: list[object]) -> None:
    connection = host()
    for step in steps:
        if isinstance(step, Request):
            connection.send(step)
        elif step == "wait":
            connection.wait(0.06)
        elif step == "leave":
            connection.analyzer.disconnect(connection.now_s)
        else:
            connection.analyzer.interlock(step == "open")
    connection.now_s += 0.5  # the host hangs here
    connection.analyzer.poll(connection.now_s)
    assert not connection.analyzer.laser_is_on
    for pulse in connection.analyzer.laser_on_log:
        assert pulse.off_s is not None and pulse.off_s - pulse.on_s <= 0.5 + 1e-9


# ---- frames ----


def test_a_frame_comes_after_exposure_and_readout() -> None:
    connection = host()
    frame_id = connection.send(AcquireFrame(False))
    connection.wait(0.1 + READOUT_S - 1e-4)
    assert connection.take(frame_id) is None
    connection.wait(2e-4)
    assert connection.take(frame_id) is not None


def test_other_requests_are_answered_while_a_frame_is_pending() -> None:
    connection = host()
    frame_id = connection.send(AcquireFrame(False))
    assert connection.ask(GetState()).frame_pending
    assert refused(connection, AcquireFrame(False)) is Status.BUSY
    for change in (SetIntegrationTime(5000), SetLaserPower(1), SetTec(True, -10.0)):
        assert refused(connection, change) is Status.BUSY
    connection.frame(frame_id)
    assert not connection.ask(GetState()).frame_pending


def test_frames_are_numbered_and_carry_the_settings_they_were_taken_with() -> None:
    connection = host()
    first = connection.ask(AcquireFrame(False))
    epoch = connection.ask(SetIntegrationTime(50_000)).settings_epoch
    second = connection.ask(AcquireFrame(False))
    assert second.frame_seq == first.frame_seq + 1
    assert second.settings_epoch == epoch == (first.settings_epoch + 1) % 65_536
    assert (first.exposure_us, second.exposure_us) == (100_000, 50_000)
    assert np.array_equal(second.counts, DARK / 2)


@pytest.mark.parametrize("change", [SetIntegrationTime(5000), SetLaserPower(1), SetTec(True, 0.0)])
def test_every_change_of_a_setting_moves_the_epoch(change: Request[Any]) -> None:
    connection = host()
    before = connection.ask(GetState()).settings_epoch
    connection.ask(change)
    assert connection.ask(GetState()).settings_epoch == (before + 1) % 65_536


def test_the_epoch_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.simulator.firmware.random_epoch", lambda _: 65_535)
    connection = host()
    assert connection.ask(GetState()).settings_epoch == 65_535
    assert connection.ask(SetLaserPower(1)).settings_epoch == 0


def test_abort_answers_the_pending_frame_first() -> None:
    connection = host()
    frame_id = connection.send(AcquireFrame(False))
    connection.ask(Abort())
    reply = connection.take(frame_id)
    assert reply is not None and isinstance(reply.error, InstrumentError)
    assert reply.error.status == Status.ABORTED
    assert connection.ask(AcquireFrame(False)).frame_seq == 1


def test_laser_off_lets_the_pending_frame_end_in_the_dark() -> None:
    connection = host()
    connection.ask(ArmLaser(500))
    frame_id = connection.send(AcquireFrame(True))
    connection.ask(LaserOff())
    frame = connection.frame(frame_id)
    assert frame.flags & FrameFlags.LASER_DROPPED
    assert np.array_equal(frame.counts, DARK)


def test_a_recorded_average_and_a_full_pixel_are_flagged() -> None:
    full = ReplayScene(np.full(2048, 65_535.0), DARK, 100.0, recorded_average=5)
    connection = Host(SimulatedAnalyzer(full))
    connection.ask(ArmLaser(500))
    flags = connection.ask(AcquireFrame(True)).flags
    assert flags == FrameFlags.SATURATED | FrameFlags.RECORDED_AVERAGE


def test_a_warm_detector_is_flagged_until_the_cooler_has_it() -> None:
    connection = Host(SimulatedAnalyzer(EmptyScene()))
    connection.ask(SetTec(True, 0.0))
    warm = connection.ask(AcquireFrame(False))
    assert warm.flags & FrameFlags.TEC_UNLOCKED and -20 < warm.detector_temperature_c < 0
    connection.wait(60.0)
    locked = connection.ask(AcquireFrame(False))
    assert not locked.flags and locked.detector_temperature_c == pytest.approx(0.0, abs=0.1)
    connection.ask(SetTec(False, 0.0))
    connection.wait(60.0)
    state = connection.ask(GetState())
    assert state.detector_temperature_c == pytest.approx(25.0, abs=0.1) and not state.tec_locked


def test_laser_power_scales_a_spectrum_and_not_a_replay() -> None:
    bright = SpectrumScene(lambda axis: np.ones_like(axis), counts_per_s=100_000.0)
    for scene, expected in ((bright, 0.5), (REPLAY, 1.0)):
        connection = Host(SimulatedAnalyzer(scene, detector=DetectorModel(noise=False)))
        signal = []
        for power_mw in (70, 35):
            connection.ask(SetLaserPower(power_mw))
            connection.ask(ArmLaser(500))
            lit = connection.ask(AcquireFrame(True)).counts.astype(float)
            signal.append((lit - connection.ask(AcquireFrame(False)).counts).sum())
        assert signal[1] / signal[0] == pytest.approx(expected, rel=0.01)


def test_speed_shortens_exposures_and_not_leases() -> None:
    connection = host(speed=10.0)
    frame_id = connection.send(AcquireFrame(False))
    connection.wait(0.0106)
    reply = connection.take(frame_id)
    assert reply is not None and np.array_equal(reply.result().counts, DARK)
    connection.ask(ArmLaser(400))
    connection.wait(0.3)
    assert connection.ask(GetState()).laser_state is LaserState.ARMED


def test_another_scene_can_be_laid_under_the_laser() -> None:
    connection = host()
    connection.analyzer.scene = ReplayScene(DARK, DARK, 100.0)
    connection.ask(ArmLaser(500))
    assert np.array_equal(connection.ask(AcquireFrame(True)).counts, DARK)


# ---- the trigger ----


def test_presses_are_counted() -> None:
    connection = host()
    connection.analyzer.press_trigger()
    connection.analyzer.press_trigger()
    assert connection.ask(GetState()).trigger_count == 2


def test_the_trigger_presses_itself_only_after_idle_time() -> None:
    connection = host(trigger_every_s=1.0)
    connection.ask(SetIntegrationTime(5_000_000))
    connection.ask(AcquireFrame(False))
    assert connection.ask(GetState()).trigger_count == 0
    connection.wait(1.01)
    assert connection.ask(GetState()).trigger_count == 1
    connection.wait(10.0)
    assert connection.ask(GetState()).trigger_count == 11


# ---- the link ----


def test_unknown_and_malformed_requests_are_refused_not_ignored() -> None:
    analyzer = host().analyzer
    decoder = make_decoder(Framing.RAW)
    for packet, status in (
        (Packet(0x7777, 1), Status.UNKNOWN_OPCODE),
        (Packet(Opcode.HELLO, 2, payload=b"extra"), Status.BAD_REQUEST),
        (Packet(Opcode.ACQUIRE_FRAME, 3, payload=b"\x02"), Status.BAD_REQUEST),
    ):
        analyzer.receive(encode(packet), 0.0)
        (reply,) = decoder.feed(analyzer.poll(0.0))
        assert (reply.opcode, reply.request_id) == (packet.opcode, packet.request_id)
        assert reply.status == status and reply.is_reply and reply.payload


def test_a_reply_that_comes_back_is_not_answered() -> None:
    analyzer = host().analyzer
    analyzer.receive(encode(Packet(Opcode.HELLO, 1, flags=FLAG_REPLY)), 0.0)
    assert analyzer.poll(0.0) == b""


@given(noise=st.binary(max_size=200))
def test_noise_on_the_line_is_survived(noise: bytes) -> None:
    analyzer = host().analyzer
    analyzer.receive(noise, 0.0)
    analyzer.poll(0.0)
    connection = Host(analyzer)
    connection.now_s = 10.0  # long enough for whatever the noise began
    assert connection.ask(Hello()).product == "ramix-785"


def test_a_request_may_arrive_in_pieces() -> None:
    connection = host()
    _, data = connection.session.request(Hello())
    for byte in data:
        connection.analyzer.receive(bytes([byte]), 0.0)
    connection.listen()
    assert len(connection.replies) == 1


def test_serial_framing_works_the_same() -> None:
    connection = host(framing=Framing.COBS)
    assert np.array_equal(connection.ask(AcquireFrame(False)).counts, DARK)


def test_flush_drops_what_was_not_fetched() -> None:
    analyzer = host().analyzer
    connection = Host(analyzer)
    _, first = connection.session.request(Hello())
    flush_id, flush = connection.session.request(Flush())
    analyzer.receive(first + flush, 0.0)
    connection.listen()
    assert list(connection.replies) == [flush_id]


def test_after_a_disconnect_nothing_of_the_old_session_is_left() -> None:
    connection = host()
    connection.send(AcquireFrame(False))
    _, half = connection.session.request(Hello())
    connection.analyzer.receive(half[:5], 0.0)
    connection.analyzer.disconnect(0.0)
    again = Host(connection.analyzer)
    assert not again.ask(GetState()).frame_pending
    again.wait(1.0)
    assert again.session.discarded == 0


def test_an_unplugged_analyzer_says_nothing_until_plugged_in() -> None:
    connection = host()
    connection.analyzer.unplug()
    with pytest.raises(TimeoutError):
        connection.ask(Hello())
    assert not connection.analyzer.connected
    connection.analyzer.plug_in()
    assert connection.ask(Hello()).product == "ramix-785"


def test_a_reboot_forgets_the_settings_and_moves_the_epoch_elsewhere() -> None:
    connection = host()
    epoch = connection.ask(SetIntegrationTime(7000)).settings_epoch
    connection.analyzer.reboot()
    state = connection.ask(GetState())
    assert state.integration_time_us == 100_000 and state.settings_epoch != epoch


# ---- faults ----


def test_a_late_frame_comes_late_and_is_never_taken_for_the_next() -> None:
    plan = FaultPlan.of(Fault(FaultKind.LATE, opcode=Opcode.ACQUIRE_FRAME, delay_s=2.0))
    connection = host(faults=plan)
    with pytest.raises(TimeoutError):
        connection.ask(AcquireFrame(False), patience_s=0.5)
    second = connection.ask(AcquireFrame(False))
    assert second.frame_seq == 2
    connection.wait(3.0)
    assert connection.session.discarded == 1 and not connection.replies


def test_a_flush_does_not_reach_what_is_in_transit() -> None:
    plan = FaultPlan.of(Fault(FaultKind.LATE, opcode=Opcode.HELLO, delay_s=2.0))
    connection = host(faults=plan)
    hello_id = connection.send(Hello())
    connection.ask(Flush())
    connection.wait(3.0)
    assert connection.take(hello_id) is not None


def test_lost_damaged_and_short_replies_never_arrive_and_doubled_ones_count_once() -> None:
    for kind in (FaultKind.LOST, FaultKind.DAMAGED, FaultKind.SHORT, FaultKind.STALL):
        connection = host(faults=FaultPlan.of(Fault(kind, opcode=Opcode.HELLO)))
        with pytest.raises(TimeoutError):
            connection.ask(Hello(), patience_s=0.5)
        connection.session.link_idle()
        assert connection.ask(Hello()).product == "ramix-785", kind
    connection = host(faults=FaultPlan.of(Fault(FaultKind.DUPLICATED, opcode=Opcode.HELLO)))
    connection.ask(Hello())
    connection.listen()
    assert connection.session.discarded == 1


def test_unplug_and_reboot_can_be_planned() -> None:
    connection = host(faults=FaultPlan.of(Fault(FaultKind.UNPLUG, opcode=Opcode.HELLO)))
    connection.send(Hello())
    assert not connection.analyzer.connected
    connection = host(faults=FaultPlan.of(Fault(FaultKind.REBOOT, opcode=Opcode.HELLO)))
    connection.ask(SetIntegrationTime(7000))
    connection.send(Hello())
    assert connection.ask(GetState()).integration_time_us == 100_000


def test_the_same_seed_and_conversation_give_the_same_bytes() -> None:
    def conversation(seed: int) -> bytes:
        analyzer = SimulatedAnalyzer(EmptyScene(), seed=seed)
        connection = Host(analyzer)
        return connection.ask(AcquireFrame(False)).to_bytes()

    assert conversation(4) == conversation(4)
    assert conversation(4) != conversation(5)


@pytest.mark.parametrize("how", [{"speed": 0.0}, {"trigger_every_s": 0.0}])
def test_an_impossible_analyzer_is_refused(how: dict[str, float]) -> None:
    with pytest.raises(CallerError):
        host(**how)
