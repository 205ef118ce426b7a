"""Unequal mixtures of the library's compounds: who is named, and how far off the shares are.

Next: `asked.py`, who is asked.
"""

import numpy as np

from evidence.asked import methods
from evidence.figure import Context, Result
from evidence.pures import FIRST_CM1, Floats, Pures
from evidence.scenes import Conditions, Scene, draw_shares, make_scene
from evidence.tallies import Said, Tally, percent, tally, worst
from evidence.wording import counted
from train.pages.table import Table

COMPONENTS = (1, 4)
SMALLEST_SHARE = 0.08
CONDITIONS = Conditions(snr=100.0, shift_cm1=(-1.0, 1.0), baseline=1.0)
MEASURED_PURES, PURES = "measured pures", "pures"
_MUCH, _BIN_CM1 = 0.01, 50  # of the maximum, on average over so many points
_STREAM = 1  # of the seed; every figure has its own


def make(context: Context) -> Result:
    count = context.count(tiny=6, full=400)
    home_count = context.count(tiny=2, full=200)
    done = iter(range(1, count + home_count + 1))

    def step() -> None:
        context.progress(next(done), count + home_count)

    pures, home = context.pures(), context.references()
    scenes = _scenes(np.random.default_rng([context.seed, _STREAM, 0]), pures, count)
    tallies = tally(scenes, methods(context), step)
    tallies["constant 1/n, names given"] = _constant(scenes)
    home_scenes = _scenes(np.random.default_rng([context.seed, _STREAM, 1]), home, home_count)
    at_home = tally(home_scenes, methods(context), step)
    made_of = MEASURED_PURES if pures.apart else PURES
    components = counted(COMPONENTS, len(pures.names))
    exact = _table(
        f"{count} mixtures of {made_of}, {components} of at least {SMALLEST_SHARE:.0%}",
        tallies,
        pures.names,
        (
            "SNR 100 (highest Raman peak over the noise per 1 cm-1), cubic baseline up to the "
            "Raman height, axis shift within +-1 cm-1.",
            "Shares are those of spectra scaled to unit maximum over 300-2500 cm-1; the error is "
            "absolute, over the components that are there, a missed one counts its whole share.",
            *_how_far_apart(pures, home),
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
        data={made_of: data, "references": data_at_home},
        times=(times_table(tallies),),
    )


def _how_far_apart(pures: Pures, references: Pures) -> tuple[str, ...]:
    """What separates the scenes' spectra from those of the fit, where they are not the same."""
    if not pures.apart:
        return ()
    note = (
        "The scenes' pures are read and cut from their baselines apart from the models' "
        "references, but from the same native files: no new sample, no new instrument."
    )
    off = np.abs(pures.inside - references.inside).mean(axis=0)
    below = background_below_cm1(off)
    if below is not None:
        note += (
            f" The two differ by a slow background below {below:.0f} cm-1, which hurts plain "
            "least squares."
        )
    return (note,)


def background_below_cm1(difference: Floats) -> float | None:
    """Up to where a curve on the models' grid is large from the first point on; None: nowhere."""
    count = len(difference) // _BIN_CM1
    bins = difference[: count * _BIN_CM1].reshape(count, _BIN_CM1).mean(axis=1)
    large = int(np.argmin(np.append(bins > _MUCH, False)))
    return FIRST_CM1 + large * _BIN_CM1 if large else None


def _scenes(rng: np.random.Generator, pures: Pures, count: int) -> list[Scene]:
    shares = [draw_shares(rng, len(pures.names), COMPONENTS, SMALLEST_SHARE) for _ in range(count)]
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
