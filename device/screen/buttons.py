"""What each button does, and who may press it: light is armed on this machine alone.

A press of the analyzer's own trigger needs none of this. Next: `arming.py`, `desk.py`.
"""

from concurrent.futures import Future
from typing import Any

from device.screen.checkup import SELF_TESTS
from device.screen.desk import Desk
from device.screen.phases import Command, Dismissed, may
from device.screen.refusals import NotArmed, NotNow
from device.station.station import Station
from firmware_bridge.errors import CallerError


def press(desk: Desk, command: Command, *, at_device: bool) -> "Future[Any] | None":
    """Do it, or have it done; the outcome is of those that the page waits for.

    Args:
        at_device: it was pressed on this machine.

    Raises:
        NotNow: it makes no sense in this state.
        NotArmed: light is asked for, from elsewhere or without arming.
        NobodySignedIn: there are operators, and none has signed in.
    """
    _require(desk, command)
    match command:
        case Command.CANCEL:
            desk.cancel()
        case Command.RETRY:
            desk.retry()
        case Command.CONTINUE:
            desk.checkup.go_on(at_device=at_device)
        case Command.ARM:
            if not at_device:
                raise NotArmed("Light is armed at the analyzer alone, not from elsewhere.")
            desk.seat.require_operator()
            desk.arming.arm()
            desk.pin()
        case Command.MEASURE:
            desk.seat.require_operator()
            if not desk.arming.use():
                raise NotArmed("The laser is not armed.")
            desk.post(desk.measure)
        case Command.DISMISS:
            return desk.post(lambda _station: desk.show(Dismissed()))
        case Command.CHECK:
            check(desk, "", at_device=at_device)
        case Command.CALIBRATE:
            raise CallerError("A calibration says what it measures.")
    return None


def check(desk: Desk, standard: str, *, at_device: bool) -> None:
    """Begin the self-test, with a standard that the operator places or without light.

    Raises:
        as `press`; CallerError for a standard that is none.
    """
    _require(desk, Command.CHECK)
    if standard not in SELF_TESTS:
        raise CallerError(f"A self-test takes {', '.join(SELF_TESTS[1:])} or nothing.")
    if standard and not at_device:
        raise NotArmed("A standard is placed at the analyzer alone, not from elsewhere.")
    desk.post(lambda station: desk.checkup.check(station, standard))


def calibrate(desk: Desk, steps: tuple[str, ...], *, at_device: bool) -> None:
    """Begin the wizard of those steps.

    Raises:
        as `press`; CallerError for steps that are none.
    """
    _require(desk, Command.CALIBRATE)
    if not at_device:
        raise NotArmed("A calibration is begun at the analyzer alone, not from elsewhere.")
    desk.seat.require_operator()
    plan = desk.checkup.plan_of(steps)
    desk.post(lambda station: desk.checkup.calibrate(station, plan))


def verify(desk: Desk, names: tuple[str, ...], file: bytes, *, at_device: bool) -> "Future[Any]":
    """Test deliveries from now on; `file` holds a locked method, else `names` say the material.

    Raises:
        NotArmed: not at the analyzer, where the next press of the trigger is one of these tests.
        NobodySignedIn, NotNow: as `press`.
    """
    if not at_device:
        raise NotArmed("Deliveries are verified at the analyzer alone, not from elsewhere.")
    desk.seat.require_operator()

    def begin(station: Station) -> None:
        desk.seat.deliveries.begin(names, file, station.identifier)
        _told_of_deliveries(desk)

    return desk.post(begin)


def end_verifying(desk: Desk, *, at_device: bool) -> "Future[Any]":
    """Identify again. Raises as `verify`."""
    if not at_device:
        raise NotArmed("Deliveries are verified at the analyzer alone, not from elsewhere.")
    desk.seat.require_operator()

    def end(_station: Station) -> None:
        if desk.seat.deliveries.end():
            _told_of_deliveries(desk)
            desk.show(Dismissed())  # a card of the last delivery is none of what comes

    return desk.post(end)


def _told_of_deliveries(desk: Desk) -> None:
    desk.journal.note("settings", {"verifying": desk.seat.deliveries.to_json()})
    desk.pin()


def _require(desk: Desk, command: Command) -> None:
    if not may(desk.view, command):
        raise NotNow(f"This cannot be done now: the screen says {desk.view.phase}.")
