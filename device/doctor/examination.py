"""Runs every check; one that fails by an error of ours is a fault with that error's words.

Next: `../cli/doctor.py`, which shows the findings.
"""

from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from typing import Final

from device.doctor import access, analyzer, model, state, trust
from device.doctor.finding import Check, Finding, fault, ok
from device.driver.analyzer import Analyzer
from device.plain_file import why_not
from firmware_bridge.errors import LinkError, RamixError

MACHINE_CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("drivers", access.drivers),
    ("udev rule", access.udev_rule),
    ("serial group", access.serial_group),
    ("ports", access.nodes),
    ("runtime", model.runtime),
    ("kernel", model.kernel),
    ("trust", trust.trust),
    ("model", model.model),
    ("link key", trust.link_key),
    ("records", state.records),
    ("self-test", state.self_tests),
    ("field library", state.field_library),
    ("file modes", state.file_modes),
    ("disk", state.disk),
    ("clock", state.clock),
)


def examine_machine() -> Generator[Finding, None, None]:
    """The findings about this computer, in the order of the checks."""
    for name, check in MACHINE_CHECKS:
        yield from _guarded(name, check)


def examine_analyzer(
    opened: Callable[[], Analyzer], *, set_clock: bool = False, acknowledge: bool = False
) -> Generator[Finding, None, None]:
    """The findings about the analyzer that `opened` gives; ends where its link fails.

    `acknowledge`: the events that were listed are cleared in the end, and no later ones.
    """
    try:
        with opened() as instrument:
            if set_clock:
                instrument.set_clock_utc(datetime.now(UTC))
            newest = instrument.events().newest_number if acknowledge else 0
            for name, check in analyzer.CHECKS:
                try:
                    yield from check(instrument)
                except LinkError:
                    raise
                except RamixError as error:
                    yield fault(name, error.text, error.remedy)
            if newest:
                instrument.clear_events(newest)
                yield ok("events", f"The events up to number {newest} are acknowledged.")
    except RamixError as error:
        yield fault("analyzer", error.text, error.remedy)


def _guarded(name: str, check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except RamixError as error:
        yield fault(name, error.text, error.remedy)
    except OSError as error:
        yield fault(
            name,
            f"{error.filename or name} could not be looked at: {why_not(error)}.",
            "Run this command as the user who owns it.",
        )
