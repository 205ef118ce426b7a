"""What the product answers to signal that is not in its library.

Each compound of the library is left out in turn, and spectra of liquids and solids outside the
library are shown alone and added to mixtures. Beside the false answers stand the missed ones: how
often everything known is not called IDENTIFIED, over the threshold that decides between both.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from device.verdict.identification import Verdict
from device.verdict.identifier import Identifier
from evidence.figure import Context, Result
from evidence.foreign_cases import (
    FOREIGN_KINDS,
    OWN,
    OWN_MEASURED,
    SMALLEST_SHARE,
    Case,
    foreign_cases,
)
from evidence.left_out import without
from evidence.tallies import percent
from evidence.unequal import LIBRARY
from train.network.evaluate import Proportion
from train.pages.drawing import COLOURS, GREY, canvas, save
from train.pages.table import Table

CURVE = (0.02, 0.03, 0.05, 0.07, 0.09, 0.11, 0.13, 0.15, 0.20, 0.25, 0.30)


@dataclass(frozen=True)
class ForeignAnswer:
    kind: str
    foreign: str
    present: frozenset[str]
    verdict: str
    named: frozenset[str]
    limit: float  # smallest `identified_unexplained` that calls this IDENTIFIED; infinite: none

    @property
    def false_names(self) -> frozenset[str]:
        return self.named - self.present


def make(context: Context) -> Result:
    identifiers = context.identifiers(LIBRARY)
    cases = list(foreign_cases(context, next(iter(identifiers.values()))))
    of_all = len(cases) * len(identifiers)
    done = iter(range(1, of_all + 1))
    outcomes = {
        label: [ask(one, case, lambda: context.progress(next(done), of_all)) for case in cases]
        for label, one in identifiers.items()
    }
    limit = next(iter(identifiers.values())).thresholds.identified_unexplained
    first = next(iter(outcomes))
    picture = _draw(outcomes[first], limit, context.out / "unknowns-curve.png")
    tables = (
        _verdicts(outcomes),
        _missed(outcomes),
        *(_curve(label, found, limit) for label, found in outcomes.items()),
    )
    return Result(tables, (picture,), {label: _data(o) for label, o in outcomes.items()})


def ask(identifier: Identifier, case: Case, done: Callable[[], None]) -> ForeignAnswer:
    """Put the case to the product, without the compound that the case leaves out."""
    asked = identifier if case.left_out is None else without(identifier, case.left_out)
    found = asked.identify(case.spectrum).identification
    done()
    limit = np.inf
    # nothing was asserted when the last fit is the one of the whole library
    if found.fit is not None and found.fit is not found.full_fit:
        alone = replace(asked.thresholds, identified_unexplained=np.inf)
        if alone.explains(found.fit):  # no other threshold is exceeded
            # the tolerated part is the threshold times something that only depends on the fit
            limit = found.fit.unexplained / asked.thresholds.unexplained_part(found.fit)
    identified = found.verdict is Verdict.IDENTIFIED
    if not identified and limit <= asked.thresholds.identified_unexplained:
        limit = np.inf  # it has another reason, which no threshold moves
    named = frozenset(component.name for component in found.components)
    return ForeignAnswer(case.kind, case.foreign, case.present, str(found.verdict), named, limit)


def _of(outcomes: list[ForeignAnswer], kind: str) -> list[ForeignAnswer]:
    return [o for o in outcomes if o.kind == kind]


def _share(outcomes: list[ForeignAnswer], hit: Callable[[ForeignAnswer], bool]) -> Proportion:
    return Proportion(sum(map(hit, outcomes)), len(outcomes))


def _verdicts(outcomes: dict[str, list[ForeignAnswer]]) -> Table:
    rows = []
    for kind in (*FOREIGN_KINDS, OWN, OWN_MEASURED):
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
            "SNR 100, cubic baseline up to half the Raman height, axis shift within +-1 cm-1; one "
            "to three known compounds beside the foreign signal unless said otherwise, of "
            f"{SMALLEST_SHARE:.0%} and more of their part. Percentages are shares of "
            "spectra scaled to unit maximum.",
            "A left-out compound is taken out of references and answers; the network still knows "
            "it by training, so its other outputs are a little better than they should be.",
            "The interval (95%, Wilson) counts spectra. They come from 13 left-out compounds and "
            "25 spectra outside the library (one liquid twice): for other substances it is wider.",
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
                limits = sorted(o.limit for o in part if np.isfinite(o.limit))
                rows.append(
                    (
                        kind,
                        name,
                        label,
                        f"{len(wrong)} of {len(part)}",
                        f"{limits[0]:.3f}, {float(np.median(limits)):.3f}" if limits else "-",
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
            "threshold needed: least, median",
            "false names",
        ),
        tuple(rows),
        (
            "Threshold needed: the `identified_unexplained` from which on it is called IDENTIFIED, "
            "over the spectra in which something was asserted.",
        ),
    )


def proportions_at(outcomes: list[ForeignAnswer], limit: float) -> dict[str, Proportion]:
    """By kind: called IDENTIFIED if the threshold were `limit`; for known ones: not called so."""
    result = {
        kind: _share(_of(outcomes, kind), lambda o: o.limit <= limit) for kind in FOREIGN_KINDS
    }
    for kind in (OWN, OWN_MEASURED):
        result[kind] = _share(_of(outcomes, kind), lambda o: o.limit > limit)
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
            "`identified_unexplained`",
            *(f"false: {kind}" for kind in FOREIGN_KINDS),
            *(f"missed: {kind}" for kind in (OWN, OWN_MEASURED)),
        ),
        tuple(rows),
        (
            "False: foreign signal called IDENTIFIED. Missed: nothing foreign, and yet not "
            "IDENTIFIED, whatever was named. Bold: the shipped threshold.",
            "The threshold is that of references that match badly; where they match to the noise, "
            "a quarter of it and a little more is tolerated. The second number in brackets is the "
            "upper 95% bound.",
        ),
    )


def _draw(outcomes: list[ForeignAnswer], chosen: float, path: Path) -> Path:
    figure = canvas()
    axes = figure.subplots()
    limits = np.linspace(0.005, 0.4, 80)
    curves = [proportions_at(outcomes, float(limit)) for limit in limits]
    for kind, colour in zip(
        (*FOREIGN_KINDS, OWN, OWN_MEASURED), (*COLOURS, *COLOURS), strict=False
    ):
        value = np.array([parts[kind].value for parts in curves])
        upper = np.array([parts[kind].interval[1] for parts in curves])
        known = kind in (OWN, OWN_MEASURED)
        name = f"{'missed' if known else 'false'}: {kind}"
        axes.plot(limits, 100 * value, color=colour, linestyle="--" if known else "-", label=name)
        axes.fill_between(limits, 100 * value, 100 * upper, color=colour, alpha=0.15, linewidth=0)
    axes.axvline(chosen, color=GREY, linestyle=":")
    axes.set_xlabel("threshold of the unexplained part (dotted: shipped)")
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
                "limit": round(o.limit, 5) if np.isfinite(o.limit) else None,
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
