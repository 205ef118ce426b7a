"""What its last self-tests say about one analyzer: passed, failed, overdue or never made.

A check that failed stays failed until it is made again and holds: a later self-test without a
standard says nothing about lines and lifts nothing (`SelfTestReport.after`).

Next: `fitness.py`, which asks before any light; `trend.py`, the same events over time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from device.answer.answer import SelfTested
from device.selftest.report import KIND, SelfTestReport
from device.strict_json import StrictJsonError
from firmware_bridge.errors import RamixError

# Chosen: once in a day of use. No measurement stands behind it, and no standard that fixes a time.
DEFAULT_INTERVAL_H: Final = 24.0
_MOST_EVENTS: Final = 1000  # of all analyzers that share a store
_LOOKS: Final = (4, 64, _MOST_EVENTS)  # each event costs a millisecond, before each measurement
# A self-test from the future: a clock was set. So much is rounding and two computers' clocks.
_CLOCK_ERROR: Final = timedelta(minutes=5)


class SelfTestState(StrEnum):
    """How an analyzer stands before a measurement."""

    PASSED = "passed"
    FAILED = "failed"
    OVERDUE = "overdue"
    NEVER = "never"


class SelfTestFailed(RamixError):
    """The analyzer's last self-test failed: no light is made with it."""

    code = "self_test_failed"
    default_remedy = (
        "Do what the self-test said and repeat it (ramix selftest --port PORT), or measure with "
        "--despite-self-test, which is recorded."
    )


class StoredEvent(Protocol):
    """An event as the chain of records holds it; `problem` says why it is not to be believed."""

    @property
    def event_id(self) -> str: ...

    @property
    def content(self) -> Mapping[str, Any]: ...

    @property
    def problem(self) -> str: ...


class EventChain(Protocol):
    """What a self-test asks of the chain of records."""

    def append_event(self, kind: str, content: Mapping[str, Any]) -> str:
        """Its id, once it is safe on disk."""

    def events(self, kind: str, limit: int) -> Sequence[StoredEvent]:
        """The newest first."""


@dataclass(frozen=True)
class KeptReport:
    """A self-test and where it is kept."""

    report: SelfTestReport
    record_id: str


@dataclass(frozen=True)
class Standing:
    """`last`: the newest self-test, None: there is none."""

    serial: str
    last: KeptReport | None
    interval: timedelta = timedelta(hours=DEFAULT_INTERVAL_H)

    def state(self, now: datetime) -> SelfTestState:
        if self.last is None:
            return SelfTestState.NEVER
        if not self.last.report.passed:
            return SelfTestState.FAILED
        age = now - self.last.report.utc
        is_due = age > self.interval or age < -_CLOCK_ERROR
        return SelfTestState.OVERDUE if is_due else SelfTestState.PASSED

    def told(self, now: datetime, *, despite: bool = False) -> SelfTested:
        """For the answer and its record."""
        last = self.last
        return SelfTested(
            state=str(self.state(now)),
            utc=None if last is None else last.report.utc.isoformat(timespec="seconds"),
            record_id=None if last is None else last.record_id,
            despite=despite and self.state(now) is SelfTestState.FAILED,
        )

    def words(self, now: datetime) -> str:
        """One sentence."""
        last, state = self.last, self.state(now)
        if last is None:
            return f"Analyzer {self.serial} never had a self-test."
        when = f"{last.report.utc.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if state is SelfTestState.FAILED:
            names = ", ".join(last.report.failing)
            return f"The self-test of analyzer {self.serial} failed: {names} (last one {when})."
        if state is SelfTestState.OVERDUE:
            hours = self.interval.total_seconds() / 3600.0
            return (
                f"The self-test of analyzer {self.serial} is overdue: the last one is of {when}, "
                f"{hours:g} h are the interval."
            )
        return f"The self-test of analyzer {self.serial} passed at {when}."

    def require(self, now: datetime) -> None:
        """Raises `SelfTestFailed` where it failed."""
        if self.state(now) is SelfTestState.FAILED:
            raise SelfTestFailed(self.words(now))


def every_report(chain: EventChain, limit: int = _MOST_EVENTS) -> list[KeptReport]:
    """The self-tests of all analyzers, the newest first; what is damaged or cannot be read is left
    out, and `ramix records verify` tells of it."""
    found = []
    for event in chain.events(KIND, limit):
        if event.problem:
            continue
        try:
            found.append(KeptReport(SelfTestReport.from_json(event.content), event.event_id))
        except StrictJsonError:
            continue
    return found


def last_report(chain: EventChain, serial: str) -> KeptReport | None:
    """One analyzer's newest self-test; of few events where it is among the newest."""
    for limit in _LOOKS:
        kept = every_report(chain, limit)
        found = next((one for one in kept if one.report.serial == serial), None)
        if found is not None:
            return found
    return None


def standing_of(
    serial: str, last: KeptReport | None, interval_h: float = DEFAULT_INTERVAL_H
) -> Standing:
    """How the analyzer stands by its newest self-test."""
    return Standing(serial, last, timedelta(hours=interval_h))


AskStanding = Callable[[str], Standing | None]  # of a serial number
SelfTestedNow = Callable[[str], SelfTested | None]  # of a serial number; raises: no light


def nobody_asks(_serial: str) -> SelfTested | None:
    """Where no chain of records is kept, nothing is known of self-tests."""
    return None
