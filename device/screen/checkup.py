"""The daily check: a self-test without light, and the calibration as a wizard that asks and waits.

Runs on the desk's thread; `go_on` and `cancel` come from the web's.
Next: `../calibration/round.py`, which measures; `../doctor/analyzer.py`, the checks.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from device.calibration.round import Calibrated, Plan, calibrate
from device.countdown import MeasurementCancelled
from device.doctor import analyzer as analyzer_checks
from device.doctor.examination import examine_machine
from device.doctor.finding import Finding, fault, ok
from device.driver.analyzer import Analyzer
from device.installation import kept_pages_dir
from device.screen.board import Board
from device.screen.phases import Asked, CheckBegun, Checked, Dismissed, GoneOn, ScreenEvent
from device.show.calibration import moved_cm1
from device.station.station import Station
from firmware_bridge.errors import CallerError, LinkError, RamixError

LAMPS: Final = ("neon", "argon")
STANDARDS: Final = ("polystyrene", "calcite")
_WAIT_S: Final = 0.1


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
        board: Board,
    ) -> None:
        self._show, self._check_closing, self._board = show, check_closing, board
        self._stoppable = stoppable
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

    def check(self, station: Station) -> None:
        """Everything that can be looked at without light, one finding each."""
        self._show(CheckBegun())
        found: list[Finding] = []
        self._pin(found)
        analyzer = station.analyzer
        if isinstance(analyzer, Analyzer):
            for name, check in analyzer_checks.CHECKS:
                try:
                    found += check(analyzer)
                except LinkError:
                    raise
                except RamixError as error:
                    found.append(fault(name, error.text, error.remedy))
                self._pin(found)
        for finding in examine_machine():
            self._check_closing()
            found.append(finding)
            self._pin(found)
        self._show(Checked())

    def calibrate(self, station: Station, plan: Plan) -> None:
        """Ask, measure, write; findings say what moved, or why nothing was written."""
        analyzer = station.analyzer
        if not isinstance(analyzer, Analyzer):
            raise WrongInstrument(f"{analyzer.info.product} has no page to write.")
        named = (plan.lamp, "polystyrene" * plan.polystyrene, "calcite" * plan.calcite)
        steps = iter([one for one in named if one])
        self._pin([])

        def ask(_sentence: str) -> None:
            step = next(steps)
            self._answered.clear()
            self._cancelled.clear()
            self._show(Asked(step, lit=step not in LAMPS))
            while not self._answered.wait(_WAIT_S):
                self._check_closing()
                analyzer.state()  # a lost link shows while it waits
            if self._cancelled.is_set():
                raise MeasurementCancelled("The calibration was cancelled: nothing was written.")
            self._show(GoneOn())

        try:
            done: Calibrated = self._stoppable(
                calibrate,
                analyzer,
                plan,
                keep_in=kept_pages_dir(),
                ask=ask,
                tell=lambda _line: None,
            )
        except MeasurementCancelled:
            analyzer.laser_off()
            self._show(Dismissed())
            return
        except LinkError:
            raise
        except RamixError as error:
            analyzer.laser_off()
            self._pin([fault("calibration", error.text, error.remedy)])
        else:
            self._pin(list(_findings(done)))
        self._show(Checked())

    def _pin(self, found: Sequence[Finding]) -> None:
        rows: list[dict[str, Any]] = [
            {"check": one.check, "level": str(one.level), "text": one.text, "remedy": one.remedy}
            for one in found
        ]
        self._board.pin("findings", {"rows": rows})


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
