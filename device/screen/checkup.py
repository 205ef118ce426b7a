"""The daily check: the self-test and the calibration, as a wizard that asks and waits.

Runs on the desk's thread; `go_on` and `cancel` come from the web's.
Next: `../selftest/round.py` and `../calibration/round.py`, which measure.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from device.calibration.round import Calibrated, Plan, calibrate
from device.countdown import MeasurementCancelled
from device.doctor import analyzer as analyzer_checks
from device.doctor.examination import examine_machine
from device.doctor.finding import Finding, ok
from device.driver.analyzer import Analyzer
from device.installation import kept_pages_dir
from device.screen.board import Board
from device.screen.phases import Asked, CheckBegun, Checked, GoneOn, ScreenEvent
from device.selftest.check import Check, Outcome
from device.selftest.report import KIND, SelfTestReport
from device.selftest.round import run_self_test
from device.selftest.standing import last_report
from device.show.calibration import moved_cm1
from device.station.station import Station
from firmware_bridge.errors import CallerError, LinkError, RamixError

LAMPS: Final = ("neon", "argon")
STANDARDS: Final = ("polystyrene", "calcite")
SELF_TESTS: Final = ("", *LAMPS, "polystyrene")
_WAIT_S: Final = 0.1

Row = dict[str, str]  # check, level (ok, warning, fault, not_checked), text, remedy


class WrongInstrument(RamixError):
    """Another kind of instrument than ours: it has no page to write."""

    code = "wrong_instrument"


class Checkup:
    """Says what it does through `show`; what it found lies on the board under `findings`."""

    def __init__(
        self,
        show: Callable[[ScreenEvent], None],
        check_closing: Callable[[], None],
        stoppable: Callable[..., Any],
        passed: Callable[[bool], None],
        board: Board,
    ) -> None:
        self._show, self._check_closing, self._board = show, check_closing, board
        self._stoppable, self._passed = stoppable, passed
        self._answered, self._cancelled = threading.Event(), threading.Event()

    # ---- from other threads ----

    def go_on(self, *, at_device: bool) -> None:
        """It lies before the probe. Raises `CallerError` from elsewhere: light may follow."""
        if not at_device:
            raise CallerError("Only who stands at the analyzer can say that.")
        self._answered.set()

    def cancel(self) -> None:
        """Leave the wizard where it asks; a measurement ends by the stop switch."""
        self._cancelled.set()
        self._answered.set()

    @staticmethod
    def plan_of(steps: Sequence[str]) -> Plan:
        """Raises `CallerError` for steps that are none."""
        lamps = [step for step in steps if step in LAMPS]
        if len(lamps) > 1 or any(step not in (*LAMPS, *STANDARDS) for step in steps):
            raise CallerError(f"A calibration has one lamp and {' and '.join(STANDARDS)}.")
        return Plan(lamps[0] if lamps else None, "polystyrene" in steps, "calcite" in steps)

    # ---- on the desk's thread ----

    def check(self, station: Station, standard: str = "") -> None:
        """Everything that can be looked at without light, then the self-test, kept as an event.

        `standard`: what the operator places, of `SELF_TESTS`; empty: no light is made.
        """
        self._show(CheckBegun())
        found: list[Row] = []
        self._pin(found)
        analyzer = station.analyzer
        if isinstance(analyzer, Analyzer):
            found += self._tested(station, analyzer, standard)
            self._pin(found)
            for name, check in analyzer_checks.CHECKS:
                try:
                    found += map(_of_finding, check(analyzer))
                except LinkError:
                    raise
                except RamixError as error:
                    found.append(_row(name, "fault", error.text, error.remedy))
                self._pin(found)
        for finding in examine_machine():
            self._check_closing()
            found.append(_of_finding(finding))
            self._pin(found)
        self._show(Checked())

    def _tested(self, station: Station, analyzer: Analyzer, standard: str) -> list[Row]:
        store, steps = station.equipment.store, ["cover", standard]
        last = None if store is None else last_report(store, analyzer.info.serial)
        report: SelfTestReport = self._stoppable(
            run_self_test,
            analyzer,
            station.identifier,
            lambda _line: None,
            placed=standard,
            ask=self._asking(analyzer, steps if standard in LAMPS else steps[1:]),
            before=None if last is None else last.report,
        )
        if store is not None:
            store.append_event(KIND, report.as_json())
        self._passed(report.passed)
        return [_of_check(check) for check in report.checks]

    def _asking(self, analyzer: Analyzer, steps: Sequence[str]) -> Callable[[str], None]:
        """Asks for one step after the other, and waits until somebody says that it is there."""
        left = iter(steps)

        def ask(_sentence: str) -> None:
            step = next(left)
            self._answered.clear()
            self._cancelled.clear()
            self._show(Asked(step, lit=step in STANDARDS))
            while not self._answered.wait(_WAIT_S):
                self._check_closing()
                analyzer.state()  # a lost link shows while it waits
            if self._cancelled.is_set():
                raise MeasurementCancelled("It was cancelled: nothing was written.")
            analyzer.wait_trigger(0.0)  # what was pressed until now stops nothing
            self._show(GoneOn())

        return ask

    def calibrate(self, station: Station, plan: Plan) -> None:
        """Ask, measure, write; findings say what moved, or why nothing was written."""
        analyzer = station.analyzer
        if not isinstance(analyzer, Analyzer):
            raise WrongInstrument(f"{analyzer.info.product} has no page to write.")
        named = (plan.lamp, "polystyrene" * plan.polystyrene, "calcite" * plan.calcite)
        ask = self._asking(analyzer, [one for one in named if one])
        self._pin([])
        try:
            done: Calibrated = self._stoppable(
                calibrate,
                analyzer,
                plan,
                keep_in=kept_pages_dir(),
                ask=ask,
                tell=lambda _line: None,
            )
        except (MeasurementCancelled, LinkError):
            raise
        except RamixError as error:
            analyzer.laser_off()
            self._pin([_row("calibration", "fault", error.text, error.remedy)])
        else:
            if done.sequence is not None and station.equipment.store is not None:
                station.equipment.store.append_event(
                    "calibration",
                    {"by": "screen", "sequence": done.sequence, "kept": str(done.kept)},
                )
            self._pin([_of_finding(one) for one in _findings(done)])
        self._show(Checked())

    def _pin(self, rows: Sequence[Row]) -> None:
        self._board.pin("findings", {"rows": list(rows)})


def _row(check: str, level: str, text: str, remedy: str) -> Row:
    return {"check": check, "level": level, "text": text, "remedy": remedy}


def _of_finding(one: Finding) -> Row:
    return _row(one.check, str(one.level), one.text, one.remedy)


def _of_check(one: Check) -> Row:
    """`not_checked` where nothing was measured, which is no pass."""
    level = "fault" if one.outcome is Outcome.FAILED else str(one.outcome)
    return _row(one.name, level, one.text, one.remedy)


def _findings(done: Calibrated) -> Sequence[Finding]:
    told = []
    if done.lamp is not None:
        told.append(ok("lamp", f"The axis was fitted on {len(done.lamp.lines)} lines of the lamp."))
    if done.laser is not None:
        told.append(ok("laser", f"The laser's wavelength is {done.laser.excitation_nm:.3f} nm."))
    if done.calcite is not None:
        told.append(ok("calcite", f"Calcite is seen at {done.calcite.seen_cm1:.2f} cm-1."))
    if done.old is not None:
        moved = ", ".join(f"{by:+.2f}" for by in moved_cm1(done.old, done.page))
        told.append(ok("axis", f"Shifts moved by {moved} cm-1 (first, middle, last valid pixel)."))
    if done.sequence is None:
        told.append(ok("page", "The page was right already: nothing was written."))
    else:
        told.append(ok("page", f"Written and read back, as page {done.sequence}."))
    return told
