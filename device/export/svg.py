"""Curves as an inline SVG drawing: measured, fitted, residual, with axes; no script, no request.

Next: `html.py`, the page around it.
"""

from html import escape
from typing import Final

import numpy as np

from device.export.account import amounts_of
from device.export.exhibit import Exhibit
from device.spectra.spectrum import Floats

WIDTH: Final = 1000
_LEFT, _RIGHT, _TOP, _HEIGHT = 70, 16, 14, 330
_BELOW_TOP, _BELOW_HEIGHT = 384, 90
_ALL: Final = 530
_MOST_POINTS = 1600  # as many as the drawing has places for
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7A5195", "#8C6D31")


def drawing(exhibit: Exhibit) -> str:
    """The `<svg>` element."""
    parts, legend = [], [("#1a1a1a", "measured")]
    curves, spectrum = exhibit.curves, exhibit.spectrum
    if curves is None:
        axis, measured = spectrum.wavenumber_cm1, spectrum.intensity
    else:
        axis, measured = curves.wavenumber_cm1, curves.measured
    span = (float(axis[0]), float(axis[-1]))
    finite = measured[np.isfinite(measured)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    high = high if high > low else low + 1.0
    main = _Frame(span, (low - 0.03 * (high - low), high + 0.05 * (high - low)), _TOP, _HEIGHT)
    parts += main.axes("intensity", bottom_labels=curves is None)
    if curves is not None:
        amounts = amounts_of(exhibit)
        for number, (name, amount) in enumerate(amounts.items()):
            colour = _COLOURS[number % len(_COLOURS)]
            top = curves.ground + curves.components[name]
            parts.append(main.line(axis, top, colour, 1.4))
            legend.append((colour, f"{name}  {amount}"))
        fitted = curves.ground + curves.explained(amounts)
        parts.append(main.line(axis, measured, "#1a1a1a", 1.0))
        parts.append(main.line(axis, fitted, "#d62728", 1.0))
        legend.append(("#d62728", "sum of the fit"))
        residual = measured - fitted
        largest = float(np.nanmax(np.abs(residual))) if np.isfinite(residual).any() else 0.0
        limit = max(0.1 * (high - low), 1.1 * largest)
        below = _Frame(span, (-limit, limit), _BELOW_TOP, _BELOW_HEIGHT)
        parts += below.axes("residual", bottom_labels=True)
        parts.append(below.line(axis, residual, "#4d4d4d", 1.0))
    else:
        parts.append(main.line(axis, measured, "#1a1a1a", 1.0))
    height = _ALL if curves is not None else _TOP + _HEIGHT + 46
    told = "Measured Raman spectrum" + (", sum of the fit and residual" if curves else "")
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{told}" '
        'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="13">'
        + "".join(parts)
        + _legend(legend)
        + "</svg>"
    )


class _Frame:
    """A rectangle with its two scales."""

    def __init__(
        self, x: tuple[float, float], y: tuple[float, float], top: float, height: float
    ) -> None:
        self.x, self.y, self.top, self.height = x, y, top, height

    def axes(self, name: str, *, bottom_labels: bool) -> list[str]:
        right, bottom = WIDTH - _RIGHT, self.top + self.height
        parts = [
            f'<rect x="{_LEFT}" y="{self.top}" width="{right - _LEFT}" height="{self.height}" '
            'fill="none" stroke="#999"/>'
        ]
        for value in ticks(*self.x):
            at = self._x(np.array([value]))[0]
            parts.append(f'<path d="M{at:.1f} {self.top}V{bottom}" stroke="#e6e6e6" fill="none"/>')
            if bottom_labels:
                parts.append(
                    f'<text x="{at:.1f}" y="{bottom + 17}" text-anchor="middle">{value:g}</text>'
                )
        for value in ticks(*self.y, most=5):
            at = self._y(np.array([value]))[0]
            parts.append(
                f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{value:g}</text>'
            )
        middle = self.top + self.height / 2
        parts.append(
            f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">'
            f"{name}</text>"
        )
        if bottom_labels:
            parts.append(
                f'<text x="{(_LEFT + right) / 2}" y="{bottom + 38}" text-anchor="middle">'
                "Raman shift (cm\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT ONE})</text>"
            )
        return parts

    def line(self, axis: Floats, values: Floats, colour: str, width: float) -> str:
        """One path; interrupted where nothing was measured."""
        step = max(len(axis) // _MOST_POINTS, 1)
        if step > 1:  # the largest of each step: no line of the spectrum is lost
            axis, values = _thinned(axis, values, step)
        path, down = [], False
        for x, y in zip(self._x(axis).tolist(), self._y(values).tolist(), strict=True):
            if y != y:  # NaN
                down = False
                continue
            path.append(f"{'L' if down else 'M'}{x:.1f} {y:.1f}")
            down = True
        return f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="{width}"/>'

    def _x(self, values: Floats) -> Floats:
        low, high = self.x
        found: Floats = _LEFT + (values - low) / (high - low) * (WIDTH - _RIGHT - _LEFT)
        return found

    def _y(self, values: Floats) -> Floats:
        low, high = self.y
        found: Floats = self.top + (high - values) / (high - low) * self.height
        return np.clip(found, self.top, self.top + self.height)


def ticks(low: float, high: float, most: int = 9) -> list[float]:
    """Round numbers from `low` to `high`, at most so many."""
    span = high - low
    if not span > 0 or not np.isfinite(span):
        return []
    step = 10.0 ** np.floor(np.log10(span / most))
    step = next(step * factor for factor in (1, 2, 5, 10, 20) if span / (step * factor) <= most)
    first = int(np.ceil(low / step))
    return [round(number * step, 10) for number in range(first, int(np.floor(high / step)) + 1)]


def _thinned(axis: Floats, values: Floats, step: int) -> tuple[Floats, Floats]:
    whole = len(axis) // step * step
    blocks = values[:whole].reshape(-1, step)
    known = np.where(np.isfinite(blocks), blocks, -np.inf)
    at = np.arange(len(blocks)) * step + np.argmax(known, axis=1)
    return axis[at], values[at]


def _legend(entries: list[tuple[str, str]]) -> str:
    widest = 46 + 8 * max(len(text) for _, text in entries)
    left = WIDTH - _RIGHT - 8 - widest
    parts = [
        f'<rect x="{left}" y="{_TOP + 4}" width="{widest}" height="{18 * len(entries) + 6}" '
        'fill="#fff" fill-opacity="0.8"/>'
    ]
    for number, (colour, text) in enumerate(entries):
        y = _TOP + 20 + 18 * number
        parts.append(
            f'<path d="M{left + 4} {y - 4}h24" stroke="{colour}" stroke-width="3"/>'
            f'<text x="{left + 36}" y="{y}">{escape(text)}</text>'
        )
    return "".join(parts)
