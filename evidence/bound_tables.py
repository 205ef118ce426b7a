"""Scatter and bias against the photon-limited bound, as tables and a picture.

Next: `bound_pool.py`, how mixtures are pooled; `bound.py`, which makes the cells.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from evidence.bound_pool import BOUND, Cell, Pooled, pool
from evidence.tallies import percent
from train.network.evaluate import Proportion
from train.pages.drawing import COLOURS, canvas, save
from train.pages.table import Table

ANY = "axis shift, line width, baseline; any compound of the library"
TOLD = "weighted least squares, told the mixture"
FIT = "library fit alone"
SHOWN = (0.05, 0.20, 0.50)  # the fourth component fills up


def scatter_table(cells: list[Cell], mixtures: int, repeats: int, made_of: str) -> Table:
    methods = tuple(cells[0].answers)
    return Table(
        "Standard deviation of a share, and efficiency against the photon-limited bound",
        ("share", "electrons", "SNR", "bound", *methods),
        tuple(
            (*_place(group), f"{100 * _rms(group, BOUND):.3f}%", *_each(group, methods, _scatter))
            for group in _groups(cells)
        ),
        (
            f"{mixtures} random mixtures of four {made_of} (50, 25, 20 and 5% of the signal), "
            f"{repeats} repeats each that differ in counted photons alone. Electrons: at the "
            "highest Raman peak, over all frames; SNR: there. Shot noise, dark current and read "
            "noise of the simulated camera, a dark frame taken off; cubic baseline up to half the "
            "Raman height, axis shift 0.4 cm-1, lines wider by 3 cm-2.",
            "Bound: Cramer-Rao, root mean square over the mixtures; axis shift, a common line "
            "width and the baseline (all that the library fit lets through: degrees 0 to 9) are "
            "unknown, the four compounds are known.",
            "In brackets: efficiency, the bound's variance over the observed one over the same "
            "mixtures, and its 95% interval. A scatter of named shares only; where a method names "
            "the component in less than half of a mixture's repeats, the mixture is left out and "
            "the number of those left stands behind.",
            "The bound holds for unbiased answers: one that leans to what it learnt, or has a grid "
            "of 256 levels, can scatter less and be further off. See the next table.",
        ),
    )


def bias_table(cells: list[Cell]) -> Table:
    methods = tuple(cells[0].answers)
    return Table(
        "Bias, and everything together",
        ("share", "electrons", "SNR", *methods),
        tuple((*_place(group), *_each(group, methods, _bias)) for group in _groups(cells)),
        (
            "Root mean square over mixtures of the mean answer less the truth, in percent of the "
            "signal; after the slash, with the scatter. Photons do not help against it: it is the "
            "difference between the scenes' pures and the references, and what a method leans to.",
            "The first method knows the scenes' own pures; the others know the models' references.",
        ),
    )


def bounds_table(cells: list[Cell]) -> Table:
    names = tuple(cells[0].bounds)
    return Table(
        "What it costs not to know",
        ("share", "electrons", "SNR", *names),
        tuple(
            (*_place(group), *(f"{100 * _rms(group, name):.3f}%" for name in names))
            for group in _groups(cells)
        ),
        ("Bounds of the standard deviation, by what is unknown besides the amounts.",),
    )


def exact_table(cells: list[Cell]) -> Table:
    methods = tuple(cells[0].exact)
    groups = [group for group in _groups(cells) if group[0].share == SHOWN[0]]
    return Table(
        "Exactly the four compounds named",
        ("electrons", "SNR", *methods),
        tuple(
            (*_place(group)[1:], *(percent(_exact(group, method)) for method in methods))
            for group in groups
        ),
        ("In brackets: 95% Wilson interval and n, repeats of all mixtures.",),
    )


def draw(cells: list[Cell], path: Path) -> Path:
    figure = canvas(height_inches=4.6)
    panels = figure.subplots(1, len(SHOWN), sharey=True)
    for axes, share in zip(panels, SHOWN, strict=True):
        groups = [group for group in _groups(cells) if group[0].share == share]
        photons = [group[0].electrons for group in groups]
        bound = [100 * _rms(group, BOUND) for group in groups]
        axes.plot(photons, bound, color="black", linewidth=2, label="bound")
        for method, colour in zip(cells[0].answers, COLOURS, strict=False):
            found = [(group[0].electrons, pool(group, method)) for group in groups]
            drawn = [(x, one) for x, one in found if one is not None]
            x = [electrons for electrons, _ in drawn]
            sd, error = ([100 * getattr(one, k) for _, one in drawn] for k in ("sd", "error"))
            axes.plot(x, sd, color=colour, marker="o", markersize=4, label=method)
            axes.plot(x, error, color=colour, linestyle=":")
        axes.set(xscale="log", yscale="log", title=f"share {share:.0%}")
        axes.set_xlabel("electrons at the highest peak")
        axes.grid(True, which="both", color="#eeeeee")
    panels[0].set_ylabel("sd (dotted: with bias) / % of the signal")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8)
    return save(figure, path)


def to_json(cells: list[Cell]) -> dict[str, Any]:
    """By share and electrons: bounds, and what each method reached."""
    rows = []
    for group in _groups(cells, shown=(*SHOWN, 0.25)):
        methods: dict[str, Any] = {}
        for method in group[0].answers:
            one = pool(group, method)
            methods[method] = None if one is None else _numbers(one)
        rows.append(
            {
                "share": group[0].share,
                "electrons": group[0].electrons,
                "snr": round(_snr(group), 2),
                "bounds": {name: _rounded(_rms(group, name)) for name in group[0].bounds},
                "methods": methods,
                "exact": {name: _exact(group, name).to_json() for name in group[0].exact},
            }
        )
    mixtures = sorted({(cell.mixture, cell.share, cell.compound) for cell in cells})
    return {"rows": rows, "mixtures": [list(one) for one in mixtures]}


def _groups(cells: list[Cell], shown: tuple[float, ...] = SHOWN) -> list[list[Cell]]:
    """By share, then electrons."""
    keys = sorted({(cell.share, cell.electrons) for cell in cells if cell.share in shown})
    return [[c for c in cells if (c.share, c.electrons) == key] for key in keys]


def _place(group: list[Cell]) -> tuple[str, ...]:
    return f"{group[0].share:.0%}", f"{group[0].electrons:,.0f}", f"{_snr(group):.0f}"


def _each(
    group: list[Cell], methods: tuple[str, ...], show: Callable[[Pooled, int], str]
) -> tuple[str, ...]:
    found = (pool(group, method) for method in methods)
    return tuple("-" if one is None else show(one, len(group)) for one in found)


def _scatter(one: Pooled, of_all: int) -> str:
    low, high = one.interval
    text = f"{100 * one.sd:.3f}% ({100 * one.efficiency:.0f}%, {100 * low:.0f}-{100 * high:.0f})"
    return text if one.mixtures == of_all else f"{text} [{one.mixtures} of {of_all}]"


def _bias(one: Pooled, of_all: int) -> str:
    return f"{100 * one.bias:.3f} / {100 * one.error:.3f}"


def _snr(group: list[Cell]) -> float:
    return float(np.median([cell.snr for cell in group]))


def _rms(group: list[Cell], name: str) -> float:
    return float(np.sqrt(np.mean([cell.bounds[name] ** 2 for cell in group])))


def _exact(group: list[Cell], method: str) -> Proportion:
    parts = [cell.exact[method] for cell in group]
    return Proportion(sum(part.hits for part in parts), sum(part.n for part in parts))


def _numbers(one: Pooled) -> dict[str, Any]:
    finite = np.isfinite(one.efficiency)
    return {
        "mixtures": one.mixtures,
        "sd": _rounded(one.sd),
        "bound": _rounded(one.bound),
        "efficiency": _rounded(one.efficiency) if finite else None,
        "efficiency_interval": [_rounded(end) for end in one.interval] if finite else None,
        "bias": _rounded(one.bias),
        "error": _rounded(one.error),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
