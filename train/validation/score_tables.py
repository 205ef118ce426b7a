"""The scores as tables, for the terminal and for the report.

Next: `report.py`, which writes them to a page with pictures.
"""

from collections.abc import Sequence

from train.network.evaluate import Proportion
from train.pages.table import Table
from train.validation.outcomes import Missed, Outcome
from train.validation.scores import AmountScore, CompoundScore, Scores


def tables_of(scores: Scores, outcomes: Sequence[Outcome]) -> list[Table]:
    """All, then compound by compound, substances from outside, file by file."""
    tables = [_overall(scores, len(outcomes)), _compounds(scores.compounds)]
    if scores.outside:
        tables.append(_outside(scores))
    return [*tables, _files(outcomes)]


def percent(part: Proportion) -> str:
    """`98.5% (95.7-99.5, n=200)`: the 95% Wilson interval in brackets."""
    if part.n == 0:
        return "-"
    low, high = part.interval
    return f"{100 * part.value:.1f}% ({100 * low:.1f}-{100 * high:.1f}, n={part.n})"


def _overall(scores: Scores, mixtures: int) -> Table:
    rows = [
        ("mixtures with exactly the right names", percent(scores.exact)),
        (
            "nothing from outside the library in it: right names and IDENTIFIED",
            percent(scores.exact_identified),
        ),
        ("mixtures with a false name", percent(scores.with_false_name)),
        ("compounds that are not there, named", percent(scores.false_names)),
        ("compounds that are there, missed", percent(scores.missed)),
        (
            "of the missed: expected below the detection limit of their spectrum",
            percent(scores.missed_below_limit) + _not_known(scores.missed_without_limit),
        ),
        *((f"{name}", percent(part)) for name, part in scores.verdicts.items()),
        (
            "a substance from outside the library in it: IDENTIFIED all the same",
            percent(scores.identified_with_outside),
        ),
        *_amount_rows(scores.amounts),
    ]
    notes = (
        "In brackets: 95% Wilson interval and n.",
        "A compound's expected share of the signal follows from the volumes and the bundle's "
        "response factors; the limit is the share from which the product detects 95% of amounts.",
        "Volume fractions are compared where exactly the compounds of a mixture are named and the "
        "amounts of all of them are known, among the compounds of the library. Those of one "
        "mixture sum to 1, so its errors are not independent of each other.",
    )
    return Table(f"{mixtures} mixtures", ("what", "result"), tuple(rows), notes)


def _not_known(count: int) -> str:
    return f"; share or limit of {count} not known" if count else ""


def _amount_rows(score: AmountScore | None) -> list[tuple[str, str]]:
    if score is None:
        return [("volume fractions", "none to compare")]
    return [
        (
            "volume fractions: mean absolute error, largest",
            f"{100 * score.mean_absolute_error:.1f}%, {100 * score.largest_error:.1f}% "
            f"of the volume (n={score.n} in {score.mixtures} mixtures)",
        ),
        ("volume fractions: inside their 90% intervals", percent(score.held)),
    ]


def _compounds(compounds: Sequence[CompoundScore]) -> Table:
    rows = []
    for one in compounds:
        amounts = ("-", "-", "-")
        if one.amounts is not None:
            amounts = (
                f"{100 * one.amounts.mean_absolute_error:.1f}%",
                f"{100 * one.amounts.bias:+.1f}%",
                percent(one.amounts.held),
            )
        rows.append((one.name, percent(one.found), percent(one.false_names), *amounts))
    columns = (
        "compound",
        "found where it is",
        "named where it is not",
        "volume error",
        "bias",
        "inside 90% interval",
    )
    return Table("Compound by compound", columns, tuple(rows))


def _outside(scores: Scores) -> Table:
    names = tuple(scores.verdicts)
    rows = tuple(
        (one.name, str(one.n), *(str(one.verdicts[name]) for name in names))
        for one in scores.outside
    )
    return Table("Substances from outside the library", ("substance", "mixtures", *names), rows)


def _files(outcomes: Sequence[Outcome]) -> Table:
    rows = tuple(
        (
            str(one.mixture.row),
            one.mixture.file,
            one.verdict,
            f"{len(one.mixture.parts) - len(one.missed)} of {len(one.mixture.parts)}",
            said_wrong(one) or "right",
            _volume_error(one),
        )
        for one in outcomes
    )
    columns = ("row", "file", "verdict", "found", "against the truth", "largest volume error")
    return Table("File by file", columns, rows)


def said_wrong(outcome: Outcome) -> str:
    """What is wrong with the answer; empty where nothing is."""
    parts = []
    if outcome.false_names:
        parts.append(f"not there: {', '.join(outcome.false_names)}")
    if outcome.missed:
        parts.append(f"missed: {', '.join(map(_missed, outcome.missed))}")
    if outcome.identified_with_outside:
        parts.append(f"not noticed: {', '.join(outcome.mixture.outside)}")
    if not parts and not outcome.exact:
        parts.append(f"no result: {', '.join(outcome.reasons)}")
    return "; ".join(parts)


def _missed(missed: Missed) -> str:
    if missed.expected_share is None or missed.limit is None:
        return missed.name
    expected, limit = f"{100 * missed.expected_share:.1f}%", f"{100 * missed.limit:.1f}%"
    return f"{missed.name} ({expected} expected, limit {limit})"


def _volume_error(outcome: Outcome) -> str:
    if not outcome.amounts:
        return "-"
    worst = max(outcome.amounts, key=lambda amount: abs(amount.error))
    return f"{100 * worst.error:+.1f}% ({worst.name})"
