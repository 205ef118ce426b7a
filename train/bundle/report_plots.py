"""The plots of a training report, each as one PNG.

Next: `report.py`, the page they stand on.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from device.spectra.resampling import WavenumberGrid
from train.network.evaluate import CompoundFigures, Proportion

Floats = npt.NDArray[np.float64]

_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#8c8c8c"
_WIDTH_INCHES, _DPI = 9.0, 100
_MOST_LABELS = 60  # a matrix of more names is read by its pattern alone


def learning_curve(history: Sequence[Mapping[str, float]]) -> bytes:
    """Loss and exact match on unseen generated spectra, against the steps."""
    figure = _figure(3.2)
    axes = figure.subplots()
    steps = [look["step"] for look in history]
    axes.plot(steps, [look["exact"] for look in history], color=_BLUE, marker="o", markersize=3)
    axes.set_ylabel("exact match, unseen spectra", color=_BLUE)
    axes.set_ylim(0.0, 1.0)
    axes.set_xlabel("training steps")
    axes.grid(True, color="#e6e6e6")
    right = axes.twinx()
    right.plot(steps, [look["loss"] for look in history], color=_ORANGE)
    right.set_ylabel("loss", color=_ORANGE)
    return _png(figure)


def proportions(groups: Mapping[str, Proportion], label: str) -> bytes:
    """A bar a group with its 95% Wilson interval; the number of spectra stands below."""
    figure = _figure(3.0)
    axes = figure.subplots()
    values = [part.value for part in groups.values()]
    low = [part.value - part.interval[0] for part in groups.values()]
    high = [part.interval[1] - part.value for part in groups.values()]
    places = np.arange(len(groups))
    axes.bar(places, values, yerr=np.maximum([low, high], 0.0), color=_BLUE, ecolor=_GREY)
    names = [f"{name}\nn={part.n}" for name, part in groups.items()]
    axes.set_xticks(places, names, fontsize=8)
    axes.set_ylim(0.0, 1.05)
    axes.set_xlabel(label)
    axes.set_ylabel("every compound right")
    return _png(figure)


def compounds(figures: Sequence[CompoundFigures]) -> bytes:
    """Recall and precision of every compound, with intervals; the worst stands at the top."""
    order = sorted(figures, key=lambda one: one.recall.value if one.recall.n else 0.0)
    figure = _figure(1.0 + 0.22 * len(order))
    axes = figure.subplots()
    for offset, colour, name in ((-0.15, _BLUE, "recall"), (0.15, _ORANGE, "precision")):
        parts: list[Proportion] = [getattr(one, name) for one in order]
        value = np.array([part.value for part in parts])
        low, high = np.array([part.interval for part in parts]).T
        spread = np.nan_to_num(np.maximum([value - low, high - value], 0.0))
        places = np.arange(len(order)) + offset
        axes.errorbar(value, places, xerr=spread, fmt="o", color=colour, markersize=3.5, label=name)
    axes.set_yticks(np.arange(len(order)), [one.name for one in order], fontsize=8)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set_xlim(right=1.01)
    axes.grid(True, color="#e6e6e6")
    axes.legend(loc="best", fontsize=8)
    return _png(figure)


def reliability(presence: Floats, present: npt.NDArray[np.bool_]) -> bytes:
    """How often a compound is there where the network's presence is p."""
    edges = np.linspace(0.0, 1.0, 11)
    place = np.clip(np.digitize(presence, edges) - 1, 0, 9)
    groups = [
        Proportion(int(present[place == k].sum()), int((place == k).sum())) for k in range(10)
    ]
    figure = _figure(3.2)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--")
    said = [
        float(presence[place == k].mean()) if part.n else np.nan for k, part in enumerate(groups)
    ]
    found = np.array([part.value for part in groups])
    low, high = np.array([part.interval for part in groups]).T
    spread = np.nan_to_num(np.maximum([found - low, high - found], 0.0))
    axes.errorbar(said, found, yerr=spread, fmt="o", color=_BLUE)
    axes.set_xlabel("presence as the network says it")
    axes.set_ylabel("really there")
    axes.grid(True, color="#e6e6e6")
    return _png(figure)


def similarity_matrix(alike: Floats, names: Sequence[str]) -> bytes:
    """Which references look alike: the pairs a network will confuse first."""
    size = min(9.0, 2.5 + 0.22 * len(names))
    figure = _figure(size)
    axes = figure.subplots()
    image = axes.imshow(np.clip(alike, 0.0, 1.0), cmap="magma_r", vmin=0.0, vmax=1.0)
    figure.colorbar(image, shrink=0.8, label="similarity of lines")
    if len(names) <= _MOST_LABELS:
        places = np.arange(len(names))
        axes.set_xticks(places, names, rotation=90, fontsize=7)
        axes.set_yticks(places, names, fontsize=7)
    return _png(figure)


def spectra(references: Floats, names: Sequence[str], grid: WavenumberGrid) -> bytes:
    """All references above each other."""
    figure = _figure(1.0 + 0.38 * len(names))
    axes = figure.subplots()
    for index, reference in enumerate(references):
        axes.plot(grid.wavenumber_cm1, 0.9 * reference - index, color=_BLUE, linewidth=0.7)
    axes.set_yticks(-np.arange(len(names)), names, fontsize=8)
    axes.set_xlabel("Raman shift / cm$^{-1}$")
    axes.set_xlim(grid.first_cm1, grid.last_cm1)
    axes.set_ylim(-len(names) + 0.7, 1.1)
    axes.grid(True, axis="x", color="#e6e6e6")
    return _png(figure)


def _figure(height_inches: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH_INCHES, height_inches), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _png(figure: Any) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
