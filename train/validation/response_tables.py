"""What a trainer reads about new response factors, as tables.

Next: `response_refit.py`, what the numbers are.
"""

from collections.abc import Sequence

import numpy as np

from train.pages.table import Table
from train.validation.response_data import Unused
from train.validation.response_refit import Refit
from train.validation.score_tables import percent


def response_tables(refit: Refit, unused: Sequence[Unused]) -> list[Table]:
    """Factors; errors before and after; mixtures that were not used."""
    tables = [_factors(refit), _errors(refit)]
    rest = sorted([*unused, *refit.contradicting], key=lambda one: one.row)
    return [*tables, unused_table(rest)] if rest else tables


def unused_table(unused: Sequence[Unused]) -> Table:
    rows = tuple((str(one.row), one.file, one.why) for one in unused)
    return Table("Mixtures that were not used", ("row", "file", "why"), rows)


def _factors(refit: Refit) -> Table:
    rows = tuple(
        (
            one.name,
            str(one.mixtures),
            _number(one.before, one.before_sd),
            _number(one.after, one.after_sd),
            "stays as it was" if one.standard_error is None else f"{100 * one.standard_error:.1f}%",
        )
        for one in refit.factors
    )
    notes: tuple[str, ...] = (
        f"Scatter: from mixture to mixture a response differs by {100 * refit.scatter:.1f}% beyond "
        "what the shares of the signal state. The uncertainty beside a new factor is the root of "
        "the squares of scatter and standard error.",
        f"The factors of before are off by {100 * refit.prior_error:.1f}% beyond the uncertainties "
        "that they had; so may be those that no mixture says anything about.",
    )
    if refit.prior_error == 0.0:
        notes = notes[:1]
    columns = ("compound", "mixtures", "before", "after", "standard error")
    return Table("Response factors, signal per volume", columns, rows, notes)


def _number(value: float | None, sd: float | None) -> str:
    return "-" if value is None else f"{value:.4g} ±{100 * (sd or 0.0):.1f}%"


def _errors(refit: Refit) -> Table:
    rows: list[tuple[str, ...]] = [
        (str(one.row), one.file, str(one.compounds), _percent(one.before), _percent(one.after))
        for one in refit.compared
    ]
    both = [
        (one.before, one.after)
        for one in refit.compared
        if one.before is not None and one.after is not None
    ]
    if both:
        means = [_percent(float(mean)) for mean in np.mean(both, axis=0)]
        rows.append(("", f"mean of {len(both)}", "", *means))
        held = [percent(refit.held(after=after)) for after in (False, True)]
        rows.append(("", "inside 90% intervals", "", *held))
    notes = (
        "Mean absolute error of volume fraction among the compounds of known amount; after: each "
        "mixture by factors made from the others alone.",
    )
    columns = ("row", "file", "compounds", "before", "after")
    return Table("Errors of volume fractions", columns, tuple(rows), notes)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}%"
