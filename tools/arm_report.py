"""From marks and decisions to a result: instructions per verdict, differences, budget, table.

Nothing here runs anything. Next: `arm_check.py`, which puts it together.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from firmware_bridge.errors import RamixError

SHARE_TOLERANCE = 1e-3
JUDGED = "IDENTIFIED"  # the verdict whose median the budget is for
MILLION = 1e6


class ArmCheckFailed(RamixError):
    """Something is missing, or a program that was started did not do its work."""

    code = "arm_check"


@dataclass(frozen=True)
class Decision:
    """What a machine answered to one file: `shares` of the signal by the names of components."""

    file: str
    verdict: str
    reasons: tuple[str, ...]
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Run:
    """What `arm_verdicts.py` printed: on which machine, and a decision for each file."""

    environment: Mapping[str, str]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class Counted:
    """Millions of instructions that one verdict on this file takes."""

    file: str
    verdict: str
    names: tuple[str, ...]
    millions: float


def parse_run(printed: str) -> Run:
    """Raises `ArmCheckFailed` where it is not what `arm_verdicts.py` prints."""
    try:
        parsed = json.loads(printed)
        decisions = tuple(
            Decision(
                str(one["file"]),
                str(one["verdict"]),
                tuple(one["reasons"]),
                {str(name): float(share) for name, share in one["shares"].items()},
            )
            for one in parsed.pop("decisions")
        )
        return Run({str(key): str(value) for key, value in parsed.items()}, decisions)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArmCheckFailed(
            f"Not the output of tools/arm_verdicts.py: {printed[:200]!r}"
        ) from error


def parse_intervals(log: str, expected: int) -> list[int]:
    """Instructions between the marks of each pair in QEMU's log."""
    marks = [int(line.split()[1]) for line in log.splitlines() if line.startswith("mark ")]
    if len(marks) != 2 * expected:
        raise ArmCheckFailed(
            f"{len(marks)} marks in the log instead of {2 * expected}.",
            remedy="The plugin is made for qemu-user 7.2, that of Debian 12.",
        )
    return [end - start for start, end in zip(marks[::2], marks[1::2], strict=True)]


def count(run: Run, intervals: Sequence[int], rounds: int) -> list[Counted]:
    """One interval of `rounds` verdicts for each decision, in the same order."""
    return [
        Counted(one.file, one.verdict, tuple(one.shares), interval / rounds / MILLION)
        for one, interval in zip(run.decisions, intervals, strict=True)
    ]


def differences(here: Sequence[Decision], there: Sequence[Decision]) -> list[str]:
    """A sentence for every decision that is not the same on both machines."""
    if [one.file for one in here] != [one.file for one in there]:
        return ["The two machines did not answer to the same files."]
    found = []
    for one, other in zip(here, there, strict=True):
        for what, mine, its in (
            ("verdict", one.verdict, other.verdict),
            ("reasons", sorted(one.reasons), sorted(other.reasons)),
            ("components", sorted(one.shares), sorted(other.shares)),
        ):
            if mine != its:
                found.append(f"{one.file}: {what} here {mine}, on ARM {its}.")
        for name in one.shares.keys() & other.shares.keys():
            mine_share, its_share = one.shares[name], other.shares[name]
            if not abs(mine_share - its_share) <= SHARE_TOLERANCE:  # NaN differs, too
                found.append(
                    f"{one.file}: share of {name} here {mine_share:.5f}, on ARM {its_share:.5f}."
                )
    return found


def over_budget(counted: Sequence[Counted], budget_millions: float) -> bool:
    """Whether the median of the IDENTIFIED spectra needs more instructions than allowed.

    One spectrum alone depends on how many references are tried on it. Raises `ArmCheckFailed`
    where no spectrum was IDENTIFIED.
    """
    return median(_judged(counted)) > budget_millions


def budget_line(counted: Sequence[Counted], budget_millions: float) -> str:
    """Both figures beside the budget."""
    values = _judged(counted)
    held = "exceeded" if over_budget(counted, budget_millions) else "held"
    return (
        f"{JUDGED}: median {median(values):.2f}, most {max(values):.2f} million; "
        f"budget of the median {budget_millions:g}: {held}"
    )


def _judged(counted: Sequence[Counted]) -> list[float]:
    values = groups(counted).get(JUDGED)
    if values is None:
        raise ArmCheckFailed(
            f"No spectrum was {JUDGED}: there is nothing that the budget is for.",
            remedy="Count more --spectra.",
        )
    return values


def groups(counted: Sequence[Counted]) -> dict[str, list[float]]:
    """Millions of instructions by verdict: an UNKNOWN takes another way than an IDENTIFIED."""
    grouped: dict[str, list[float]] = {}
    for one in counted:
        grouped.setdefault(one.verdict, []).append(one.millions)
    return dict(sorted(grouped.items()))


def to_json(
    environment: Mapping[str, str],
    counted: Sequence[Counted],
    bare_millions: float,
    found: Sequence[str],
    budget_millions: float,
) -> dict[str, object]:
    return {
        "environment": dict(environment),
        "budget_millions": budget_millions,
        "spectra": [asdict(one) for one in counted],
        "verdicts": {
            verdict: {
                "spectra": len(values),
                "least_millions": min(values),
                "median_millions": median(values),
                "most_millions": max(values),
            }
            for verdict, values in groups(counted).items()
        },
        "bare_invoke_millions": bare_millions,
        "same_decisions": not found,
        "differences": list(found),
    }


def table(counted: Sequence[Counted], bare_millions: float, found: Sequence[str]) -> str:
    """Every file, then every verdict and the bare invoke, in millions of instructions."""
    lines = [f"{'millions of instructions':48}{'one':>9}"]
    for one in counted:
        lines.append(f"  {one.file[-36:]:36}  {one.verdict:10}{one.millions:9.2f}")
    lines += ["", f"{'':24}{'spectra':>8}{'least':>9}{'median':>9}{'most':>9}{'x invoke':>10}"]
    for verdict, values in groups(counted).items():
        lines.append(
            f"  {verdict:22}{len(values):8}{min(values):9.2f}{median(values):9.2f}"
            f"{max(values):9.2f}{median(values) / bare_millions:10.1f}"
        )
    lines.append(f"  {'bare invoke':22}{'':17}{bare_millions:9.2f}")
    answer = "no" if found else "yes"
    lines += ["", f"Same decisions as on this machine: {answer}"]
    return "\n".join(lines + [f"  {sentence}" for sentence in found])
