"""Mixtures under everything that goes wrong one at a time, beside what physics allows."""

from dataclasses import dataclass, replace

import numpy as np

from evidence.asked import methods
from evidence.figure import Context, Result
from evidence.ideal import NO_IDEAL, ideal_detector
from evidence.pures import Pures
from evidence.scenes import Conditions, Scene, draw_shares, make_scene
from evidence.tallies import Tally, ideal, percent, tally, worst
from evidence.wording import counted
from train.pages.table import Table

SMALLEST_SHARE = 0.05
COMPONENTS = (1, 5)
_STREAM = 2
_CLEAN = Conditions(snr=100.0, baseline=0.5)
IDEAL = "ideal linear detector"


@dataclass(frozen=True)
class Trial:
    name: str
    conditions: Conditions
    ideal: bool = False  # the ideal detector models neither shifts nor rays nor wide lines


TRIALS = (
    Trial("clean, SNR 100", _CLEAN, ideal=True),
    Trial("SNR 50", replace(_CLEAN, snr=50.0), ideal=True),
    Trial("SNR 30", replace(_CLEAN, snr=30.0), ideal=True),
    Trial("shift +5 cm-1", replace(_CLEAN, shift_cm1=(5.0, 5.0))),
    Trial("shift -5 cm-1", replace(_CLEAN, shift_cm1=(-5.0, -5.0))),
    Trial("FWHM +50%", replace(_CLEAN, fwhm_factor=1.5)),
    Trial("one cosmic ray", replace(_CLEAN, cosmic_rays=1)),
    Trial("baseline 19 times the Raman", replace(_CLEAN, baseline=19.0, strong_baseline=True)),
)


def make(context: Context) -> Result:
    pures = context.pures()
    count = context.count(tiny=2, full=200)
    done = iter(range(1, count * len(TRIALS) + 1))
    components = counted(COMPONENTS, len(pures.names))
    detector = ideal_detector(pures.inside, COMPONENTS[1], SMALLEST_SHARE)
    found = {}
    for number, trial in enumerate(TRIALS):
        rng = np.random.default_rng([context.seed, _STREAM, number])
        every = methods(context)
        scenes = _scenes(rng, pures, count, trial.conditions)
        if trial.ideal and detector is not None:
            every[IDEAL] = ideal(detector, scenes)
        found[trial.name] = tally(
            scenes, every, lambda: context.progress(next(done), count * len(TRIALS))
        )
    names = list(dict.fromkeys(name for tallies in found.values() for name in tallies))
    exact = Table(
        f"Exact match, {components} of at least {SMALLEST_SHARE:.0%}, {count} mixtures each",
        ("condition", *names),
        tuple(
            (trial, *(percent(t[name].exact_match) if name in t else "-" for name in names))
            for trial, t in found.items()
        ),
        (
            "Shares of spectra scaled to unit maximum; SNR is the highest Raman peak over the "
            "noise per 1 cm-1; cubic baseline up to half the Raman height unless said otherwise.",
            "FWHM +50%: the whole spectrum through a slit that widens lines of "
            f"{pures.fwhm_cm1:g} cm-1 to {1.5 * pures.fwhm_cm1:g}.",
            "The ideal linear detector knows every pure and the noise, has no shift or width to "
            "find, and knows that no component is below 5%: nobody need beat it."
            if detector is not None
            else NO_IDEAL,
            "In brackets: 95% Wilson interval and n.",
        ),
    )
    data = {
        trial: {name: one.to_json(pures.names) for name, one in tallies.items()}
        for trial, tallies in found.items()
    }
    return Result((exact, _errors(found, pures.names)), data=data)


def _errors(found: dict[str, dict[str, Tally]], names: tuple[str, ...]) -> Table:
    return Table(
        "What was missed and added",
        ("condition", "method", "missed", "added"),
        tuple(
            (trial, method, worst(one.missed, names), worst(one.added, names))
            for trial, tallies in found.items()
            for method, one in tallies.items()
            if one.exact < one.n
        ),
    )


def _scenes(
    rng: np.random.Generator, pures: Pures, count: int, conditions: Conditions
) -> list[Scene]:
    shares = [draw_shares(rng, len(pures.names), COMPONENTS, SMALLEST_SHARE) for _ in range(count)]
    return [make_scene(rng, pures, row, conditions) for row in shares]
