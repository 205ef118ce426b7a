"""The report of a run: a table for people, one object for programs.

Next: `../cli/conformance.py`, the command.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from device.conformance.check import SECTIONS
from device.conformance.outcome import Outcome, Result
from device.printable import printable

_MARKS: Final = {Outcome.PASSED: "pass", Outcome.FAILED: "FAIL", Outcome.SKIPPED: "skip"}


@dataclass(frozen=True)
class Report:
    """Results of one analyzer in the order of the checks; the strings are empty where not told."""

    port: str
    product: str
    serial: str
    firmware_version: str
    results: Sequence[Result]

    def count(self, outcome: Outcome) -> int:
        return sum(result.outcome is outcome for result in self.results)

    @property
    def conforms(self) -> bool:
        """Whether something passed, and nothing failed."""
        return self.count(Outcome.PASSED) > 0 and self.count(Outcome.FAILED) == 0

    @property
    def summary(self) -> str:
        counts = ", ".join(f"{self.count(outcome)} {outcome.value}" for outcome in Outcome)
        return f"Checks: {len(self.results)}; {counts}."

    def as_object(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "port": self.port,
            "product": self.product,
            "serial": self.serial,
            "firmware_version": self.firmware_version,
            "conforms": self.conforms,
            **{outcome.value: self.count(outcome) for outcome in Outcome},
            "checks": [
                {
                    **asdict(result),
                    "section_title": SECTIONS[result.section],
                    "outcome": result.outcome.value,
                }
                for result in self.results
            ],
        }


def line(result: Result) -> str:
    """One line of the table; a failure has what was expected and what came below it."""
    mark, came = _MARKS[result.outcome], printable(result.came)
    head = f"{mark}  {result.section:>2}  {result.name:<30}"
    if result.outcome is Outcome.FAILED:
        title = SECTIONS[result.section]
        return (
            f"{head}  section {result.section}, {title}\n"
            f"          expected: {result.rule}\n          came:     {came}"
        )
    return f"{head}  {result.rule}" + (f" [{came}]" if came else "")
