"""The substances of an answer as a table that fits its terminal: one row each, or two where it is
narrow; how much, at least how much, and how sure.

Next: `card.py`, where it stands; `device/answer/result.py`, what the numbers mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from device.printable import printable
from device.show.percent import percent
from device.show.style import CardStyle

_EIGHTHS = " ▏▎▍▌▋▊▉"
_WIDE = 78  # from here on one row holds all
_CAS, _AMOUNT, _LEAST, _SIGNAL, _SURE = 11, 10, 9, 6, 6
_NAME, _BAR = 20, 8  # of 78 columns; what is more goes to both


@dataclass(frozen=True)
class _Columns:
    """Widths; a narrow table has no CAS number in its rows."""

    name: int
    bar: int
    wide: bool
    by_volume: bool

    @staticmethod
    def of(style: CardStyle, *, by_volume: bool) -> "_Columns":
        if style.width < _WIDE:
            return _Columns(style.width - 2, max(style.width - 34, 6), False, by_volume)
        more = style.width - _WIDE + (0 if by_volume else _SIGNAL + 1)
        name = min(_NAME + more // 3, 44)
        return _Columns(name, min(_BAR + more - (name - _NAME), 40), True, by_volume)


def table(result: Mapping[str, Any], style: CardStyle) -> list[str]:
    """The largest first; then what is one or the other, and what is not explained."""
    components = result["components"]
    by_volume = bool(components) and all(one["volume_fraction"] is not None for one in components)
    key = "volume_fraction" if by_volume else "signal_share"
    columns = _Columns.of(style, by_volume=by_volume)
    lines = _heading(columns, style)
    for one in sorted(components, key=lambda one: -(one[key] or 0.0)):
        alone = len(components) == 1 and not result.get("alternatives")
        spread = None if alone else one[f"{key}_uncertainty"]
        lines += _rows(
            printable(one["name"]),
            printable(one["cas"] or ""),
            _bar(one[key], columns.bar, style),
            _amount(one[key], spread, style),
            _least(one.get(f"{key}_at_least"), style),
            percent(one["signal_share"]) if by_volume else "",
            _confidence(one["presence"]),
            columns,
            style,
        )
        if not one.get("network_validated", True):
            lines += style.wrap("measured in the field, not network-validated", "    ")
    rest = result["unexplained"] or 0.0
    for one in result.get("alternatives") or ():
        share = one["signal_share"] or 0.0
        rest = max(rest - share, 0.0)
        lines += _share_rows(printable(" or ".join(one["names"])), share, "36", columns, style)
    lines += _share_rows("not explained", rest, "33", columns, style)
    return lines + _notes(components, by_volume, style)


def _share_rows(
    name: str, share: float, colour: str, columns: _Columns, style: CardStyle
) -> list[str]:
    """A row of a part of the signal, which is no volume."""
    if columns.by_volume:
        return _rows(name, "", "", "", "", percent(share), "", columns, style)
    bar = _bar(share, columns.bar, style)
    return _rows(name, "", bar, _amount(share, None, style), "", "", "", columns, style, colour)


def _heading(columns: _Columns, style: CardStyle) -> list[str]:
    label = "volume fraction *" if columns.by_volume else "share of the Raman signal"
    if not columns.wide:
        label = label if columns.by_volume else "share of signal"
        return [style.paint(f"  {label}; at least; sure", "2")]
    width = columns.bar + 1 + _AMOUNT
    label = label if len(label) <= width else "share of signal"
    cells = f"  {'substance':<{columns.name}} {'CAS':<{_CAS}} {label:<{width}} "
    cells += f"{'at least':<{_LEAST}} "
    if columns.by_volume:
        cells += f"{'signal':>{_SIGNAL}} "
    return [style.paint(f"{cells}{'sure':>{_SURE}}".rstrip(), "2")]


def _rows(
    name: str,
    cas: str,
    bar: str,
    amount: str,
    least: str,
    signal: str,
    sure: str,
    columns: _Columns,
    style: CardStyle,
    colour: str = "36",
) -> list[str]:
    """A substance's name is never cut: one too long for its place has a line of its own."""
    end = f"{amount:<{_AMOUNT}} {least:<{_LEAST}}"
    painted = style.paint(bar, colour) if bar else " " * columns.bar
    if columns.wide:
        lines = []
        if len(name) > columns.name:
            lines = [style.paint(line, "1") for line in style.wrap(name)]
            name = ""
        cell = style.paint(f"{name:<{columns.name}}", "1") if name else " " * columns.name
        tail = f" {signal:>{_SIGNAL}}" if columns.by_volume else ""
        return [*lines, f"  {cell} {cas:<{_CAS}} {painted} {end}{tail} {sure:>{_SURE}}".rstrip()]
    title = f"{name}  {cas}" if cas and len(name) + len(cas) + 4 <= columns.name else name
    lines = [style.paint(line, "1") for line in style.wrap(title)]
    if columns.by_volume and not amount:
        return [*lines, f"    {signal} of the signal"]
    return [*lines, f"    {painted} {end} {sure:>{_SURE}}".rstrip()]


def _notes(components: Any, by_volume: bool, style: CardStyle) -> list[str]:
    key = "volume_fraction_at_least" if by_volume else "signal_share_at_least"
    told = []
    if by_volume:
        told.append("* of the Raman-visible part; signal: share of the Raman signal")
    if any(one.get(key) is not None for one in components):
        told.append("at least: even if one compound that is not named hides below its limit")
    elif any(one.get("signal_share_at_least") is not None for one in components):
        shares = ", ".join(f"{x['name']} {percent(x['signal_share_at_least'])}" for x in components)
        told.append(f"at least, if one more hides below its limit: {shares} of the signal")
    lines = [style.paint(line, "2") for text in told for line in style.wrap(text)]
    return ["", *lines] if lines else []


def _bar(share: float | None, width: int, style: CardStyle) -> str:
    """A bar of fixed width; anything above zero shows, so that a trace is not overlooked."""
    share = min(max(share or 0.0, 0.0), 1.0)
    if not style.unicode:
        filled = max(round(share * width), 1 if share > 0.0 else 0)
        return ("#" * filled).ljust(width, ".")
    eighths = max(round(share * width * 8), 1 if share > 0.0 else 0)
    full, part = divmod(eighths, 8)
    bar = "█" * full + (_EIGHTHS[part] if part else "")
    return bar.ljust(width, "·")


def _confidence(value: float | None) -> str:
    """No instrument is certain; 100 % would say so."""
    return ">99 %" if value is not None and value >= 0.995 else percent(value)


def _amount(value: float | None, uncertainty: float | None, style: CardStyle) -> str:
    """Value and half-width of its 90 % interval, ten wide, so that numbers line up."""
    spread = ""
    if uncertainty is not None:
        spread = style.sign(f"±{max(100.0 * uncertainty, 1.0):.0f}")
    return f"{percent(value):>5} {spread:<4}"


def _least(value: float | None, style: CardStyle) -> str:
    return "" if value is None else style.sign(f"≥ {percent(value)}")
