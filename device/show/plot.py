"""One answer as a picture: what was measured, what each substance explains, what is left.

Next: `picture.py`, the file; `card.py`, the same answer as text.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from device.show.curves import FitCurves, curves_of
from device.show.picture import empty_figure, require_plotting, write_picture

if TYPE_CHECKING:
    from device.answer.answer import Answer
    from device.field_library.compound import FieldCompound
    from device.inference.bundle import Bundle
    from device.spectra.spectrum import Spectrum

_SIZE_INCHES = (11.0, 7.0)
_MEASURED, _BASELINE, _TOTAL, _RESIDUAL = "#1a1a1a", "#8c8c8c", "#d62728", "#4d4d4d"
# Okabe and Ito's palette without its yellow and black: told apart by colour-blind readers too.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7A5195", "#8C6D31")
# Of the worst hazard, not of the match; its word stands beside it.
_HAZARD_COLOURS = {"danger": "#b2182b", "warning": "#b35806", "unknown": "#762a83"}


def plot(
    answer: "Answer",
    bundle: "Bundle",
    path: Path,
    field_compounds: "Sequence[FieldCompound]" = (),
) -> None:
    """Draw measured spectrum, asserted components, baseline and residual into `path`.

    Where nothing is asserted (UNKNOWN, NO_RESULT) the spectrum stands alone: a curve in the
    colour of a substance would name it after all. `bundle` is the one that answered, with
    `field_compounds` beside its own.

    Raises:
        PlotUnavailable, PlotNotWritten: see `picture.py`.
    """
    require_plotting(path)
    figure = empty_figure(*_SIZE_INCHES)
    curves = curves_of(answer, bundle, field_compounds)
    axes = draw(figure, answer.spectrum, curves, _amounts(answer))
    _title(figure, axes, answer)
    write_picture(figure, path)


def draw(
    figure: Any, spectrum: "Spectrum", curves: FitCurves | None, amounts: Mapping[str, str]
) -> Any:
    """The curves on an empty `figure` of matplotlib; its upper axes.

    `amounts`: what the legend says beside each asserted component. Without curves the spectrum
    stands alone.
    """
    if curves is None:
        axes = figure.subplots()
        _draw_spectrum(axes, spectrum.wavenumber_cm1, spectrum.intensity)
        axes.set_xlabel("Raman shift (cm$^{-1}$)")
        return axes
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[4.0, 1.0])
    _draw_fit(axes, curves, amounts)
    _draw_residual(below, curves, amounts)
    figure.align_ylabels()
    return axes


def _draw_spectrum(axes: Any, wavenumber: NDArray[Any], intensity: NDArray[Any]) -> None:
    axes.plot(wavenumber, intensity, color=_MEASURED, linewidth=0.9, label="measured")
    axes.set_ylabel("intensity")
    axes.set_xlim(float(wavenumber[0]), float(wavenumber[-1]))
    _tidy(axes)


def _draw_fit(axes: Any, curves: FitCurves, amounts: Mapping[str, str]) -> None:
    """Each component stands where its lines meet those that were measured."""
    wavenumber, ground = curves.wavenumber_cm1, curves.ground
    for index, (name, amount) in enumerate(amounts.items()):
        top = ground + curves.components[name]
        colour = _COLOURS[index % len(_COLOURS)]
        axes.fill_between(
            wavenumber,
            ground,
            top,
            color=colour,
            alpha=0.35,
            linewidth=0.0,
            hatch=None if index < len(_COLOURS) else "//",
            label=f"{name}  {amount}",
        )
        axes.plot(wavenumber, top, color=colour, linewidth=1.0)
    axes.plot(wavenumber, curves.baseline, color=_BASELINE, linestyle="--", label="baseline")
    for name, shape in curves.nuisances.items():
        over = curves.baseline + shape
        axes.plot(wavenumber, over, color=_BASELINE, linestyle=":", label=f"{name}, no sample")
    _draw_spectrum(axes, wavenumber, curves.measured)
    total = ground + curves.explained(amounts)
    axes.plot(wavenumber, total, color=_TOTAL, linewidth=0.9, label="sum of the fit")
    axes.legend(loc="best", frameon=False, fontsize=10)


def _draw_residual(axes: Any, curves: FitCurves, amounts: Mapping[str, str]) -> None:
    signal = curves.measured - curves.ground
    residual = signal - curves.explained(amounts)
    axes.axhline(0.0, color=_BASELINE, linewidth=0.8)
    axes.plot(curves.wavenumber_cm1, residual, color=_RESIDUAL, linewidth=0.8)
    # Same unit as above but its own range, never below a tenth of the signal: noise must not
    # look like structure only because nothing larger is left.
    span = float(np.nanmax(signal) - np.nanmin(signal))
    limit = max(0.1 * span, 1.1 * float(np.nanmax(np.abs(residual))))
    if limit > 0.0:
        axes.set_ylim(-limit, limit)
    axes.set_ylabel("residual")
    axes.set_xlabel("Raman shift (cm$^{-1}$)")
    _tidy(axes)


def _amounts(answer: "Answer") -> dict[str, str]:
    """What the legend says beside a component: the same amount as the card's."""
    components = answer.identification.components
    if components and all(one.volume_fraction is not None for one in components):
        return {
            one.name: f"{100.0 * one.volume_fraction:.0f} % vol*"
            for one in components
            if one.volume_fraction is not None
        }
    return {one.name: f"{100.0 * one.signal_share:.0f} % of signal" for one in components}


def _title(figure: Any, axes: Any, answer: "Answer") -> None:
    from device.answer.result import advice_of

    verdict = str(answer.identification.verdict).replace("_", " ")
    worst = str(advice_of(answer).worst)
    axes.set_title(
        f"{verdict}   hazard: {worst.replace('_', ' ')}", loc="left", fontsize=16,
        fontweight="bold", color=_HAZARD_COLOURS.get(worst, _MEASURED),
    )  # fmt: skip
    axes.set_title(answer.spectrum.source, loc="right", fontsize=10, color=_RESIDUAL)
    notes = [f"model {answer.model.name} {answer.model.version} ({answer.model.sha256[:12]})"]
    fit = answer.identification.fit
    if fit is not None and answer.identification.components:
        notes.append(f"axis shift {round(fit.shift_cm1, 1) + 0.0:+.1f} cm$^{{-1}}$")
    if any(one.volume_fraction is not None for one in answer.identification.components):
        notes.append("* of the Raman-visible part")
    unproven = [one.name for one in answer.identification.components if not one.network_validated]
    if unproven:
        notes.append(f"not network-validated: {', '.join(unproven)}")
    figure.supxlabel("   |   ".join(notes), fontsize=8, color=_RESIDUAL, x=0.99, ha="right")


def _tidy(axes: Any) -> None:
    axes.grid(True, color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-3, 6), useMathText=True)
    axes.margins(x=0.0)
