"""What a station tells while it works: one frozen dataclass for each thing that happens.

They are facts for whoever shows them, a terminal or a screen; `words` says each in one line.
Next: `station/station.py`, which emits them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware_bridge.errors import RamixError

if TYPE_CHECKING:
    from device.spectra.spectrum import Spectrum


@dataclass(frozen=True)
class Step:
    """A passing remark that has no event of its own."""

    text: str


@dataclass(frozen=True)
class Connecting:
    """A port is being opened."""

    port: str


@dataclass(frozen=True)
class Ready:
    """The next press of the trigger is waited for."""


@dataclass(frozen=True)
class Waiting:
    """Nobody has pressed the trigger for a second: a sign of life, and nothing to show."""


@dataclass(frozen=True)
class Countdown:
    """No light yet: so long until the first, unless the trigger is pressed again."""

    seconds_left: float


@dataclass(frozen=True)
class Cooling:
    """No light yet: the detector is not at its temperature; so long it is waited for at most."""

    temperature_c: float
    setpoint_c: float | None
    seconds_left: float


@dataclass(frozen=True)
class Cancelled:
    """The trigger was pressed again, or somebody stopped it: it is dark, nothing is kept."""


@dataclass(frozen=True)
class LaserOn:
    """From here on lit frames are taken, with this power and exposure."""

    laser_power_mw: int
    integration_time_ms: float


@dataclass(frozen=True)
class FrameTaken:
    """A lit or a dark frame is here; `pairs` of both are planned at most."""

    pair: int  # from 1
    pairs: int
    lit: bool


@dataclass(frozen=True, eq=False)
class SpectrumSoFar:
    """What was measured until this look."""

    spectrum: "Spectrum"


@dataclass(frozen=True)
class Certainty:
    """A look at the spectrum so far: how far the nearest sum is from its cut, in log odds."""

    look: int  # from 1
    looks: int
    margin: float | None  # None: nothing was decided
    asked: float


@dataclass(frozen=True)
class Answered:
    """A measurement has its answer; `record_id` None: it is kept nowhere."""

    verdict: str
    record_id: str | None


@dataclass(frozen=True)
class Failed:
    """A measurement has none, and why."""

    error: RamixError


@dataclass(frozen=True)
class LinkLost:
    """The analyzer is gone; it is waited for."""

    error: RamixError


@dataclass(frozen=True)
class Reconnecting:
    """Another try to open the port, the first being 1; why the one before failed."""

    attempt: int
    before: RamixError | None = None


@dataclass(frozen=True)
class OtherAnalyzer:
    """Something answers at the port, and it is not the analyzer that was lost."""

    found_serial: str
    wanted_serial: str


@dataclass(frozen=True)
class Reconnected:
    """The same analyzer is back, dark, with capabilities and calibration read again."""

    serial: str
    model_changed: bool


@dataclass(frozen=True)
class SelfTestDue:
    """The analyzer's last self-test is old, never was, or failed and is overridden; `remedy` is
    empty where one line is enough."""

    text: str
    remedy: str = ""


Event = (
    SelfTestDue | Step | Connecting | Ready | Waiting | Cooling | Countdown | Cancelled | LaserOn
    | FrameTaken | SpectrumSoFar | Certainty | Answered | Failed | LinkLost | Reconnecting
    | OtherAnalyzer
    | Reconnected
)  # fmt: skip


def words(event: Event) -> str:
    """One line for people."""
    match event:
        case Step(text):
            return text
        case SelfTestDue(text, remedy):
            return f"{text} {remedy}".rstrip()
        case Connecting(port):
            return f"opening {port}"
        case Ready():
            return "ready: press the trigger"
        case Countdown(seconds_left):
            return f"LASER ON in {seconds_left:g} s: press the trigger again to cancel"
        case Cooling(temperature_c, setpoint_c, left_s):
            to = "" if setpoint_c is None else f", to {setpoint_c:g} C"
            return f"cooling the detector, now at {temperature_c:.1f} C{to}: {left_s:.0f} s at most"
        case Cancelled():
            return "cancelled: the laser is off, nothing was kept"
        case Waiting():
            return "waiting for the trigger"
        case LaserOn(power, time_ms):
            return f"LASER ON, {power} mW: frames of {time_ms:.4g} ms"
        case FrameTaken(pair, pairs, lit):
            return f"{'frame' if lit else 'dark frame'} {pair} of {pairs} at most"
        case SpectrumSoFar():
            return "a spectrum to look at"
        case Certainty(look, looks, margin, asked):
            found = "nothing decided" if margin is None else f"log odds {margin:.1f} from a cut"
            return f"look {look} of {looks} at most: {found}, {asked:.1f} asked"
        case Answered(verdict, record_id):
            return f"{verdict} ({'not stored' if record_id is None else record_id})"
        case Failed(error):
            return error.text
        case LinkLost(error):
            return f"{error.text} Waiting for the analyzer to come back."
        case Reconnecting(attempt, before):
            why = "" if before is None else f": {before.text}"
            return f"trying to reach the analyzer again ({attempt}){why}"
        case OtherAnalyzer(found, wanted):
            return (
                f"Analyzer {found} is there instead of {wanted}: it is not used. Plug {wanted} in "
                "again, or start `ramix run` anew."
            )
        case Reconnected(serial, changed):
            new = ", with another model" if changed else ""
            return f"analyzer {serial} is back{new}; the laser is off"
