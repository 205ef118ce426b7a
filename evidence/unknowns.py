"""What the product answers to signal that is not in its library.

Each compound of the library is left out in turn, and spectra of liquids and solids outside the
library are shown alone and added to mixtures. Beside the false answers stand the missed ones: how
often everything known is not called IDENTIFIED, over the log odds that decide between both.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from device.verdict.identification import Verdict
from evidence.figure import Context, Result
from evidence.foreign_answers import ForeignAnswer, ask
from evidence.foreign_cases import (
    BESIDE,
    FOREIGN_KINDS,
    OWN,
    OWN_MEASURED,
    SMALLEST_SHARE,
    foreign_cases,
    outside_spectra,
)
from evidence.tallies import percent
from evidence.wording import spelled
from train.library.measured import MEASURED_TWICE
from train.network.evaluate import Proportion
from train.pages.drawing import COLOURS, GREY, canvas, save
from train.pages.table import Table

KNOWN = (OWN, OWN_MEASURED)
SHIPPED_CUT = 0.0  # of the log odds that something foreign is there
CURVE = (-3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)


def make(context: Context) -> Result:
    identifiers = context.identifiers()
    cases = list(foreign_cases(context))
    of_all = len(cases) * len(identifiers)
    done = iter(range(1, of_all + 1))
    outcomes = {
        label: [ask(one, case, lambda: context.progress(next(done), of_all)) for case in cases]
        for label, one in identifiers.items()
    }
    compounds = len(context.manifest().compounds)
    first = next(iter(outcomes))
    picture = _draw(outcomes[first], SHIPPED_CUT, context.out / "unknowns-curve.png")
    tables = (
        _verdicts(outcomes, _where_from(context), spelled(BESIDE, compounds, "known compound")),
        _missed(outcomes),
        *(_curve(label, found, SHIPPED_CUT) for label, found in outcomes.items()),
    )
    return Result(tables, (picture,), {label: _data(o) for label, o in outcomes.items()})


def _where_from(context: Context) -> str:
    """How few substances the spectra come from."""
    compounds, outside = len(context.manifest().compounds), outside_spectra(context)
    twice = {one.name for one in outside} >= MEASURED_TWICE
    return (
        f"They come from {compounds} left-out compounds and {len(outside)} spectra outside the "
        f"library{' (one liquid twice)' if twice else ''}: for other substances it is wider."
    )


def _kinds(outcomes: list[ForeignAnswer]) -> list[str]:
    """Those that the library and the measured spectra allow, in their order."""
    return [kind for kind in (*FOREIGN_KINDS, OWN, OWN_MEASURED) if _of(outcomes, kind)]


def _of(outcomes: list[ForeignAnswer], kind: str) -> list[ForeignAnswer]:
    return [o for o in outcomes if o.kind == kind]


def _share(outcomes: list[ForeignAnswer], hit: Callable[[ForeignAnswer], bool]) -> Proportion:
    return Proportion(sum(map(hit, outcomes)), len(outcomes))


def _verdicts(outcomes: dict[str, list[ForeignAnswer]], where_from: str, beside: str) -> Table:
    rows = []
    for kind in _kinds(next(iter(outcomes.values()))):
        for label, found in outcomes.items():
            part = _of(found, kind)
            counts = [sum(o.verdict == verdict for o in part) for verdict in Verdict]
            identified = _share(part, lambda o: o.verdict == Verdict.IDENTIFIED)
            named = _share(part, lambda o: bool(o.false_names))
            rows.append((kind, label, *map(str, counts), percent(identified), percent(named)))
    return Table(
        "Signal that the library does not have",
        ("what", "network", *map(str, Verdict), "called IDENTIFIED", "given a false name"),
        tuple(rows),
        (
            "SNR 100, cubic baseline up to half the Raman height, axis shift within +-1 cm-1; "
            f"{beside} beside the foreign signal unless said otherwise, of "
            f"{SMALLEST_SHARE:.0%} and more of their part. Percentages are shares of "
            "spectra scaled to unit maximum.",
            "A left-out compound is taken out of references and answers; the network still knows "
            "it by training, so its other outputs are a little better than they should be.",
            f"The interval (95%, Wilson) counts spectra. {where_from}",
            "Spectra outside the library are of another instrument; the ones added are brought to "
            "the resolution of the first.",
        ),
    )


def _missed(outcomes: dict[str, list[ForeignAnswer]]) -> Table:
    """Each foreign compound with a wrong answer, and how much looked foreign then."""
    rows = []
    for label, found in outcomes.items():
        for kind in FOREIGN_KINDS:
            for name in sorted({o.foreign for o in _of(found, kind)}):
                part = [o for o in _of(found, kind) if o.foreign == name]
                wrong = [o for o in part if o.verdict == Verdict.IDENTIFIED]
                false = sorted({false for o in part for false in o.false_names})
                if not wrong and not false:
                    continue
                limits = sorted(o.log_odds for o in part if np.isfinite(o.log_odds))
                rows.append(
                    (
                        kind,
                        name,
                        label,
                        f"{len(wrong)} of {len(part)}",
                        f"{limits[0]:+.1f}, {float(np.median(limits)):+.1f}" if limits else "-",
                        ", ".join(false) or "none",
                    )
                )
    return Table(
        "Which foreign signal is missed",
        (
            "what",
            "foreign",
            "network",
            "IDENTIFIED",
            "log odds: least, median",
            "false names",
        ),
        tuple(rows),
        (
            "Log odds that something foreign is there, over the spectra in which something was "
            "named at first: up to 0 they are called IDENTIFIED.",
        ),
    )


def proportions_at(outcomes: list[ForeignAnswer], limit: float) -> dict[str, Proportion]:
    """By kind: called IDENTIFIED if the cut were `limit`; for known ones: not called so."""
    result = {}
    for kind in _kinds(outcomes):
        called = _share(_of(outcomes, kind), lambda o: o.log_odds <= limit)
        result[kind] = Proportion(called.n - called.hits, called.n) if kind in KNOWN else called
    return result


def _curve(label: str, outcomes: list[ForeignAnswer], chosen: float) -> Table:
    rows = []
    for limit in sorted({*CURVE, chosen}):
        parts = proportions_at(outcomes, limit)
        name = f"**{limit:g}**" if limit == chosen else f"{limit:g}"
        rows.append((name, *(percent(part) for part in parts.values())))
    return Table(
        f"False against missed identification, network {label}",
        (
            "cut of the log odds",
            *map(_wrong_answer, _kinds(outcomes)),
        ),
        tuple(rows),
        (
            "False: foreign signal called IDENTIFIED. Missed: nothing foreign, and yet not "
            "IDENTIFIED, whatever was named. Bold: the shipped cut.",
            "The second number in brackets is the upper 95% bound.",
        ),
    )


def _wrong_answer(kind: str) -> str:
    return f"{'missed' if kind in KNOWN else 'false'}: {kind}"


def _draw(outcomes: list[ForeignAnswer], chosen: float, path: Path) -> Path:
    figure = canvas()
    axes = figure.subplots()
    limits = np.linspace(-4.0, 4.0, 81)
    curves = [proportions_at(outcomes, float(limit)) for limit in limits]
    for kind, colour in zip(_kinds(outcomes), (*COLOURS, *COLOURS), strict=False):
        value = np.array([parts[kind].value for parts in curves])
        upper = np.array([parts[kind].interval[1] for parts in curves])
        style = "--" if kind in KNOWN else "-"
        axes.plot(limits, 100 * value, color=colour, linestyle=style, label=_wrong_answer(kind))
        axes.fill_between(limits, 100 * value, 100 * upper, color=colour, alpha=0.15, linewidth=0)
    axes.axvline(chosen, color=GREY, linestyle=":")
    axes.set_xlabel("cut of the log odds that something foreign is there (dotted: shipped)")
    axes.set_ylabel("wrong answers / % (band: upper 95%)")
    axes.grid(True, color="#e6e6e6")
    axes.legend(fontsize=8)
    return save(figure, path)


def _data(outcomes: list[ForeignAnswer]) -> dict[str, Any]:
    return {
        "spectra": [
            {
                "kind": o.kind,
                "foreign": o.foreign,
                "present": sorted(o.present),
                "verdict": o.verdict,
                "named": sorted(o.named),
                "log_odds": round(o.log_odds, 3) if np.isfinite(o.log_odds) else None,
            }
            for o in outcomes
        ],
        "curve": {
            f"{limit:g}": {
                kind: part.to_json() for kind, part in proportions_at(outcomes, limit).items()
            }
            for limit in CURVE
        },
    }
