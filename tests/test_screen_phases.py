"""The screen's state machine, by enumeration: every state with every event and every command."""

from itertools import product

import numpy as np
import pytest

from device.events import (
    Answered,
    Cancelled,
    Certainty,
    Connecting,
    Cooling,
    Countdown,
    Failed,
    FrameTaken,
    LaserOn,
    LinkLost,
    OtherAnalyzer,
    Ready,
    Reconnected,
    Reconnecting,
    SelfTestDue,
    SpectrumSoFar,
    Step,
    Waiting,
)
from device.screen.phases import (
    ALLOWED,
    LIT,
    Asked,
    CheckBegun,
    Checked,
    Command,
    Dismissed,
    GoneOn,
    NotFit,
    Phase,
    ScreenEvent,
    View,
    after,
    is_idle,
    may,
)
from device.screen.view_json import view_json
from device.spectra.spectrum import Spectrum
from firmware_bridge.errors import LinkClosed, LinkError

ERROR = LinkError("It is gone.")
SPECTRUM = Spectrum(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
EVENTS: list[ScreenEvent] = [
    Answered("IDENTIFIED", "1"), Asked("neon", lit=False), Asked("calcite", lit=True), Cancelled(),
    Certainty(1, 3, 2.0, 1.1), CheckBegun(), Checked(), Connecting("usb:"),
    Cooling(-5.0, -20.0, 9.0), Countdown(2.0),
    Dismissed(), Failed(ERROR), FrameTaken(1, 4, lit=True), GoneOn(), LaserOn(70, 20.0),
    LinkLost(ERROR), SelfTestDue("It is due."), NotFit(ERROR), OtherAnalyzer("B", "A"), Ready(),
    Reconnected("A", False),
    Reconnecting(2, LinkClosed("Unplugged.")), SpectrumSoFar(SPECTRUM), Step("identifying"),
    Waiting(),
]  # fmt: skip
LIGHTS = (LaserOn, FrameTaken, SpectrumSoFar, Certainty)
EVERY = list(product(Phase, EVENTS))


def test_every_event_has_its_place_here() -> None:
    from typing import get_args

    assert {type(event) for event in EVENTS} == set(get_args(ScreenEvent))


@pytest.mark.parametrize(("phase", "event"), EVERY)
def test_a_state_is_left_for_a_state_that_can_be_shown(phase: Phase, event: ScreenEvent) -> None:
    then = after(View(phase, failure=ERROR), event)
    assert then.phase in Phase
    told = view_json(then)
    assert told["may"] == [str(one) for one in Command if one in ALLOWED[then.phase]]
    assert (then.phase in (Phase.NOT_FIT, Phase.FAILED)) <= (told["failure"] is not None)


@pytest.mark.parametrize(("phase", "event"), EVERY)
def test_light_is_told_from_its_first_event_to_the_end_of_the_measurement(
    phase: Phase, event: ScreenEvent
) -> None:
    before = View(phase, asked_lit=True)
    then = after(before, event)
    if isinstance(event, LIGHTS):
        assert then.laser
    elif isinstance(event, SelfTestDue | Step | Waiting):
        assert then == before
    elif not isinstance(event, GoneOn):
        assert not then.laser


@pytest.mark.parametrize("phase", Phase)
def test_what_may_shine_can_be_cancelled_and_nothing_else_be_begun(phase: Phase) -> None:
    view = View(phase, asked_lit=True)
    if view.laser or phase in (Phase.COOLING, Phase.COUNTDOWN, Phase.ASKING):
        assert may(view, Command.CANCEL)
        assert not any(may(view, one) for one in (Command.ARM, Command.MEASURE, Command.CHECK))
        assert not is_idle(view)
    else:
        assert not may(view, Command.CANCEL)


@pytest.mark.parametrize("phase", Phase)
def test_light_is_begun_where_the_trigger_is_answered_and_nowhere_else(phase: Phase) -> None:
    view = View(phase)
    assert is_idle(view) == may(view, Command.MEASURE) == may(view, Command.ARM)


@pytest.mark.parametrize("phase", Phase)
def test_a_lost_link_is_told_from_everywhere(phase: Phase) -> None:
    lost = after(View(phase), LinkLost(ERROR))
    assert lost.phase is Phase.RECONNECTING and lost.failure is ERROR
    again = after(lost, Reconnecting(3))
    assert again.failure is ERROR and again.attempt == 3
    assert after(again, OtherAnalyzer("B", "A")).stranger == "B"
    assert after(again, Reconnected("A", True)).notice == "back_other_model"


def test_cancelled_says_whether_there_was_light() -> None:
    assert after(View(Phase.COUNTDOWN), Cancelled()).notice == "cancelled"
    for phase in LIT:
        assert after(View(phase), Cancelled()).notice == "stopped"


def test_a_measurement_from_press_to_card() -> None:
    view = View(Phase.READY)
    seen = []
    for event in (
        Countdown(2.0), Countdown(1.0), LaserOn(7, 20.0), LaserOn(70, 20.0),
        FrameTaken(1, 4, lit=False), SpectrumSoFar(SPECTRUM), Certainty(1, 3, 0.5, 1.0),
        FrameTaken(2, 4, lit=True), Answered("PARTIAL", "7"),
    ):  # fmt: skip
        view = after(view, event)
        seen.append((view.phase, view_json(view)["certain"]))
    assert [phase for phase, _ in seen] == [
        *[Phase.COUNTDOWN] * 2, *[Phase.LASER_ON] * 3, *[Phase.MEASURING] * 3, Phase.RESULT,
    ]  # fmt: skip
    assert [certain for _, certain in seen] == [*[None] * 6, 0.5, 0.5, None]
    assert view.record_id == "7" and view.verdict == "PARTIAL"
