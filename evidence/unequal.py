"""Unequal mixtures of the measured pures: who is named, and how far off the shares are."""

import numpy as np

from evidence.figure import Context, Result
from evidence.pures import Pures, library_references, measured_pures
from evidence.rivals import LeastSquares
from evidence.scenes import Conditions, Scene, draw_shares, make_scene
from evidence.tallies import (
    Method,
    Said,
    Tally,
    network,
    percent,
    product,
    rival,
    tally,
    worst,
)
from train.pages.table import Table

LIBRARY = "solvents13"
SMALLEST_SHARE = 0.08
CONDITIONS = Conditions(snr=100.0, shift_cm1=(-1.0, 1.0), baseline=1.0)
_STREAM = 1  # of the seed; every figure has its own


def make(context: Context) -> Result:
    count = context.count(tiny=6, full=400)
    home_count = context.count(tiny=2, full=200)
    done = iter(range(1, count + home_count + 1))

    def step() -> None:
        context.progress(next(done), count + home_count)

    pures = measured_pures(LIBRARY)
    scenes = _scenes(np.random.default_rng([context.seed, _STREAM, 0]), pures, count)
    tallies = tally(scenes, methods(context), step)
    tallies["constant 1/n, names given"] = _constant(scenes)
    home = library_references(LIBRARY)
    home_scenes = _scenes(np.random.default_rng([context.seed, _STREAM, 1]), home, home_count)
    at_home = tally(home_scenes, methods(context), step)
    exact = _table(
        f"{count} mixtures of measured pures, 1-4 components of at least {SMALLEST_SHARE:.0%}",
        tallies,
        pures.names,
        (
            "SNR 100 (highest Raman peak over the noise per 1 cm-1), cubic baseline up to the "
            "Raman height, axis shift within +-1 cm-1.",
            "Shares are those of spectra scaled to unit maximum over 300-2500 cm-1; the error is "
            "absolute, over the components that are there, a missed one counts its whole share.",
            "The scenes' pures are read and cut from their baselines apart from the models' "
            "references, but from the same native files: no new sample, no new instrument. The "
            "two differ by a slow background below 550 cm-1, which hurts plain least squares.",
            "In brackets: 95% Wilson interval and n.",
        ),
    )
    exact_at_home = _table(
        f"The same on the rivals' home ground: {home_count} mixtures of the library's references",
        at_home,
        pures.names,
        ("Least squares knows the very spectra that these mixtures are made of.",),
    )
    data = {name: found.to_json(pures.names) for name, found in tallies.items()}
    data_at_home = {name: found.to_json(pures.names) for name, found in at_home.items()}
    return Result(
        (exact, _by_components(tallies), exact_at_home),
        data={"measured pures": data, "references": data_at_home},
        times=(times_table(tallies),),
    )


def _scenes(rng: np.random.Generator, pures: Pures, count: int) -> list[Scene]:
    shares = [draw_shares(rng, len(pures.names), (1, 4), SMALLEST_SHARE) for _ in range(count)]
    return [make_scene(rng, pures, row, CONDITIONS) for row in shares]


def _table(
    title: str, tallies: dict[str, Tally], names: tuple[str, ...], notes: tuple[str, ...]
) -> Table:
    return Table(
        title,
        ("method", "exact", "mean share error, present ones", "missed", "added"),
        tuple(
            (
                name,
                percent(found.exact_match),
                f"{100 * found.share_error:.2f}%",
                worst(found.missed, names),
                worst(found.added, names),
            )
            for name, found in tallies.items()
        ),
        notes,
    )


def methods(context: Context) -> dict[str, Method]:
    """The product and its networks by themselves, then the rivals."""
    result: dict[str, Method] = {}
    references = None
    for label, identifier in context.identifiers(LIBRARY).items():
        result[f"RaMixNet {label} and library fit"] = product(identifier)
        result[f"RaMixNet {label} alone"] = network(identifier)
        references = identifier.library.references
    if references is not None:
        result["least squares, 3%"] = rival(LeastSquares(references))
        result["first derivative, 3%"] = rival(LeastSquares(references, derivative=True))
    return result


def times_table(tallies: dict[str, Tally]) -> Table:
    """Median time a spectrum; kept out of the pages, which are the same in every run."""
    return Table(
        "Time a spectrum",
        ("method", "median / ms"),
        tuple((name, f"{found.milliseconds:.2f}") for name, found in tallies.items()),
        ("This machine, this run: compare within the table only.",),
    )


def _constant(scenes: list[Scene]) -> Tally:
    result = Tally()
    for scene in scenes:
        shares = scene.present / scene.present.sum()
        result.add(scene.present, scene.shares, Said(scene.present, shares))
    return result


def _by_components(tallies: dict[str, Tally]) -> Table:
    counts = sorted({count for found in tallies.values() for count in found.by_count})
    return Table(
        "Exact by number of components",
        ("method", *(str(count) for count in counts)),
        tuple(
            (name, *("{}/{}".format(*found.by_count.get(count, [0, 0])) for count in counts))
            for name, found in tallies.items()
        ),
    )
