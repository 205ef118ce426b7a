"""The tables of the `int8` figure: proportions with their intervals, and gaps to float, paired.

Next: `int8_marks.py`, what is counted; `paired.py`, the interval of a gap.
"""

from typing import Any

from evidence.tallies import percent
from notebook.int8_marks import EXACT, FOUND, INVENTED, MARKS, Marks
from notebook.int8_networks import DEFAULT, FLOAT
from notebook.latency import Latencies
from notebook.paired import Gap
from train.pages.table import Table

ALLOWED = 0.003  # that int8 may lose anywhere
Answered = dict[str, dict[str, dict[str, Marks]]]  # network, form, cell

_GAP = "Gaps in percentage points, int8 less float, with the 95% interval of the paired difference."


def verdict_table(alone: Answered, path: Answered) -> Table:
    """Does int8 lose at most `ALLOWED` anywhere?"""
    rows = []
    for name in alone:
        for form in alone[name]:
            if form == FLOAT:
                continue
            cells = [name, form]
            for answered in (alone, path):
                where, gap = _largest_loss(answered[name][FLOAT], answered[name][form])
                cells += [f"{gap}: {where}", _verdict(gap)]
            rows.append(tuple(cells))
    allowed = f"at most {100 * ALLOWED:.1f}"
    return Table(
        "The largest loss of all cells and counts below",
        ("network", "int8", "alone", allowed, "device path", allowed),
        tuple(rows),
        (
            "A loss is fewer weak components found, fewer spectra exact, or more spectra with "
            "something invented than in float, in percentage points of all spectra; 95% interval "
            "of the paired difference.",
            f"Not shown: the interval holds {100 * ALLOWED:.1f}. The largest of many gaps is "
            "partly chance, which makes this a strict test.",
            "Post-training: as the recipe says, presence 0.5 on a code. Aware: fine-tuned with "
            "rounding simulated, then converted the same way. Between codes: post-training on "
            "1,200 spectra, presence lowered by half a code, so that 0.5 lies where float has it.",
        ),
    )


def cells_table(title: str, answered: Answered, cells: list[str]) -> Table:
    """Each form on each weak share, and how it differs from float."""
    rows = []
    for cell in cells:
        for name, forms in answered.items():
            for form, of in forms.items():
                one, first = of[cell], forms[FLOAT][cell]
                row = [cell, name, form]
                for kind in (FOUND, INVENTED):
                    gap = "" if form == FLOAT else f"; {one.gain(first, kind)}"
                    row.append(percent(one.proportion(kind)) + gap)
                row.append("-" if one.error is None else f"{100 * one.error:.2f}%")
                rows.append(tuple(row))
    return Table(
        f"{title}: a weak component beside one to three stronger ones, baseline 19 times the Raman",
        ("weak share", "network", "arithmetic", FOUND, INVENTED, "error"),
        tuple(rows),
        (
            "SNR 100, shift within +-1 cm-1, one threshold for all. Found: the weak component is "
            "named. Invented: spectra in which something absent is named. In brackets: 95% Wilson "
            "interval and n; then the gap to float.",
            _GAP,
            "Error: mean absolute one of the weak component; of a network its dosage relative to "
            "the largest component, on the device path its share of all signal, a missed one "
            "counting whole.",
        ),
    )


def compared_table(alone: Answered, cells: list[str]) -> Table:
    """Exact matches where nothing is weak: the gaps of every int8 form, condition by condition."""
    columns, rows = ["condition"], []
    for cell in cells:
        row = [cell]
        for name, forms in alone.items():
            for form, of in forms.items():
                if form == FLOAT:
                    row.append(percent(of[cell].proportion(EXACT)))
                else:
                    row.append(str(of[cell].gain(forms[FLOAT][cell], EXACT)))
                if len(columns) <= len(row) - 1:
                    columns.append(f"{name}: {form}")
        rows.append(tuple(row))
    return Table(
        "Networks alone, 1-5 components of at least 5%, exact: float, and int8 against it",
        tuple(columns),
        tuple(rows),
        (_GAP, "Conditions as in the `robustness` figure, whose spectra these are not."),
    )


def size_table(sizes: dict[str, dict[str, bytes]], parameters: dict[str, int]) -> Table:
    return Table(
        "Size",
        ("network", "parameters", "int8", "bytes"),
        tuple(
            (name, f"{parameters[name]:,}", form, f"{len(file):,}")
            for name, of in sizes.items()
            for form, file in of.items()
        ),
    )


def latency_table(timed: Latencies) -> Table:
    """Times, and as ratios to the default network on the same runtime in the same run."""
    runtimes = list(timed)
    names = list(timed[runtimes[0]])
    first = next((name for name in names if name.startswith(f"{DEFAULT},")), names[0])
    rows = []
    for name in names:
        row = [name]
        for runtime in runtimes:
            us = timed[runtime][name]
            row += [f"{us:.0f}", f"{us / timed[runtime][first]:.2f}"]
        rows.append(tuple(row))
    columns = [text for runtime in runtimes for text in (f"{runtime} / us", "ratio")]
    return Table(
        "Latency of one inference, one thread",
        ("network", *columns),
        tuple(rows),
        (
            f"Ratio: to {first} on the same runtime in the same run.",
            "This machine, this run, x86-64; the microseconds say nothing about ARM.",
        ),
    )


def to_json(answered: Answered) -> dict[str, Any]:
    return {
        name: {
            form: {
                cell: one.to_json()
                | (
                    {}
                    if form == FLOAT
                    else {
                        "gap": {
                            kind: one.gain(forms[FLOAT][cell], kind).to_json() for kind in one.of
                        }
                    }
                )
                for cell, one in of.items()
            }
            for form, of in forms.items()
        }
        for name, forms in answered.items()
    }


def _largest_loss(first: dict[str, Marks], other: dict[str, Marks]) -> tuple[str, Gap]:
    losses = {
        f"{kind}, {cell}": one.loss(first[cell], kind)
        for cell, one in other.items()
        for kind in MARKS
        if kind in one.of
    }
    where = max(losses, key=lambda name: losses[name].value)
    return where, losses[where]


def _verdict(loss: Gap) -> str:
    if loss.high <= ALLOWED:
        return "yes"
    return "no" if loss.low > ALLOWED else f"{'yes' if loss.value <= ALLOWED else 'no'}, not shown"
