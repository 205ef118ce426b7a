"""Planned faults strike where the plan says, do what their kind says, and repeat exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import CallerError
from firmware_bridge.simulator.faults import Delivery, Fault, FaultInjector, FaultKind, FaultPlan

REPLY = bytes(range(40))
FRAME, STATE = 0x20, 0x10


def intact(data: bytes = REPLY) -> tuple[Delivery, ...]:
    return (Delivery(data),)


def test_without_a_plan_every_reply_passes() -> None:
    injector = FaultInjector(FaultPlan.none())
    assert all(injector.pass_on(FRAME, REPLY).deliveries == intact() for _ in range(50))


def test_a_fault_strikes_the_nth_reply_of_its_opcode_only() -> None:
    injector = FaultInjector(FaultPlan.of(Fault(FaultKind.LOST, opcode=FRAME, nth=1)))
    seen = [injector.pass_on(code, REPLY).deliveries for code in (FRAME, STATE, FRAME, FRAME)]
    assert seen == [intact(), intact(), (), intact()]


def test_a_fault_without_opcode_counts_all_replies() -> None:
    injector = FaultInjector(FaultPlan.of(Fault(FaultKind.LOST, nth=2, times=2)))
    seen = [injector.pass_on(code, REPLY).deliveries for code in (FRAME, STATE, FRAME, STATE, 1)]
    assert seen == [intact(), intact(), (), (), intact()]


def test_a_late_reply_is_whole_and_delayed() -> None:
    injector = FaultInjector(FaultPlan.of(Fault(FaultKind.LATE, opcode=FRAME, delay_s=2.0)))
    assert injector.pass_on(FRAME, REPLY).deliveries == (Delivery(REPLY, 2.0),)


def test_a_duplicated_reply_comes_twice() -> None:
    injector = FaultInjector(FaultPlan.of(Fault(FaultKind.DUPLICATED)))
    assert injector.pass_on(FRAME, REPLY).deliveries == intact() * 2


@given(seed=st.integers(0, 10_000), reply=st.binary(min_size=1, max_size=100))
def test_a_damaged_reply_has_its_length_and_other_bits(seed: int, reply: bytes) -> None:
    injector = FaultInjector(FaultPlan.of(Fault(FaultKind.DAMAGED), seed=seed))
    (delivery,) = injector.pass_on(FRAME, reply).deliveries
    assert len(delivery.data) == len(reply)
    assert delivery.data != reply


@given(seed=st.integers(0, 10_000))
def test_a_short_reply_is_a_true_beginning(seed: int) -> None:
    injector = FaultInjector(FaultPlan.of(Fault(FaultKind.SHORT), seed=seed))
    (delivery,) = injector.pass_on(FRAME, REPLY).deliveries
    assert len(delivery.data) < len(REPLY)
    assert REPLY.startswith(delivery.data)


@pytest.mark.parametrize("kind", [FaultKind.STALL, FaultKind.UNPLUG, FaultKind.REBOOT])
def test_events_of_the_link_replace_the_reply(kind: FaultKind) -> None:
    outcome = FaultInjector(FaultPlan.of(Fault(kind))).pass_on(FRAME, REPLY)
    assert outcome.deliveries == ()
    assert outcome.link_event is kind


def test_rates_are_drawn_from_the_seed_and_repeat() -> None:
    def run(seed: int) -> list[tuple[Delivery, ...]]:
        rates = ((FaultKind.LOST, 0.2), (FaultKind.LATE, 0.2), (FaultKind.DAMAGED, 0.2))
        injector = FaultInjector(FaultPlan(rates=rates, seed=seed))
        return [injector.pass_on(FRAME, REPLY).deliveries for _ in range(200)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    lost = sum(not deliveries for deliveries in run(1))
    assert 20 < lost < 60  # 40 expected


@pytest.mark.parametrize(
    "build",
    [
        lambda: Fault(FaultKind.LOST, nth=-1),
        lambda: Fault(FaultKind.LOST, times=0),
        lambda: Fault(FaultKind.LATE),
        lambda: Fault(FaultKind.LATE, delay_s=float("nan")),
        lambda: FaultPlan(rates=((FaultKind.LOST, 1.5),)),
    ],
)
def test_an_impossible_plan_is_refused(build: object) -> None:
    assert callable(build)
    with pytest.raises(CallerError):
        build()
