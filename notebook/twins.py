"""Which compounds can be told apart, and how clearly: one pure compound against each other one.

A pure spectrum of A is fitted by A alone and by B alone, at the shift and width that suit both
together, each with a shift of its own as in every fit of the product. The evidence for A is how
much larger chi squared is with B, under the same weights; from 95% certainty on the product prefers
one of two look-alikes.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.fit.library import Library
from device.spectra.spectrum import GridSpectrum, to_grid
from device.verdict.twins import SURE_LEAD
from evidence.figure import Context, Result
from evidence.pures import Pures, references_of
from evidence.scenes import Conditions, make_scene
from evidence.tallies import percent
from notebook.shipped import LIBRARY
from train.library.references import load_library
from train.network.evaluate import Proportion
from train.pages.drawing import canvas, save
from train.pages.table import Table

Floats = npt.NDArray[np.float64]

ALL_MEASURED = "measured37"
RESOLUTION_CM1 = 12.0
SNRS = (30.0, 100.0)
_CONDITIONS = Conditions(shift_cm1=(-1.0, 1.0), baseline=0.5)
_WORST = 12
_STREAM = 9


def make(context: Context) -> Result:
    solvents = context.pures()
    identifier = next(iter(context.identifiers().values()))
    references, asked = identifier.library.references, SURE_LEAD
    tiny = context.size.value == "tiny"
    known = load_library(LIBRARY if tiny else ALL_MEASURED)
    everything = references_of(known.names, known.references, known.resolution_cm1)
    repeats = context.count(tiny=1, full=3)
    if tiny:
        solvents = replace(solvents, names=solvents.names[-4:], spectra=solvents.spectra[-4:])
        references = references[-4:]
        everything = references_of(known.names[:3], known.references[:3], known.resolution_cm1)
    jobs = [(solvents, references, snr, repeats) for snr in SNRS]
    jobs.append((everything, everything.inside, SNRS[-1], 1))
    of_all = sum(len(pures.names) * times for pures, _, _, times in jobs)
    done = iter(range(1, of_all + 1))
    matrices = []
    for number, (pures, rows, snr, times) in enumerate(jobs):
        rng = np.random.default_rng([context.seed, _STREAM, number])
        found = []
        for _ in range(times):
            found.append(leads(rng, pures, rows, snr, lambda: context.progress(next(done), of_all)))
        matrices.append(np.stack(found))
    titles = [f"{LIBRARY}, SNR {snr:g}" for snr in SNRS] + [f"{ALL_MEASURED}, SNR {SNRS[-1]:g}"]
    named = [solvents.names, solvents.names, everything.names]
    tables = (
        _summary(titles, matrices, asked),
        _worst(
            f"Solvents hardest to tell apart, {RESOLUTION_CM1:g} cm-1",
            matrices[:2],
            solvents,
            asked,
        ),
        _worst(
            f"All measured compounds hardest to tell apart, SNR {SNRS[-1]:g}",
            matrices[2:],
            everything,
            asked,
        ),
    )
    pictures = [
        _draw(title, matrix, names, asked, context.out / f"twins-{number}.png")
        for number, (title, matrix, names) in enumerate(zip(titles, matrices, named, strict=True))
    ]
    data = {
        title: {"names": list(names), "lead": _json(matrix)}
        for title, matrix, names in zip(titles, matrices, named, strict=True)
    }
    return Result(tables, tuple(pictures), data)


def leads(
    rng: np.random.Generator, pures: Pures, references: Floats, snr: float, done: Callable[[], None]
) -> Floats:
    """[A, B]: chi squared by which the truth A beats B alone; NaN on the diagonal."""
    count = len(pures.names)
    result = np.full((count, count), np.nan)
    for truth in range(count):
        wider = RESOLUTION_CM1 / pures.fwhm_cm1
        conditions = replace(_CONDITIONS, snr=snr, fwhm_factor=wider)
        scene = make_scene(rng, pures, np.eye(count)[truth], conditions)
        gridded = to_grid(scene.spectrum)
        for other in range(count):
            if other != truth:
                result[truth, other] = lead(gridded, references[[truth, other]])
        done()
    return result


def lead(spectrum: GridSpectrum, pair: Floats) -> float:
    """Chi squared of the second reference alone less that of the first, weighed alike."""
    library = Library(pair)
    both = library.fit(spectrum)
    first = library.refit(spectrum, both, np.array([True, False]))
    second = library.refit(spectrum, both, np.array([False, True]))
    # by the better one's weights: a worse fit has a larger model error, hence smaller weights
    fits = (first, second)
    chi_squared = np.array([[one.weight @ fit.residual**2 for fit in fits] for one in fits])
    judge = 0 if chi_squared[0, 1] >= chi_squared[0, 0] else 1
    return float(chi_squared[judge, 1] - chi_squared[judge, 0])


def _off_diagonal(matrices: Floats) -> Floats:
    result: Floats = matrices[~np.isnan(matrices)]
    return result


def _summary(titles: list[str], matrices: list[Floats], asked: float) -> Table:
    rows = []
    for title, matrix in zip(titles, matrices, strict=True):
        values = _off_diagonal(matrix)
        clear = Proportion(int((values >= asked).sum()), len(values))
        wrong = Proportion(int((values <= -asked).sum()), len(values))
        rows.append((title, percent(clear), percent(wrong), f"{np.min(values):.1f}"))
    return Table(
        "One pure compound against each other one",
        (
            "library",
            f"told apart (lead of {asked:.1f})",
            "the wrong one preferred",
            "smallest lead",
        ),
        tuple(rows),
        (
            f"Spectra at a resolution of {RESOLUTION_CM1:g} cm-1, axis shift within +-1 cm-1, "
            "cubic baseline up to half the Raman height. The solvents' spectra are made apart from "
            "the references; those of all measured compounds are the references themselves.",
            "The lead is chi squared of the wrong compound alone less that of the right one; it "
            "cannot grow without end, for a misfit of 2% is always allowed.",
            "In brackets: 95% Wilson interval and n, ordered pairs times repeats.",
        ),
    )


def _worst(title: str, matrices: list[Floats], pures: Pures, asked: float) -> Table:
    """Pairs by how much of the evidence for one the other takes over, at the last SNR given."""
    taken = _taken_over(matrices[-1])
    pairs = [(a, b) for a in range(len(pures.names)) for b in range(len(pures.names)) if a != b]
    hardest = sorted(pairs, key=lambda pair: -taken[pair])[:_WORST]
    rows = []
    for a, b in hardest:
        smallest = [float(matrix[:, a, b].min()) for matrix in matrices]
        shares = [share_needed(value, asked) for value in smallest]
        leads_and_shares = zip(smallest, shares, strict=True)
        cells = [
            cell for one, share in leads_and_shares for cell in (f"{one:.0f}", _percent(share))
        ]
        rows.append((pures.names[a], pures.names[b], f"{100 * taken[a, b]:.0f}%", *cells))
    snrs = SNRS[-len(matrices) :]
    return Table(
        title,
        (
            "what it is",
            "fitted instead",
            "taken over",
            *(c for snr in snrs for c in (f"lead, SNR {snr:g}", f"share needed, SNR {snr:g}")),
        ),
        tuple(rows),
        (
            "Taken over: how much of the chi squared that speaks for the right one the other takes "
            "away, against the compound least like it.",
            f"Share needed: where the lead, growing with the square of the share, is {asked:.1f}; "
            "below it the answer is one or the other. Neighbours in a mixture raise it.",
        ),
    )


def share_needed(lead_of_the_pure: float, asked: float) -> float:
    return float(min(1.0, np.sqrt(asked / max(lead_of_the_pure, 1e-9))))


def _taken_over(matrices: Floats) -> Floats:
    middle = np.median(matrices, axis=0)
    result: Floats = 1.0 - middle / np.nanmax(middle, axis=1, keepdims=True)
    return result


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _draw(title: str, matrices: Floats, names: tuple[str, ...], asked: float, path: Path) -> Path:
    from matplotlib.colors import LogNorm

    size = 3.0 + 0.22 * len(names)
    figure = canvas(size, size + 1.5)
    axes = figure.subplots()
    middle = np.maximum(np.median(matrices, axis=0), asked)  # the diagonal stays empty
    image = axes.imshow(100 * np.sqrt(asked / middle), cmap="magma_r", norm=LogNorm(1.0, 10.0))
    bar = figure.colorbar(image, shrink=0.8, label="share needed to tell them apart / %")
    bar.ax.yaxis.set_major_formatter("{x:g}")
    places = np.arange(len(names))
    axes.set_xticks(places, names, rotation=90, fontsize=7)
    axes.set_yticks(places, names, fontsize=7)
    axes.set_ylabel("what it is")
    axes.set_xlabel("fitted instead")
    axes.set_title(f"{title}, {RESOLUTION_CM1:g} cm$^{{-1}}$", fontsize=9)
    return save(figure, path)


def _json(matrices: Floats) -> list[list[float | None]]:
    middle = np.median(matrices, axis=0)
    return [[None if np.isnan(v) else round(float(v), 2) for v in row] for row in middle]
