"""What the screen says now: one state, and what each event makes of it. Pure; no clock, no thread.

The laser is told to be on from the first event that may light it until the measurement has ended,
dark frames included: nobody must look into the probe between two of them.
Next: `desk.py`, which feeds it; `view_json.py`, which tells it to a page.
"""

from dataclasses import dataclass, replace
from enum import StrEnum, unique
from typing import Final

from device.events import (
    Answered,
    Cancelled,
    Certainty,
    Connecting,
    Cooling,
    Countdown,
    Event,
    Failed,
    FrameTaken,
    LaserOn,
    LinkLost,
    OtherAnalyzer,
    Ready,
    Reconnected,
    Reconnecting,
    SpectrumSoFar,
)
from firmware_bridge.errors import RamixError


@unique
class Phase(StrEnum):
    STARTING = "starting"
    NOT_FIT = "not_fit"  # nothing can be measured, and why
    READY = "ready"
    COOLING = "cooling"  # no light before the detector is at its temperature
    COUNTDOWN = "countdown"
    LASER_ON = "laser_on"  # and no spectrum yet
    MEASURING = "measuring"  # laser on, with a spectrum so far
    RESULT = "result"
    FAILED = "failed"
    RECONNECTING = "reconnecting"
    CHECKING = "checking"  # the self-test runs, without light
    CHECKED = "checked"  # its findings, or those of a calibration
    ASKING = "asking"  # a calibration waits until something lies before the probe
    CALIBRATING = "calibrating"


@unique
class Command(StrEnum):
    """What a person may want; `sign_in` and the like concern no state."""

    ARM = "arm"  # the next MEASURE, for a few seconds
    MEASURE = "measure"
    CANCEL = "cancel"
    DISMISS = "dismiss"
    RETRY = "retry"
    CHECK = "check"
    CALIBRATE = "calibrate"
    CONTINUE = "continue"  # it lies before the probe


# While these hold the laser may be on, or will be within seconds.
LIT: Final = frozenset({Phase.LASER_ON, Phase.MEASURING})
_IDLE: Final = frozenset({Phase.READY, Phase.RESULT, Phase.FAILED, Phase.CHECKED})
_FROM_IDLE: Final = frozenset({Command.ARM, Command.MEASURE, Command.CHECK, Command.CALIBRATE})

ALLOWED: Final[dict[Phase, frozenset[Command]]] = {
    Phase.STARTING: frozenset(),
    Phase.NOT_FIT: frozenset({Command.RETRY}),
    Phase.READY: _FROM_IDLE,
    Phase.COOLING: frozenset({Command.CANCEL}),
    Phase.COUNTDOWN: frozenset({Command.CANCEL}),
    Phase.LASER_ON: frozenset({Command.CANCEL}),
    Phase.MEASURING: frozenset({Command.CANCEL}),
    Phase.RESULT: _FROM_IDLE | {Command.DISMISS},
    Phase.FAILED: _FROM_IDLE | {Command.DISMISS},
    Phase.RECONNECTING: frozenset(),
    Phase.CHECKING: frozenset(),
    Phase.CHECKED: _FROM_IDLE | {Command.DISMISS},
    Phase.ASKING: frozenset({Command.CONTINUE, Command.CANCEL}),
    Phase.CALIBRATING: frozenset({Command.CANCEL}),
}


# What the desk itself adds to a station's events.


@dataclass(frozen=True)
class NotFit:
    """The station could not be opened."""

    error: RamixError


@dataclass(frozen=True)
class Dismissed:
    """Somebody has seen what was shown."""


@dataclass(frozen=True)
class CheckBegun:
    """The self-test runs."""


@dataclass(frozen=True)
class Checked:
    """Self-test or calibration ended; the desk keeps the findings."""


@dataclass(frozen=True)
class Asked:
    """A calibration needs something before the probe: `neon`, `argon`, `polystyrene`, `calcite`."""

    what: str
    lit: bool  # the laser will shine on it


@dataclass(frozen=True)
class GoneOn:
    """It is there; the calibration measures."""


ScreenEvent = Event | NotFit | Dismissed | CheckBegun | Checked | Asked | GoneOn


@dataclass(frozen=True)
class View:
    """What is shown; fields that a phase has no use for keep their defaults.

    notice: the key of a passing remark, such as `cancelled`.
    failure: of NOT_FIT, FAILED and RECONNECTING.
    asked: what a calibration wants before the probe; asked_lit: the laser will shine on it.
    margin: log odds from the nearest cut, None where nothing is decided; wanted: what is
        asked.
    """

    phase: Phase = Phase.STARTING
    notice: str = ""
    failure: RamixError | None = None
    seconds_left: float = 0.0
    detector_c: float | None = None
    laser_power_mw: int = 0
    integration_time_ms: float = 0.0
    pair: int = 0
    pairs: int = 0
    look: int = 0
    looks: int = 0
    margin: float | None = None
    wanted: float = 0.0
    attempt: int = 0
    verdict: str = ""
    record_id: str | None = None
    asked: str = ""
    asked_lit: bool = False
    stranger: str = ""  # the serial number of an analyzer that is not ours

    @property
    def laser(self) -> bool:
        """Whether to warn of light."""
        return self.phase in LIT or (self.phase is Phase.CALIBRATING and self.asked_lit)


def may(view: View, command: Command) -> bool:
    """Whether `command` makes sense now."""
    return command in ALLOWED[view.phase]


def is_idle(view: View) -> bool:
    """Whether a press of the trigger measures."""
    return view.phase in _IDLE


def after(view: View, event: ScreenEvent) -> View:
    """The state that follows; an event that tells nothing leaves it as it is."""
    match event:
        case Connecting():
            return View(Phase.STARTING)
        case NotFit(error):
            return View(Phase.NOT_FIT, failure=error)
        case Ready() | Dismissed():
            return View(Phase.READY)
        case Reconnected(_, changed):
            return View(Phase.READY, notice="back_other_model" if changed else "back")
        case Cooling(at_c, _, left_s):
            return View(Phase.COOLING, seconds_left=left_s, detector_c=at_c)
        case Countdown(left_s):
            return View(Phase.COUNTDOWN, seconds_left=left_s)
        case LaserOn() | FrameTaken() | SpectrumSoFar() | Certainty():
            return _lit(view, event)
        case Cancelled():
            dark = view.phase in (Phase.COOLING, Phase.COUNTDOWN)
            return View(Phase.READY, notice="cancelled" if dark else "stopped")
        case Answered(verdict, record_id):
            return View(Phase.RESULT, verdict=verdict, record_id=record_id)
        case Failed(error):
            return View(Phase.FAILED, failure=error)
        case LinkLost(error):
            return View(Phase.RECONNECTING, failure=error)
        case Reconnecting(attempt, before):
            lost = view.failure if before is None else before
            return View(Phase.RECONNECTING, failure=lost, attempt=attempt, stranger=view.stranger)
        case OtherAnalyzer(found, _):
            return replace(view, phase=Phase.RECONNECTING, stranger=found)
        case CheckBegun():
            return View(Phase.CHECKING)
        case Checked():
            return View(Phase.CHECKED)
        case Asked(what, lit):
            return View(Phase.ASKING, asked=what, asked_lit=lit)
        case GoneOn():
            return View(Phase.CALIBRATING, asked=view.asked, asked_lit=view.asked_lit)
    return view


def _lit(view: View, event: LaserOn | FrameTaken | SpectrumSoFar | Certainty) -> View:
    """During a measurement; what a calibration lights is told by its own phase."""
    if view.phase is Phase.CALIBRATING:
        return view
    if view.phase not in LIT:
        view = View(Phase.LASER_ON)
    match event:
        case LaserOn(power_mw, time_ms):
            return replace(view, laser_power_mw=power_mw, integration_time_ms=time_ms)
        case FrameTaken(pair, pairs, _):
            return replace(view, pair=pair, pairs=pairs)
        case SpectrumSoFar():
            return replace(view, phase=Phase.MEASURING)
        case Certainty(look, looks, margin, asked):
            return replace(view, look=look, looks=looks, margin=margin, wanted=asked)
