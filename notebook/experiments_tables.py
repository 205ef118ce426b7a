"""A section of experiments as tables: what each row shows, then its figures.

Sentences follow from the figures, so that they cannot contradict them.
Next: `experiments.py`, which puts the sections together.
"""

from typing import Any

from notebook.experiments_cases import SHARE_GROUPS
from notebook.experiments_pairs import (
    Column,
    Difference,
    Differences,
    Row,
    beyond_chance,
    differences,
    errors_beyond_chance,
)
from train.pages.table import Table

_PAIRED = (
    "In brackets the 95% Wilson interval; -a +b: how many the first row alone had right, and this "
    "row alone; nothing where they are the same ones. **Bold**: beyond chance (exact McNemar test, "
    "false discovery rate 5% over all comparisons of the section with six or more that differ)"
    "{repeats}. What is not bold is not shown to be equal: it is not shown to differ."
)
_FEW = 50  # spectra that cannot carry small differences, and are too dear to pass over them
_REPEATS = ", and by more than any row that repeats the first with another seed"
_ERRORS = (
    "Share error: absolute, mean over the components there; a missed one counts its whole share. "
    "**Bold**: the mean of the paired differences is beyond chance (normal, 5% over all rows)."
)


def section(
    title: str, rows: tuple[Row, ...], groups: dict[str, tuple[Column, ...]], notes: tuple[str, ...]
) -> tuple[Table, ...]:
    """First what the rows show, then one table of figures for each group of columns."""
    every = tuple(column for columns in groups.values() for column in columns)
    found = differences(rows, every)
    bold = beyond_chance(found, rows)
    off = errors_beyond_chance(rows)
    said = tuple(
        (row.label, row.why, _sentence(number, rows, every, found, bold, off))
        for number, row in enumerate(rows)
    )
    tables = [Table(title, ("what was changed", "why it was tried", "what it gave"), said, notes)]
    paired = _PAIRED.format(repeats=_REPEATS if any(row.repeats for row in rows) else "")
    for name, columns in groups.items():
        tables.append(_figures(name, rows, columns, found, bold, off, paired))
    return tuple(tables)


def _figures(
    title: str,
    rows: tuple[Row, ...],
    columns: tuple[Column, ...],
    found: Differences,
    bold: set[tuple[int, str]],
    off: set[tuple[int, str]],
    note: str,
) -> Table:
    shown = tuple(column for column in columns if any(column.key in row.right for row in rows))
    groups = [g for g in SHARE_GROUPS if g in rows[0].errors and any(g == c.key for c in shown)]
    heads = [f"{column.title} (n={_counted(rows, column)})" for column in shown]
    heads += [f"share error, {SHARE_GROUPS[group]}" for group in groups]
    lines = []
    for number, row in enumerate(rows):
        line = [row.label]
        for column in shown:
            at = (number, column.key)
            line.append(_cell(row, column, found.get(at), at in bold))
        for group in groups:
            text = _mean_error(row, group)
            line.append(f"**{text}**" if (number, group) in off else text)
        lines.append(tuple(line))
    notes = (note, _ERRORS) if groups else (note,)
    return Table(title, ("what was changed", *heads), tuple(lines), notes)


def _counted(rows: tuple[Row, ...], column: Column) -> int:
    return next(len(row.right[column.key]) for row in rows if column.key in row.right)


def _cell(row: Row, column: Column, one: Difference | None, bold: bool) -> str:
    if column.key not in row.right:
        return "-"
    part = row.proportion(column)
    low, high = part.interval
    text = f"{100 * part.value:.1f}% ({100 * low:.1f}-{100 * high:.1f})"
    if bold:
        text = f"**{text}**"
    return text if one is None or one.lost == one.won == 0 else f"{text} -{one.lost} +{one.won}"


def _mean_error(row: Row, group: str) -> str:
    return f"{100 * float(row.errors[group].mean()):.2f}%"


def _sentence(
    number: int,
    rows: tuple[Row, ...],
    columns: tuple[Column, ...],
    found: Differences,
    bold: set[tuple[int, str]],
    off: set[tuple[int, str]],
) -> str:
    if number == 0:
        return "What all others are compared with."
    row, first = rows[number], rows[0]
    if row.repeats:
        nets = [abs(found[number, c.key].net) for c in columns if (number, c.key) in found]
        return f"By chance alone: up to {max(nets, default=0)} more or fewer right in a column."
    worse: list[str] = []
    better: list[str] = []
    few: list[str] = []
    for column in columns:
        at = (number, column.key)
        if at not in bold and at in found and found[at].net and _counted(rows, column) < _FEW:
            before, now = (one.proportion(column) for one in (first, row))
            few.append(f"{column.title} {before.hits} to {now.hits} of {now.n}")
        if at not in bold:
            continue
        before, now = first.proportion(column), row.proportion(column)
        what = f"{column.title} {100 * before.value:.1f} to {100 * now.value:.1f}%"
        (better if found[at].net > 0 else worse).append(what)
    for group, title in SHARE_GROUPS.items():
        if (number, group) in off:
            what = f"share error, {title} {_mean_error(first, group)} to {_mean_error(row, group)}"
            grew = row.errors[group].mean() > first.errors[group].mean()
            (worse if grew else better).append(what)
    parts = [f"Worse: {'; '.join(worse)}."] if worse else []
    parts += [f"Better: {'; '.join(better)}."] if better else []
    parts = parts or ["No difference beyond chance."]
    return " ".join([*parts, f"Too few to tell: {'; '.join(few)}."] if few else parts)


def to_json(rows: tuple[Row, ...], columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    """The same for machines."""
    found = differences(rows, columns)
    bold = beyond_chance(found, rows)
    return [
        {
            "changed": row.label,
            "share_error": {
                group: round(float(errors.mean()), 5) for group, errors in row.errors.items()
            },
            **{
                column.key: {
                    "unwanted" if column.unwanted else "right": row.proportion(column).to_json(),
                    **_versus(found.get((number, column.key)), (number, column.key) in bold),
                }
                for column in columns
                if column.key in row.right
            },
        }
        for number, row in enumerate(rows)
    ]


def _versus(one: Difference | None, bold: bool) -> dict[str, Any]:
    if one is None:
        return {}
    return {"lost": one.lost, "won": one.won, "p": round(one.p, 6), "beyond_chance": bold}
