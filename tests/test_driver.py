"""The driver against the simulated analyzer, the same tests on every link (see `links.py`).

Where a test speaks of time it means the link's own clock: virtual in process, real elsewhere.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from device.driver.analyzer import Analyzer, LaserDropped
from device.driver.transports.base import Transport
from device.driver.transports.wrapped import WrappedTransport
from firmware_bridge.errors import (
    CallerError,
    InstrumentError,
    LinkClosed,
    LinkTimeout,
    RamixError,
)
from firmware_bridge.framing import Packet, encode_for, make_decoder
from firmware_bridge.messages import (
    AcquireFrame,
    ArmLaser,
    FrameReply,
    LaserState,
    Opcode,
    SlotState,
    SlotWrite,
    Status,
)
from firmware_bridge.simulator.faults import Fault, FaultKind, FaultPlan
from firmware_bridge.simulator.laser import DarkCause
from firmware_bridge.simulator.scenes import ReplayScene
from tests.links import LINKS, Bench, open_bench

Floats = npt.NDArray[np.float64]

PIXELS = 64
RAW, DARK = np.linspace(3000.0, 9000.0, PIXELS).round(), np.full(PIXELS, 230.0)
SCENE = ReplayScene(RAW, DARK, integration_time_ms=20.0)
TIMEOUT_S = 0.4  # enough for an answer on a busy machine, short enough to wait for its absence
IMAGE = bytes(range(256)) * 90  # five chunks and a bit

MakeBench = Callable[..., Bench]


@pytest.fixture(params=LINKS)
def make_bench(request: pytest.FixtureRequest, tmp_path: Path) -> MakeBench:
    """A function that puts a simulated analyzer behind the link under test."""

    def make(*faults: Fault, scene: ReplayScene = SCENE) -> Bench:
        context = open_bench(request.param, scene, FaultPlan.of(*faults), tmp_path)
        bench = context.__enter__()
        request.addfinalizer(lambda: context.__exit__(None, None, None))
        return bench

    return make


def connect(bench: Bench, timeout_s: float = TIMEOUT_S) -> Analyzer:
    return Analyzer(bench.connect(), timeout_s=timeout_s)


class RecordingTransport(WrappedTransport):
    """Writes down which requests were sent."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(inner)
        self._decoder = make_decoder(inner.framing)
        self.asked: list[int] = []

    def write(self, data: bytes, timeout_s: float) -> None:
        self.asked += [packet.opcode for packet in self._decoder.feed(data)]
        super().write(data, timeout_s)


class ActingTransport(WrappedTransport):
    """Does something before the n-th read after it was armed."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(inner)
        self._act: Callable[[], None] | None = None
        self._reads_left = 0

    def before_read(self, number: int, act: Callable[[], None]) -> None:
        self._reads_left, self._act = number, act

    def read(self, timeout_s: float) -> bytes:
        self._reads_left -= 1
        if self._act is not None and self._reads_left <= 0:
            act, self._act = self._act, None
            act()
        return super().read(min(timeout_s, 0.02))  # several reads even in a short exposure


# ---- commands ----


def test_opening_tells_who_it_is_and_what_it_can(make_bench: MakeBench) -> None:
    bench = make_bench()
    with connect(bench) as analyzer:
        assert analyzer.info == bench.simulated.info
        assert analyzer.capabilities.pixel_count == PIXELS
        assert analyzer.calibration() == bench.simulated.calibration
        assert analyzer.integration_time_ms == 20.0
        assert analyzer.state().laser_state is LaserState.OFF


def test_the_conversation_on_opening_measuring_and_leaving(make_bench: MakeBench) -> None:
    link = RecordingTransport(make_bench().connect())
    with Analyzer(link, timeout_s=TIMEOUT_S) as analyzer:
        analyzer.acquire_frame(laser_on=True)
        analyzer.acquire_frame(laser_on=False)
    assert link.asked == [
        *(Opcode.ABORT, Opcode.FLUSH, Opcode.HELLO, Opcode.GET_CAPABILITIES),
        *(Opcode.GET_CAMERA, Opcode.GET_STATE),
        *(Opcode.ARM_LASER, Opcode.ACQUIRE_FRAME, Opcode.LASER_OFF),
        Opcode.ACQUIRE_FRAME,
        Opcode.LASER_OFF,
    ]


def test_a_dark_and_a_lit_frame_are_what_lies_under_the_laser(make_bench: MakeBench) -> None:
    bench = make_bench()
    with connect(bench) as analyzer:
        dark = analyzer.acquire_frame(laser_on=False)
        assert not bench.simulated.laser_on_log
        lit = analyzer.acquire_frame(laser_on=True)
    assert np.array_equal(dark.counts, DARK)
    assert np.array_equal(lit.counts, RAW)
    assert lit.frame_seq == dark.frame_seq + 1
    assert [pulse.cause for pulse in bench.pulses()] == [DarkCause.EXPOSURE_DONE]


def test_settings_hold_from_the_next_frame_on(make_bench: MakeBench) -> None:
    with connect(make_bench()) as analyzer:
        epoch = analyzer.state().settings_epoch
        analyzer.set_integration_time_ms(40.0)
        analyzer.set_laser_power_mw(35)
        analyzer.set_tec(True, -15.0)
        frame = analyzer.acquire_frame(laser_on=True)
        assert (frame.exposure_us, frame.laser_power_mw) == (40_000, 35)
        assert frame.settings_epoch == (epoch + 3) % 0x10000
        assert np.array_equal(frame.counts, RAW * 2)
        assert analyzer.integration_time_ms == 40.0


@pytest.mark.parametrize("wrong_ms", [0.0, -1.0, 1e9, float("nan")])
def test_an_impossible_setting_is_not_even_sent(make_bench: MakeBench, wrong_ms: float) -> None:
    with connect(make_bench()) as analyzer:
        with pytest.raises(CallerError, match="integration time"):
            analyzer.set_integration_time_ms(wrong_ms)
        with pytest.raises(CallerError, match="laser power"):
            analyzer.set_laser_power_mw(5000)
        assert analyzer.integration_time_ms == 20.0


def test_a_refusal_names_the_command_and_the_reason(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.touch(lambda: bench.simulated.interlock(open=True))
    with connect(bench) as analyzer:
        with pytest.raises(InstrumentError, match="ARM_LASER.*INTERLOCK_OPEN") as caught:
            analyzer.acquire_frame(laser_on=True)
        assert caught.value.status == Status.INTERLOCK_OPEN and "cover" in caught.value.remedy
        analyzer.acquire_frame(laser_on=False)
    assert not bench.simulated.laser_on_log


def test_the_trigger_is_heard_once_however_often_it_was_pressed(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.touch(bench.simulated.press_trigger)  # before anybody listened
    with connect(bench) as analyzer:
        assert analyzer.wait_trigger(0.1) is None
        for _ in range(3):
            bench.touch(bench.simulated.press_trigger)
        assert analyzer.wait_trigger(1.0) == 4
        assert analyzer.wait_trigger(0.1) is None


def test_using_an_analyzer_that_is_not_open_is_the_callers_mistake(make_bench: MakeBench) -> None:
    analyzer = connect(make_bench())
    with pytest.raises(CallerError, match="with"):
        _ = analyzer.info
    with analyzer:
        pass


# ---- replies that come late, never, twice, or broken ----


def test_a_late_frame_is_never_returned(make_bench: MakeBench) -> None:
    late = Fault(FaultKind.LATE, Opcode.ACQUIRE_FRAME, nth=1, delay_s=0.9)
    with connect(make_bench(late), timeout_s=0.3) as analyzer:
        first = analyzer.acquire_frame(laser_on=False)
        with pytest.raises(LinkTimeout, match="ACQUIRE_FRAME"):
            analyzer.acquire_frame(laser_on=True)
        analyzer.set_integration_time_ms(600.0)  # long enough for the late one to come meanwhile
        following = [analyzer.acquire_frame(laser_on=False) for _ in range(2)]
    assert [frame.frame_seq - first.frame_seq for frame in following] == [2, 3]
    assert all(frame.exposure_us == 600_000 for frame in following)
    assert all(np.array_equal(frame.counts, DARK * 30) for frame in following)


def test_a_host_that_does_not_match_replies_would_return_it(make_bench: MakeBench) -> None:
    """The negative control: the same fault, and a reader that takes the next frame there is."""
    late = Fault(FaultKind.LATE, Opcode.ACQUIRE_FRAME, nth=0, delay_s=0.4)
    transport = make_bench(late).connect()
    decoder = make_decoder(transport.framing)

    def naive_frame(request_id: int, wait_s: float) -> FrameReply | None:
        request = AcquireFrame(laser_on=False)
        packet = Packet(request.opcode, request_id, payload=request.to_bytes())
        transport.write(encode_for(transport.framing, packet), 1.0)
        until_s = transport.monotonic_s() + wait_s
        while transport.monotonic_s() < until_s:
            for reply in decoder.feed(transport.read(0.05)):
                return FrameReply.from_bytes(reply.payload)
        return None

    try:
        assert naive_frame(1, 0.2) is None
        stale = naive_frame(2, 2.0)
        assert stale is not None
        next_one = naive_frame(3, 2.0)
        assert next_one is not None and next_one.frame_seq == stale.frame_seq + 1
    finally:
        transport.close()


@pytest.mark.parametrize(
    "kind",
    [FaultKind.LOST, FaultKind.DAMAGED, FaultKind.SHORT, FaultKind.STALL],
    ids=lambda k: k.value,
)
def test_after_a_reply_that_never_came_the_next_call_is_answered(
    make_bench: MakeBench, kind: FaultKind
) -> None:
    fault = Fault(kind, Opcode.GET_STATE, nth=1)
    with connect(make_bench(fault)) as analyzer:
        with pytest.raises(LinkTimeout, match="GET_STATE"):
            analyzer.state()
        assert analyzer.state().integration_time_us == 20_000
        assert np.array_equal(analyzer.acquire_frame(laser_on=True).counts, RAW)


def test_a_frame_that_got_lost_is_not_replaced_by_another(make_bench: MakeBench) -> None:
    bench = make_bench(Fault(FaultKind.LOST, Opcode.ACQUIRE_FRAME, nth=0))
    with connect(bench) as analyzer:
        with pytest.raises(LinkTimeout):
            analyzer.acquire_frame(laser_on=True)
        assert not bench.simulated.laser_is_on
        assert np.array_equal(analyzer.acquire_frame(laser_on=False).counts, DARK)


def test_a_doubled_reply_is_taken_once(make_bench: MakeBench) -> None:
    doubled = Fault(FaultKind.DUPLICATED, times=40)
    with connect(make_bench(doubled)) as analyzer:
        frames = [analyzer.acquire_frame(laser_on=lit) for lit in (False, True, False)]
        assert analyzer.state().laser_state is LaserState.OFF
    sequence = [frame.frame_seq for frame in frames]
    assert sequence == [sequence[0], sequence[0] + 1, sequence[0] + 2]


def test_a_setting_whose_acknowledgement_was_lost_does_not_stop_measuring(
    make_bench: MakeBench,
) -> None:
    lost = Fault(FaultKind.LOST, Opcode.SET_INTEGRATION_TIME)
    with connect(make_bench(lost)) as analyzer:
        with pytest.raises(LinkTimeout):
            analyzer.set_integration_time_ms(40.0)
        frame = analyzer.acquire_frame(laser_on=False)
        assert frame.exposure_us == 1000 * analyzer.integration_time_ms == 40_000


def test_a_frame_of_a_restarted_analyzer_is_never_returned(make_bench: MakeBench) -> None:
    bench = make_bench()
    with connect(bench) as analyzer:
        analyzer.set_integration_time_ms(40.0)
        bench.touch(bench.simulated.reboot)
        with pytest.raises((RamixError,)) as caught:
            analyzer.acquire_frame(laser_on=False)
    assert caught.value.code in {"stale_frame", "link_closed", "timeout", "link"}


def test_some_loss_everywhere_costs_calls_but_never_a_wrong_frame(make_bench: MakeBench) -> None:
    faults = [Fault(FaultKind.LOST, nth=n) for n in (9, 17)] + [Fault(FaultKind.DAMAGED, nth=13)]
    frames = []
    with connect(make_bench(*faults), timeout_s=0.25) as analyzer:
        for number in range(8):
            try:
                frames.append((number, analyzer.acquire_frame(laser_on=bool(number % 2))))
            except LinkTimeout:
                continue
    assert 4 <= len(frames) < 8
    for number, frame in frames:
        assert np.array_equal(frame.counts, RAW if number % 2 else DARK)


# ---- the laser ----


def test_the_lease_is_renewed_through_an_exposure_longer_than_it(make_bench: MakeBench) -> None:
    bench = make_bench()
    with connect(bench) as analyzer:
        analyzer.set_integration_time_ms(1100.0)
        frame = analyzer.acquire_frame(laser_on=True)
    (pulse,) = bench.pulses()
    assert pulse.cause is DarkCause.EXPOSURE_DONE and pulse.off_s is not None
    assert pulse.off_s - pulse.on_s == pytest.approx(1.1, abs=0.2)
    assert frame.laser_state is LaserState.ON


def test_a_host_that_stops_renewing_is_left_in_the_dark(make_bench: MakeBench) -> None:
    bench = make_bench()
    analyzer = connect(bench)
    with analyzer:
        analyzer.set_integration_time_ms(1500.0)
        talk = analyzer._talk
        analyzer.call(ArmLaser(500))
        frame_id = talk.start(AcquireFrame(laser_on=True), talk.deadline(1.0))
        bench.let_time_pass(0.8)  # the loop hangs: nobody renews
        assert not bench.simulated.laser_is_on
        talk.drop(frame_id)
    (pulse,) = bench.pulses()
    assert pulse.cause is DarkCause.LEASE and pulse.off_s is not None
    assert pulse.off_s - pulse.on_s <= 0.51


def test_two_lost_renewals_do_not_interrupt_the_light(make_bench: MakeBench) -> None:
    bench = make_bench(Fault(FaultKind.LOST, Opcode.RENEW_LEASE, nth=0, times=2))
    with connect(bench) as analyzer:
        analyzer.set_integration_time_ms(700.0)
        analyzer.acquire_frame(laser_on=True)
    assert [pulse.cause for pulse in bench.pulses()] == [DarkCause.EXPOSURE_DONE]


@pytest.mark.parametrize("exposure_ms", [60.0, 700.0])  # shorter than a renewal, and longer
def test_opening_the_interlock_ends_light_and_measurement(
    make_bench: MakeBench, exposure_ms: float
) -> None:
    bench = make_bench()
    link = ActingTransport(bench.connect())
    with Analyzer(link, timeout_s=TIMEOUT_S) as analyzer:
        analyzer.set_integration_time_ms(exposure_ms)
        link.before_read(3, lambda: bench.touch(lambda: bench.simulated.interlock(open=True)))
        with pytest.raises(LaserDropped, match="interlock is open") as caught:
            analyzer.acquire_frame(laser_on=True)
        assert caught.value.code == "laser_dropped"
        assert np.array_equal(
            analyzer.acquire_frame(laser_on=False).counts, _scaled(DARK, exposure_ms)
        )
    assert [pulse.cause for pulse in bench.pulses()] == [DarkCause.INTERLOCK]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_whatever_interrupts_an_exposure_the_laser_goes_off(
    make_bench: MakeBench, error: type[BaseException]
) -> None:
    bench = make_bench()
    link = ActingTransport(bench.connect())

    def interrupt() -> None:
        assert bench.simulated.laser_is_on
        raise error

    with pytest.raises(error), Analyzer(link, timeout_s=TIMEOUT_S) as analyzer:
        analyzer.set_integration_time_ms(2000.0)
        link.before_read(4, interrupt)
        analyzer.acquire_frame(laser_on=True)
    (pulse,) = bench.pulses()
    assert pulse.cause is DarkCause.HOST and pulse.off_s is not None
    assert pulse.off_s - pulse.on_s < 0.5
    with connect(bench) as analyzer:  # and the next user finds an analyzer that works
        assert not analyzer.state().frame_pending


def test_an_armed_laser_is_disarmed_on_leaving_with_an_error(make_bench: MakeBench) -> None:
    bench = make_bench()
    with pytest.raises(ZeroDivisionError), connect(bench) as analyzer:
        analyzer.call(ArmLaser(500))
        assert bench.simulated.laser_state is LaserState.ARMED
        raise ZeroDivisionError
    assert bench.simulated.laser_state is LaserState.OFF


# ---- cables ----


def test_unplugging_in_mid_frame_is_noticed_and_dark(make_bench: MakeBench) -> None:
    bench = make_bench(Fault(FaultKind.UNPLUG, Opcode.RENEW_LEASE))
    with pytest.raises(LinkClosed) as caught, connect(bench) as analyzer:
        analyzer.set_integration_time_ms(1500.0)
        analyzer.acquire_frame(laser_on=True)
    assert any("LASER_OFF" in note for note in caught.value.__notes__)
    (pulse,) = bench.pulses()
    assert pulse.cause is DarkCause.LINK
    bench.replug()
    with connect(bench) as analyzer:
        analyzer.set_integration_time_ms(20.0)
        assert np.array_equal(analyzer.acquire_frame(laser_on=True).counts, RAW)


def test_leaving_without_a_link_hides_no_error(make_bench: MakeBench) -> None:
    bench = make_bench()
    with pytest.raises(ZeroDivisionError), connect(bench):
        bench.unplug()
        raise ZeroDivisionError


def test_an_analyzer_left_in_mid_frame_reopens(make_bench: MakeBench) -> None:
    """A host crashes: laser on, frame pending, a request half sent, nothing closed politely."""
    bench = make_bench()
    crashed = bench.connect()
    dying = Analyzer(crashed, timeout_s=TIMEOUT_S)
    dying._open()
    dying.set_integration_time_ms(400.0)
    dying.call(ArmLaser(500))
    talk = dying._talk
    talk.start(AcquireFrame(laser_on=True), talk.deadline(1.0))
    _, half = talk.session.request(SlotWrite(1, 0, bytes(4000)))
    crashed.write(half[:100], 1.0)
    bench.abandon(crashed)
    with connect(bench, timeout_s=2.0) as analyzer:
        assert analyzer.info == bench.simulated.info
        assert not bench.simulated.laser_is_on
        analyzer.set_integration_time_ms(20.0)
        assert np.array_equal(analyzer.acquire_frame(laser_on=False).counts, DARK)
    assert len(bench.pulses()) == 1


def test_a_reply_meant_for_the_crashed_host_is_not_ours(make_bench: MakeBench) -> None:
    late = Fault(FaultKind.LATE, Opcode.ACQUIRE_FRAME, nth=0, delay_s=0.3)
    bench = make_bench(late)
    crashed = bench.connect()
    dying = Analyzer(crashed, timeout_s=TIMEOUT_S)
    dying._open()
    dying._talk.start(AcquireFrame(laser_on=False), dying._talk.deadline(1.0))
    bench.let_time_pass(0.1)  # exposed, and under way
    bench.abandon(crashed)
    with connect(bench) as analyzer:
        analyzer.set_integration_time_ms(500.0)
        frame = analyzer.acquire_frame(laser_on=False)
        assert frame.exposure_us == 500_000


# ---- model slots ----


def test_a_model_goes_in_is_tried_confirmed_and_read_back(make_bench: MakeBench) -> None:
    with connect(make_bench()) as analyzer:
        assert analyzer.active_slot() is None
        offsets = list(analyzer.upload(1, IMAGE, security_counter=3))
        assert offsets[0] == 0 and offsets[-1] == len(IMAGE) and sorted(offsets) == offsets
        assert analyzer.verify(1).state is SlotState.VERIFIED
        assert analyzer.trial(1).active
        assert analyzer.confirm(1).state is SlotState.CONFIRMED
        assert analyzer.active_slot() == 1
        info = analyzer.slot_info(1)
        assert (info.size, info.sha256) == (len(IMAGE), hashlib.sha256(IMAGE).digest())
        assert b"".join(analyzer.read_slot(1)) == IMAGE


def test_an_upload_goes_on_where_the_last_one_broke_off(make_bench: MakeBench) -> None:
    bench = make_bench()
    with connect(bench) as analyzer:
        for offset in analyzer.upload(0, IMAGE, 1):
            if offset > len(IMAGE) // 2:
                break
    with connect(bench) as analyzer:
        offsets = list(analyzer.upload(0, IMAGE, 1))
        assert offsets[0] > len(IMAGE) // 2 and offsets[-1] == len(IMAGE)
        assert analyzer.verify(0).state is SlotState.VERIFIED


@pytest.mark.parametrize("kind", [FaultKind.LOST, FaultKind.DUPLICATED], ids=lambda k: k.value)
def test_lost_and_doubled_acknowledgements_do_not_break_an_upload(
    make_bench: MakeBench, kind: FaultKind
) -> None:
    with connect(make_bench(Fault(kind, Opcode.SLOT_WRITE, nth=2))) as analyzer:
        assert list(analyzer.upload(0, IMAGE, 1))[-1] == len(IMAGE)
        assert analyzer.verify(0).state is SlotState.VERIFIED


def test_revert_returns_to_the_confirmed_model_and_activate_chooses(make_bench: MakeBench) -> None:
    older, newer = IMAGE[:5000], IMAGE[:6000]
    with connect(make_bench()) as analyzer:
        for slot, image in ((0, older), (1, newer)):
            list(analyzer.upload(slot, image, 1))
            analyzer.verify(slot)
            analyzer.trial(slot)
            if slot == 0:
                analyzer.confirm(0)
        assert analyzer.active_slot() == 1
        analyzer.revert(1)
        assert analyzer.active_slot() == 0
        analyzer.trial(1)
        analyzer.confirm(1)
        assert analyzer.activate(0).active
        assert analyzer.revert(1).state is SlotState.EMPTY
        with pytest.raises(InstrumentError) as caught:
            list(analyzer.read_slot(7))
        assert caught.value.status == Status.OUT_OF_RANGE


def _scaled(counts: Floats, exposure_ms: float) -> Floats:
    return np.asarray(np.rint(counts * exposure_ms / SCENE.integration_time_ms))
