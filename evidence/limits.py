"""Are compounds detected at their reported limits? They are added to real frames at these.

A frame with fresh noise as large as its own is answered: some compounds are named, and of each
other one the share is reported above which it would have been detected. That much is added to the
frame, with other noise and a small shift, and the product is asked again.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from device.answer.answer import Answer
from device.answer.detection_limits import DetectionLimit
from device.answer.identifier import Identifier
from device.spectra.noise import noise_variance
from device.spectra.spectrum import Spectrum
from evidence.figure import Context, NothingToShow, Result
from evidence.pures import AXIS_CM1, Pures
from evidence.scenes import reshaped
from evidence.tallies import percent
from train.library.measured import EQUAL_PARTS, IN_LIBRARY
from train.network.evaluate import Proportion
from train.pages.drawing import COLOURS, GREY, canvas, save
from train.pages.table import Table

FRAMES = 2
FACTORS = (0.25, 0.5, 0.75, 1.0, 1.5)  # of the limit
OWN_SHIFT_CM1 = 1.0  # the added compound's, beside the frame's: bands move when liquids mix
_AIM = 0.95
_STREAM = 8


@dataclass(frozen=True, eq=False)
class Frame:
    """A measured spectrum, and what the product says of it with fresh noise."""

    name: str
    spectrum: Spectrum
    answer: Answer
    limits: tuple[DetectionLimit, ...]  # but for what it cannot show at all


@dataclass(frozen=True)
class Injection:
    frame: str
    compound: str
    limit: float  # share of the signal
    factor: float
    seen: bool
    others: tuple[str, ...]  # named besides, though neither in the frame's answer nor added


def make(context: Context) -> Result:
    identifiers, pures = context.identifiers(), context.pures()
    spectra = measured_frames(context)
    if not spectra:
        return NothingToShow(why="There is no measured spectrum of this library's compounds.")
    repeats = context.count(tiny=1, full=5)
    factors = (0.5, 1.0) if context.size.value == "tiny" else FACTORS
    found: dict[str, list[Injection]] = {}
    noise = np.random.default_rng([context.seed, _STREAM, 0])
    asked = {label: asked_frames(noise, one, spectra) for label, one in identifiers.items()}
    of_all = sum(len(frame.limits) for frames in asked.values() for frame in frames)
    of_all *= repeats * len(factors)
    if not all(any(frame.limits for frame in frames) for frames in asked.values()):
        return NothingToShow(why="The measured spectra have no compound with a detection limit.")
    done = iter(range(1, of_all + 1))
    for label, identifier in identifiers.items():
        rng = np.random.default_rng([context.seed, _STREAM, 1])
        rows = found.setdefault(label, [])
        for frame in asked[label]:
            for limit in frame.limits:
                for factor in factors:
                    for _ in range(repeats):
                        rows.append(inject(rng, identifier, pures, frame, limit, factor))
                        context.progress(next(done), of_all)
    picture = _draw(found, context.out / "limits-seen.png")
    tables = (_seen(found, factors, pures.apart), _by_compound(found, factors))
    return Result(tables, (picture,), {label: _data(rows) for label, rows in found.items()})


def measured_frames(context: Context) -> dict[str, Spectrum]:
    """Published mixtures; where none is of this library, others; else pure compounds."""
    for group in (*EQUAL_PARTS, IN_LIBRARY):
        spectra = {one.name: one.spectrum for one in context.development() if one.group == group}
        if spectra:
            return dict(sorted(spectra.items())[:FRAMES])
    return {}


def asked_frames(
    rng: np.random.Generator, identifier: Identifier, spectra: dict[str, Spectrum]
) -> list[Frame]:
    frames = []
    for name, spectrum in spectra.items():
        answer = identifier.identify(_with_noise(rng, spectrum))
        limits = (one for one in identifier.limits(answer) if one.signal_share is not None)
        frames.append(Frame(name, spectrum, answer, tuple(limits)))
    return frames


def inject(
    rng: np.random.Generator,
    identifier: Identifier,
    pures: Pures,
    frame: Frame,
    limit: DetectionLimit,
    factor: float,
) -> Injection:
    """Add the compound at `factor` times its limit and ask again."""
    answered = frame.answer.identification
    if answered.fit is None or limit.signal_share is None:
        raise ValueError(f"{frame.name} has no limit for {limit.name}")
    share = factor * limit.signal_share
    amount = share / (1.0 - share) * float(answered.fit.coefficients.sum())
    shift = answered.fit.shift_cm1 + rng.uniform(-OWN_SHIFT_CM1, OWN_SHIFT_CM1)
    curve = reshaped(pures.spectra[pures.names.index(limit.name)], shift, 0.0)
    noisy = _with_noise(rng, frame.spectrum)
    added = amount * np.interp(noisy.wavenumber_cm1, AXIS_CM1, curve)
    spiked = replace(noisy, intensity=noisy.intensity + added)
    named = {one.name for one in identifier.identify(spiked).identification.components}
    before = {one.name for one in answered.components}
    others = tuple(sorted(named - before - {limit.name}))
    seen = limit.name in named
    return Injection(frame.name, limit.name, limit.signal_share, factor, seen, others)


def _with_noise(rng: np.random.Generator, frame: Spectrum) -> Spectrum:
    """The frame with as much noise again as it has."""
    sd = float(np.sqrt(noise_variance(frame.wavenumber_cm1, frame.intensity)))
    intensity = frame.intensity + sd * rng.standard_normal(len(frame.intensity))
    return Spectrum(frame.wavenumber_cm1, intensity, source=frame.source)


def _share(rows: list[Injection]) -> Proportion:
    return Proportion(sum(one.seen for one in rows), len(rows))


def _seen(found: dict[str, list[Injection]], factors: tuple[float, ...], apart: bool) -> Table:
    rows = []
    for label, injections in found.items():
        frames = list(dict.fromkeys(one.frame for one in injections))
        for frame in (*frames, "both") if len(frames) > 1 else frames:
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
            "files; the limits are those of the frame with other noise of the same size."
            if apart
            else "The limits are those of the frame with other noise of the same size.",
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
