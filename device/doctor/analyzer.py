"""What an open analyzer says of itself: calibration, camera, events, battery, cooler, trigger.

Nothing is measured and no light is made. Next: `examination.py`, which runs all checks.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from device.doctor.finding import Finding, fault, ok, warning
from device.driver.analyzer import Analyzer
from device.driver.condition import event_text
from device.inference.model_source import slot_name
from device.selftest.bounds import HOT_C
from firmware_bridge.errors import CalibrationMismatch
from firmware_bridge.messages import (
    BatteryState,
    CameraFigures,
    Event,
    EventKind,
    LaserState,
    RestartCause,
    Temperatures,
)

AnalyzerCheck = Callable[[Analyzer], Iterator[Finding]]

LOW_BATTERY_PERCENT: Final = 15
LARGEST_CLOCK_ERROR: Final = timedelta(minutes=1)
ACKNOWLEDGE: Final = "When the cause is known: ramix doctor --port PORT --acknowledge"
_NORMAL_RESTARTS: Final = (RestartCause.POWER_ON, RestartCause.SOFTWARE)


def introduction(analyzer: Analyzer) -> Iterator[Finding]:
    """Who it is; another protocol version than ours does not get here."""
    info = analyzer.info
    yield ok(
        "analyzer",
        f"{info.product} {info.serial} answers; firmware {info.firmware_version}, "
        f"protocol {info.protocol_version}.",
    )


def calibration(analyzer: Analyzer) -> Iterator[Finding]:
    """The calibration page, and that it is of this detector."""
    page = analyzer.calibration()
    pixels = analyzer.capabilities.pixel_count
    if page.pixel_count != pixels:
        yield fault(
            "calibration",
            f"The calibration page is of {page.pixel_count} pixels, the detector has {pixels}.",
            CalibrationMismatch.default_remedy,
        )
        return
    axis = page.wavenumber_cm1()[page.valid_range]
    yield ok(
        "calibration",
        f"The calibration page is valid: {axis[0]:.0f} to {axis[-1]:.0f} cm-1, laser "
        f"{page.excitation_nm:.2f} nm.",
    )


def camera(analyzer: Analyzer) -> Iterator[Finding]:
    """Whether the camera's figures are told."""
    known = analyzer.camera_figures.known
    missing = [
        str(figure.name).replace("_", " ").lower()
        for figure in CameraFigures
        if figure and not known & figure
    ]
    lacking = f", but not {', '.join(missing)}" if missing else ""
    if analyzer.camera is None or analyzer.saturated_counts is None:
        yield warning(
            "camera",
            f"The firmware does not tell of its camera: {', '.join(missing)}.",
            "Noise and saturation are taken from the frames instead; ask its maker for a firmware "
            "that tells them.",
        )
    else:
        yield ok("camera", f"The firmware tells the camera's figures{lacking}.")


def events(analyzer: Analyzer) -> Iterator[Finding]:
    """What happened and was not acknowledged; looking clears nothing."""
    told = analyzer.events()
    for event in told.events:
        yield _finding_of(event)
    lost = told.newest_number - told.cleared_number - len(told.events)
    if lost > 0:
        yield warning("events", f"{lost} more happened while the log was full.", ACKNOWLEDGE)
    elif not told.events:
        yield ok("events", "No event waits to be seen.")


def laser(analyzer: Analyzer) -> Iterator[Finding]:
    """Whether it could be armed."""
    state = analyzer.state()
    if state.laser_state is LaserState.FAULT:
        yield fault("laser", "The laser is locked after a fault.", ACKNOWLEDGE)
    elif analyzer.capabilities.has_interlock and not state.interlock_closed:
        yield warning("laser", "The interlock is open.", "Close the sample cover.")
    else:
        yield ok("laser", "The laser is off and can be armed.")


def battery(analyzer: Analyzer) -> Iterator[Finding]:
    """Charge of the battery."""
    power = analyzer.power()
    if power.battery is BatteryState.NONE:
        yield ok("battery", "There is no battery: the cable feeds the analyzer.")
        return
    told = f"The battery is at {power.battery_percent}%, {power.battery.name.lower()}"
    low = power.battery_percent <= LOW_BATTERY_PERCENT
    if low and power.battery is BatteryState.DISCHARGING:
        yield warning("battery", f"{told}.", "Charge it.")
    else:
        yield ok("battery", f"{told}.")


def temperatures(analyzer: Analyzer) -> Iterator[Finding]:
    """Laser, board and battery, where they are measured."""
    power = analyzer.power()
    measured_c = {
        Temperatures.LASER: power.laser_temperature_c,
        Temperatures.BOARD: power.board_temperature_c,
        Temperatures.BATTERY: power.battery_temperature_c,
    }
    known = {which: value for which, value in measured_c.items() if power.known & which}
    told = ", ".join(f"{str(which.name).lower()} {value:.0f} C" for which, value in known.items())
    if not known:
        yield ok("temperatures", "The analyzer measures no temperature beside the detector's.")
    elif any(value > HOT_C[which] for which, value in known.items()):
        yield warning("temperatures", f"The analyzer is hot: {told}.", "Let it cool down.")
    else:
        yield ok("temperatures", f"Temperatures: {told}.")


def cooler(analyzer: Analyzer) -> Iterator[Finding]:
    """The detector's cooler, and whether it holds its setpoint."""
    limits, state = analyzer.capabilities, analyzer.state()
    told = f", the detector is at {state.detector_temperature_c:.1f} C"
    told = told if limits.has_thermometer else ""
    if not limits.has_tec:
        yield ok("cooler", f"There is no detector cooler{told}.")
    elif state.tec_locked:
        yield ok("cooler", f"The detector cooler holds its setpoint{told}.")
    else:
        yield warning(
            "cooler",
            f"The detector cooler does not hold its setpoint{told}.",
            "Wait a minute; it may be switched off or the surroundings too warm.",
        )


def trigger(analyzer: Analyzer) -> Iterator[Finding]:
    """Whether `ramix run` can be used."""
    if analyzer.capabilities.has_trigger:
        yield ok("trigger", "The analyzer has a trigger.")
    else:
        yield warning(
            "trigger",
            "The analyzer has no trigger: `ramix run` cannot be used.",
            "Measure with `ramix identify --port PORT`.",
        )


def clock(analyzer: Analyzer, now: datetime | None = None) -> Iterator[Finding]:
    """The analyzer's clock against this computer's."""
    check, remedy = "analyzer clock", "Set it: ramix doctor --port PORT --set-clock"
    told = analyzer.clock_utc()
    if told is None:
        yield warning(check, "The analyzer's clock is not set: its events carry no date.", remedy)
        return
    error_s = (told - (now or datetime.now(UTC))).total_seconds()
    if abs(error_s) > LARGEST_CLOCK_ERROR.total_seconds():
        way = "ahead of" if error_s > 0 else "behind"
        yield warning(
            check, f"The analyzer's clock is {abs(error_s):.0f} s {way} this computer's.", remedy
        )
    else:
        yield ok(check, "The analyzer's clock is within a minute of this computer's.")


def own_model(analyzer: Analyzer) -> Iterator[Finding]:
    """Whether a model is in the analyzer."""
    slot = analyzer.active_slot()
    if slot is None:
        yield warning(
            "analyzer model",
            "The analyzer holds no model: this computer's answers.",
            "Write one: ramix-flash",
        )
    else:
        yield ok("analyzer model", f"Slot {slot_name(slot)} holds the model that answers.")


def _finding_of(event: Event) -> Finding:
    text = f"{event_text(event).removesuffix('.')} (event {event.number}{_date_of(event)})."
    if event.kind == EventKind.RESTARTED and event.detail in _NORMAL_RESTARTS:
        return ok("events", text)
    level = fault if event.kind == EventKind.LASER_FAULT else warning
    return level("events", text, ACKNOWLEDGE)


def _date_of(event: Event) -> str:
    """ ", DATE", or "" where the clock was not set or says what no calendar has."""
    try:
        date = datetime.fromtimestamp(event.utc_ms / 1e3, UTC) if event.utc_ms else None
    except (OverflowError, OSError, ValueError):
        return ""
    return f", {date:%Y-%m-%d %H:%M} UTC" if date else ""


CHECKS: Final[tuple[tuple[str, AnalyzerCheck], ...]] = (
    ("analyzer", introduction),
    ("calibration", calibration),
    ("camera", camera),
    ("events", events),
    ("laser", laser),
    ("battery", battery),
    ("temperatures", temperatures),
    ("cooler", cooler),
    ("trigger", trigger),
    ("analyzer clock", clock),
    ("analyzer model", own_model),
)
