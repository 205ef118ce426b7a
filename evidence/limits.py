"""Are compounds detected at their reported limits? They are added to real frames at these.

A frame with fresh noise as large as its own is answered: some compounds are named, and of each
other one the share is reported above which it would have been detected. That much is added to the
frame, with other noise and a small shift, and the product is asked again.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from device.spectra.files.reading import read_spectrum
from device.spectra.noise import noise_variance
from device.spectra.spectrum import Spectrum
from device.verdict.answer import Answer
from device.verdict.identifier import Identifier
from device.verdict.limits import DetectionLimit
from evidence.figure import Context, Result
from evidence.pures import AXIS_CM1, Pures, measured_pures
from evidence.scenes import reshaped
from evidence.tallies import percent
from evidence.unequal import LIBRARY
from train.library.measured import DATA
from train.network.evaluate import Proportion
from train.pages.drawing import COLOURS, GREY, canvas, save
from train.pages.table import Table

FRAMES = ("FourSolvent-1", "ThreeSolvent-1")
FACTORS = (0.25, 0.5, 0.75, 1.0, 1.5)  # of the limit
OWN_SHIFT_CM1 = 1.0  # the added compound's, beside the frame's: bands move when liquids mix
_AIM = 0.95
_STREAM = 8


@dataclass(frozen=True)
class Injection:
    frame: str
    compound: str
    limit: float  # share of the signal
    factor: float
    seen: bool
    others: tuple[str, ...]  # named besides, though neither in the frame's answer nor added


def make(context: Context) -> Result:
    identifiers = context.identifiers(LIBRARY)
    pures = measured_pures(LIBRARY)
    repeats = context.count(tiny=1, full=5)
    factors = (0.5, 1.0) if context.size.value == "tiny" else FACTORS
    found: dict[str, list[Injection]] = {}
    noise = np.random.default_rng([context.seed, _STREAM, 0])
    asked = {label: _limits(noise, identifier) for label, identifier in identifiers.items()}
    of_all = sum(len(one[1]) for frames in asked.values() for one in frames.values())
    of_all *= repeats * len(factors)
    done = iter(range(1, of_all + 1))
    for label, identifier in identifiers.items():
        rng = np.random.default_rng([context.seed, _STREAM, 1])
        rows = found.setdefault(label, [])
        for frame, (answer, limits) in asked[label].items():
            for limit in limits:
                for factor in factors:
                    for _ in range(repeats):
                        rows.append(inject(rng, identifier, pures, frame, answer, limit, factor))
                        context.progress(next(done), of_all)
    picture = _draw(found, context.out / "limits-seen.png")
    tables = (_seen(found, factors), _by_compound(found, factors))
    return Result(tables, (picture,), {label: _data(rows) for label, rows in found.items()})


def inject(
    rng: np.random.Generator,
    identifier: Identifier,
    pures: Pures,
    frame: str,
    answer: Answer,
    limit: DetectionLimit,
    factor: float,
) -> Injection:
    """Add the compound at `factor` times its limit and ask again."""
    fit = answer.identification.fit
    if fit is None or limit.signal_share is None:
        raise ValueError(f"{frame} has no limit for {limit.name}")
    share = factor * limit.signal_share
    amount = share / (1.0 - share) * float(fit.coefficients.sum())
    shift = fit.shift_cm1 + rng.uniform(-OWN_SHIFT_CM1, OWN_SHIFT_CM1)
    curve = reshaped(pures.spectra[pures.names.index(limit.name)], shift, 0.0)
    noisy = _with_noise(rng, _frame(frame))
    added = amount * np.interp(noisy.wavenumber_cm1, AXIS_CM1, curve)
    spiked = replace(noisy, intensity=noisy.intensity + added)
    named = {one.name for one in identifier.identify(spiked).identification.components}
    before = {one.name for one in answer.identification.components}
    others = tuple(sorted(named - before - {limit.name}))
    return Injection(frame, limit.name, limit.signal_share, factor, limit.name in named, others)


def _frame(name: str) -> Spectrum:
    return read_spectrum(DATA / f"solvents13/mixtures/{name}.txt")


def _with_noise(rng: np.random.Generator, frame: Spectrum) -> Spectrum:
    """The frame with as much noise again as it has."""
    sd = float(np.sqrt(noise_variance(frame.wavenumber_cm1, frame.intensity)))
    intensity = frame.intensity + sd * rng.standard_normal(len(frame.intensity))
    return Spectrum(frame.wavenumber_cm1, intensity, source=frame.source)


def _limits(
    rng: np.random.Generator, identifier: Identifier
) -> dict[str, tuple[Answer, list[DetectionLimit]]]:
    """Of each frame with fresh noise; what it cannot show at all is left out."""
    result = {}
    for frame in FRAMES:
        answer = identifier.identify(_with_noise(rng, _frame(frame)))
        limits = [one for one in identifier.limits(answer) if one.signal_share is not None]
        result[frame] = answer, limits
    return result


def _share(rows: list[Injection]) -> Proportion:
    return Proportion(sum(one.seen for one in rows), len(rows))


def _seen(found: dict[str, list[Injection]], factors: tuple[float, ...]) -> Table:
    rows = []
    for label, injections in found.items():
        for frame in (*FRAMES, "both"):
            part = [one for one in injections if frame in (one.frame, "both")]
            cells = [percent(_share([i for i in part if i.factor == f])) for f in factors]
            others = Proportion(sum(bool(one.others) for one in part), len(part))
            rows.append((frame, label, *cells, percent(others)))
    return Table(
        "Seen when added to a real frame",
        (
            "frame",
            "network",
            *(f"at {factor:g} of the limit" for factor in factors),
            "something else named",
        ),
        tuple(rows),
        (
            f"Each compound that the frame's answer does not name, added at its detection limit "
            f"(aim: seen in {_AIM:.0%}) and at parts and multiples of it, with fresh noise of the "
            f"frame's own variance and a shift of its own within +-{OWN_SHIFT_CM1:g} cm-1.",
            "What is added is prepared apart from the library's references, from the same native "
            "files; the limits are those of the frame with other noise of the same size.",
            "Something else named: neither in the frame's own answer nor added.",
            "In brackets: 95% Wilson interval and n.",
        ),
    )


def _by_compound(found: dict[str, list[Injection]], factors: tuple[float, ...]) -> Table:
    rows = []
    first = next(iter(found))
    for frame, compound in dict.fromkeys((one.frame, one.compound) for one in found[first]):
        part = [i for i in found[first] if (i.frame, i.compound) == (frame, compound)]
        cells = []
        for factor in factors:
            share = _share([one for one in part if one.factor == factor])
            cells.append(f"{share.hits} of {share.n}")
        rows.append((frame, compound, f"{100 * part[0].limit:.1f}%", *cells))
    return Table(
        f"By compound, network {first}",
        ("frame", "compound", "limit", *(f"seen at {factor:g}" for factor in factors)),
        tuple(rows),
    )


def _draw(found: dict[str, list[Injection]], path: Path) -> Path:
    figure = canvas(3.5)
    axes = figure.subplots()
    for (label, injections), colour in zip(found.items(), COLOURS, strict=False):
        factors = sorted({one.factor for one in injections})
        parts = [_share([i for i in injections if i.factor == f]) for f in factors]
        value = np.array([part.value for part in parts])
        low, high = np.array([part.interval for part in parts]).T
        spread = 100 * np.maximum([value - low, high - value], 0.0)
        axes.errorbar(
            factors, 100 * value, spread, fmt="o-", color=colour, label=f"network {label}"
        )
    axes.axhline(100 * _AIM, color=GREY, linestyle=":")
    axes.set_xscale("log", base=2)
    axes.set_xticks(factors, [f"{factor:g}" for factor in factors])
    axes.set_xlabel("added share / detection limit")
    axes.set_ylabel("seen / % (95% Wilson; dotted: aim)")
    axes.legend(fontsize=8)
    axes.grid(True, color="#e6e6e6")
    return save(figure, path)


def _data(rows: list[Injection]) -> list[dict[str, Any]]:
    return [
        {
            "frame": one.frame,
            "compound": one.compound,
            "limit": round(one.limit, 5),
            "factor": one.factor,
            "seen": one.seen,
            "others": list(one.others),
        }
        for one in rows
    ]
