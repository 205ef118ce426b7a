"""The numbers of the decision: do their stated error rates hold, and do they depend on a compound?

Fresh scenes of the generator that the numbers are fitted with (`train/decision/`): first under the
bundle's own numbers; then under numbers fitted without all scenes in which one compound plays a
part, and without those of one kind of instrument, asked about just these.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from device.inference.bundle import Bundle
from device.inference.decision_numbers import DecisionNumbers
from device.inference.interpreter import Prediction
from device.verdict.identification import Verdict, identify
from evidence.figure import Context, Result
from evidence.tallies import percent
from train.decision.examples import Example, ExampleMaker
from train.decision.logistic import TooFewExamples
from train.decision.scenes import Kind
from train.decision.weights import FALSE_FOREIGN, FALSE_NAMES, FALSE_NAMES_BESIDE, fitted
from train.network.evaluate import Proportion
from train.pages.table import Table

_STREAM = 15
_MOST_COMPOUNDS = 13  # that are held apart in turn


@dataclass(frozen=True)
class Judged:
    kind: str
    verdict: str
    exact: bool
    false_name: bool
    foreign: float
    class_told: str  # of a foreign substance; empty: none
    class_there: str  # of one left out of the library that keeps two of its class or more


def make(context: Context) -> Result:
    identifiers = context.identifiers()
    tables, data = [], {}
    for label, identifier in identifiers.items():
        shown, numbers = _of(context, label, identifier.bundle, len(identifiers))
        tables += shown
        data[label] = numbers
    return Result(tuple(tables), data=data)


def _of(
    context: Context, label: str, bundle: Bundle, networks: int
) -> tuple[list[Table], dict[str, object]]:
    fresh, each = context.count(60, 3000), context.part(30, 1500)
    of_all = (fresh + 3 * each) * networks
    counted = iter(range(1, of_all + 1))
    maker = ExampleMaker(bundle, context.seed * 100 + _STREAM)

    def done() -> None:
        context.progress(next(counted), of_all)

    examples = list(maker.examples(3, fresh, done))
    judge = partial(_judged, bundle)
    own = [judge(one, bundle.manifest.decision.numbers) for one in examples]
    streams = [list(maker.examples(part, each, done)) for part in range(3)]
    rows = []
    for name, apart in _held_apart(bundle):
        without = [[one for one in stream if not apart(one)] for stream in streams]
        try:
            numbers, _ = fitted(without, np.random.default_rng([context.seed, _STREAM]))
        except TooFewExamples:
            continue
        asked = [(one, said) for one, said in zip(examples, own, strict=True) if apart(one)]
        others = [judge(one, numbers) for one, _ in asked]
        rows.append((name, *_compared([said for _, said in asked], others)))
    return (
        [_rates(label, own), _apart(label, rows, each)],
        {"fresh": [vars(one) for one in own]},
    )


def _held_apart(bundle: Bundle) -> Iterator[tuple[str, Callable[[Example], bool]]]:
    """Which scenes are left out of the fit, and asked about afterwards."""
    for index, name in enumerate(bundle.manifest.compound_names[:_MOST_COMPOUNDS]):
        yield name, partial(_has_compound, index)
    yield "the references' own instrument", _own_instrument
    yield "other instruments", _other_instrument


def _has_compound(index: int, one: Example) -> bool:
    return index in one.compounds


def _own_instrument(one: Example) -> bool:
    return one.own_instrument


def _other_instrument(one: Example) -> bool:
    return not one.own_instrument


def _judged(bundle: Bundle, one: Example, numbers: DecisionNumbers) -> Judged:
    compounds = [bundle.manifest.compounds[index] for index in one.kept]
    found = identify(one.gridded, Prediction(one.presence, None), one.library, compounds, numbers)
    named = {component.name for component in found.components}
    present = {compounds[index].name for index in np.flatnonzero(one.present)}
    told = "".join(reason.text for reason in found.reasons if reason.code == "of_a_class")
    classes = [compound.chemical_class for compound in compounds]
    return Judged(
        kind=str(one.kind),
        verdict=str(found.verdict),
        exact=named == present,
        false_name=bool(named - present),
        foreign=one.foreign,
        class_told=next((name for name in classes if name and name in told), ""),
        class_there=_class_left_out(bundle, one, classes),
    )


def _class_left_out(bundle: Bundle, one: Example, kept: Sequence[str]) -> str:
    every = [compound.chemical_class for compound in bundle.manifest.compounds]
    own = next((name for index, name in enumerate(every) if index not in one.kept), "")
    return own if kept.count(own) > 1 else ""


def _rates(label: str, judged: Sequence[Judged]) -> Table:
    known = [one for one in judged if one.kind == Kind.KNOWN]
    seen = [
        one
        for one in judged
        if one.kind != Kind.KNOWN and one.verdict in (Verdict.PARTIAL, "UNKNOWN")
    ]
    rows = [
        ("false name, everything in the library", f"{FALSE_NAMES:.0%}", _part(known, "false_name")),
        (
            "said to hold something foreign, everything in the library",
            f"{FALSE_FOREIGN:.0%}",
            _share([one.verdict == Verdict.PARTIAL for one in known]),
        ),
        (
            "false name where something foreign was found",
            f"{FALSE_NAMES_BESIDE:.0%}",
            _part(seen, "false_name"),
        ),
    ]
    for kind in Kind:
        part = [one for one in judged if one.kind == kind and one.foreign >= 0.1]
        if part:
            hits = _share([one.verdict == Verdict.IDENTIFIED for one in part])
            rows.append((f"IDENTIFIED with 10% and more of {kind}", "", hits))
    alone = [one for one in judged if one.foreign == 1.0 and one.kind != Kind.HOMOLOGUE]
    of_class = [one.class_told == one.class_there for one in alone if one.class_there]
    if of_class:
        rows.append(("told its class, one of a class left out, alone", "", _share(of_class)))
    if any(one.class_told for one in judged) or of_class:
        false = [one.class_told not in ("", one.class_there) for one in alone]
        rows.append(("told another class than its own, foreign alone", "", _share(false)))
    rows.append(("exactly right, everything in the library", "", _part(known, "exact")))
    return Table(
        f"Error rates on fresh scenes, network {label}",
        ("what", "stated: at most", "found"),
        tuple(rows),
        (
            "Scenes of the generator that the numbers were fitted with, of another seed: SNR 12 to "
            "1,500, shares from 0.8%, other instruments, bad dark frames, homologues. In brackets: "
            "95% Wilson interval and n.",
        ),
    )


def _part(judged: Sequence[Judged], what: str) -> str:
    return _share([getattr(one, what) for one in judged])


def _share(hits: Sequence[bool]) -> str:
    return percent(Proportion(sum(hits), len(hits))) if hits else "no such scene"


def _compared(own: Sequence[Judged], others: Sequence[Judged]) -> tuple[str, ...]:
    """Exact and false under both, and how many scenes each alone gets right."""
    better = sum(a.exact and not b.exact for a, b in zip(own, others, strict=True))
    worse = sum(b.exact and not a.exact for a, b in zip(own, others, strict=True))
    return (
        _part(own, "exact"),
        _part(others, "exact"),
        f"-{better} +{worse}",
        _part(own, "false_name"),
        _part(others, "false_name"),
    )


def _apart(label: str, rows: Sequence[tuple[str, ...]], scenes: int) -> Table:
    return Table(
        f"Numbers fitted without a compound or an instrument, network {label}",
        (
            "held apart",
            "exact, the bundle's numbers",
            "exact, held apart",
            "lost, won",
            "false name, the bundle's",
            "false name, held apart",
        ),
        tuple(rows),
        (
            "Asked about the scenes that were held apart alone; names must all be right and none "
            f"more. The numbers held apart are fitted on three times {scenes} scenes less these.",
        ),
    )
