"""One answer as people read it on a terminal: the card.

Pure: result in (`verdict/result.py`), text out. Plain lines (no terminal library: it must not cost
the start-up time of one), 80 columns, readable without colour and over a serial console.
Next: `plot.py` for the picture.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from device.show.containers import container_lines
from device.show.measured import measured_line
from device.show.percent import percent

CARD_WIDTH = 80

_HEADLINES = {
    "IDENTIFIED": "Everything in this spectrum is explained by the substances below.",
    "PARTIAL": "These substances are there, and something else that is not in the library.",
    "UNKNOWN": "Nothing in the library explains this spectrum. Unknown is not harmless.",
    "NO_RESULT": "This measurement must not be interpreted, for the reason below.",
}
_COLOURS = {"IDENTIFIED": "1;30;42", "PARTIAL": "1;30;43", "UNKNOWN": "1;37;45"}
_NO_RESULT_COLOUR = "1;37;41"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NAME_WIDTH, _BAR_WIDTH = 20, 16


@dataclass(frozen=True)
class CardStyle:
    """What the terminal at hand can show."""

    colour: bool = False
    unicode: bool = True
    width: int = CARD_WIDTH

    def paint(self, text: str, sgr: str) -> str:
        """`text` in an ANSI rendition, or as it is."""
        return f"\x1b[{sgr}m{text}\x1b[0m" if self.colour else text


def card(
    result: Mapping[str, Any],
    *,
    source: str = "",
    hazards: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    style: CardStyle | None = None,
) -> str:
    """The card of one result, as `result_json` gives it or a record holds it.

    `hazards` maps a component's name to its hazard statement; `notes` are warnings about the
    model or the instrument that stand apart from the measurement's own reasons.
    """
    style = style or CardStyle()
    lines = _banner(result, source, style)
    if result["components"]:
        lines += ["", *_table(result, hazards or {}, style)]
    if result.get("containers"):
        told = container_lines(result["containers"], style.width - 4)
        lines += ["", *(style.paint(line, "2") for line in told)]
    for reason in result["reasons"]:
        lines += ["", *_remark(reason["text"], reason["remedy"], style)]
    for note in notes:
        lines += ["", *_remark(note, "", style)]
    if result.get("limits"):
        lines += ["", *_limits(result["limits"], style)]
    lines += ["", *_footer(result, style)]
    return "\n".join(lines)


def _banner(result: Mapping[str, Any], source: str, style: CardStyle) -> list[str]:
    verdict = str(result["verdict"])
    sgr = _COLOURS.get(verdict, _NO_RESULT_COLOUR)
    room = style.width - 4
    title = verdict.replace("_", " ")
    name = _shorten(source, room - len(title) - 2)
    rows = [title + name.rjust(room - len(title)), *textwrap.wrap(_HEADLINES[verdict], room)]
    if style.unicode:
        top, side, bottom = ("┏", "━", "┓"), "┃", ("┗", "━", "┛")
    else:
        top, side, bottom = ("+", "=", "+"), "|", ("+", "=", "+")
    return [
        style.paint(f"{top[0]}{top[1] * (style.width - 2)}{top[2]}", sgr),
        *(style.paint(f"{side} {row.ljust(room)} {side}", sgr) for row in rows),
        style.paint(f"{bottom[0]}{bottom[1] * (style.width - 2)}{bottom[2]}", sgr),
    ]


def _table(result: Mapping[str, Any], hazards: Mapping[str, str], style: CardStyle) -> list[str]:
    """One row a component, the largest first: amount as bar and number, and how sure it is."""
    components = result["components"]
    by_volume = all(component["volume_fraction"] is not None for component in components)
    key = "volume_fraction" if by_volume else "signal_share"
    label = "volume fraction *" if by_volume else "share of the Raman signal"
    heading = _row("substance", "CAS", f"{label:<{_BAR_WIDTH + 10}}", "", "", "confidence")
    if by_volume:
        heading = _row(
            "substance", "CAS", f"{label:<{_BAR_WIDTH}}", " " * 9, "signal", "confidence"
        )
    lines = [style.paint(heading, "2")]
    for component in sorted(components, key=lambda one: -(one[key] or 0.0)):
        name = component["name"]
        if len(name) > _NAME_WIDTH:  # a substance's name is never cut
            lines.append(f"  {style.paint(name, '1')}")
            name = ""
        lines.append(
            _row(
                style.paint(f"{name:<{_NAME_WIDTH}}", "1"),
                component["cas"] or "",
                style.paint(_bar(component[key], style), "36"),
                _amount(component[key], component[f"{key}_uncertainty"], style),
                percent(component["signal_share"]) if by_volume else "",
                _confidence(component["presence"]),
            )
        )
        if not component.get("network_validated", True):
            lines.append(f"    {style.paint('measured in the field, not network-validated', '33')}")
        for line in textwrap.wrap(hazards.get(component["name"], ""), style.width - 6):
            lines.append(f"    {style.paint(line, '33')}")
    rest = result["unexplained"]
    bar = " " * _BAR_WIDTH if by_volume else style.paint(_bar(rest, style), "33")
    amount = " " * 10 if by_volume else _amount(rest, None, style)
    lines.append(_row("not explained", "", bar, amount, percent(rest) if by_volume else "", ""))
    lines += _at_least(components, style)
    if by_volume:
        lines += [
            "",
            style.paint("  * of the Raman-visible part; signal: share of the Raman signal", "2"),
        ]
    return lines


def _at_least(components: Sequence[Mapping[str, Any]], style: CardStyle) -> list[str]:
    """What holds even if something hides below its detection limit; older records do not know."""
    known = [one for one in components if one.get("signal_share_at_least") is not None]
    if not known:
        return []
    told = ", ".join(f"{one['name']} {percent(one['signal_share_at_least'])}" for one in known)
    text = f"at least, if one more hides below its limit: {told} of the signal"
    return ["", *(style.paint(f"  {line}", "2") for line in textwrap.wrap(text, style.width - 4))]


def _row(name: str, cas: str, bar: str, amount: str, signal: str, confidence: str) -> str:
    """The columns; cells with colour in them come padded."""
    cells = f"  {name:<{_NAME_WIDTH}} {cas:<11} {bar:<{_BAR_WIDTH}} {amount}"
    return f"{cells} {signal:>6} {confidence:>10}".rstrip()


def _remark(text: str, remedy: str, style: CardStyle) -> list[str]:
    arrow = "→" if style.unicode else "->"
    room = style.width - 8
    lines = [
        f"  {style.paint('!', '1;33') if index == 0 else ' '} {line}"
        for index, line in enumerate(textwrap.wrap(text, room))
    ]
    for index, line in enumerate(textwrap.wrap(remedy, room)):
        lines.append(f"    {style.paint(arrow if index == 0 else ' ' * len(arrow), '1')} {line}")
    return lines


def _limits(limits: Sequence[Mapping[str, Any]], style: CardStyle) -> list[str]:
    shown = [
        f"{one['name']} {percent(one['signal_share'])}"
        if one["signal_share"] is not None
        else f"{one['name']} (cannot be seen here)"
        for one in limits
    ]
    separator = " · " if style.unicode else ", "
    return textwrap.wrap(
        f"not seen; would have been, above this share of the signal: {separator.join(shown)}",
        style.width - 4,
        initial_indent="  ",
        subsequent_indent="    ",
        break_on_hyphens=False,
    )


def _footer(result: Mapping[str, Any], style: CardStyle) -> list[str]:
    model = result["model"]
    lines = measured_line(result.get("settings"))
    lines.append(f"  model   {model['name']} {model['version']} ({model['sha256'][:12]})")
    separator = " · " if style.unicode else ", "
    lines += _decided(result.get("decision"), separator, style)
    lines.append(f"  record  {result.get('record_id') or 'not stored'}")
    timings = [
        f"{name.removesuffix('_ms').replace('_', ' ')} {value:.1f}"
        for name, value in result["timings_ms"].items()
        if value is not None
    ]
    if timings:
        lines += textwrap.wrap(
            f"timing  {separator.join(timings)} ms",
            style.width - 4,
            initial_indent="  ",
            subsequent_indent=" " * 10,
        )
    return [style.paint(line, "2") for line in lines]


def _decided(decision: Mapping[str, Any] | None, separator: str, style: CardStyle) -> list[str]:
    """What turned spectrum and model into the verdict; older records do not know."""
    if decision is None:
        return []
    parts = (
        f"ramix {decision['software']}",
        f"decision {decision['version']} ({decision['sha256'][:12]})",
        decision["runtime"],
        f"{decision['fit_backend']} fit",
    )
    return textwrap.wrap(
        f"decided {separator.join(parts)}",
        style.width,
        initial_indent="  ",
        subsequent_indent=" " * 10,
    )


def _bar(share: float | None, style: CardStyle) -> str:
    """A bar of fixed width; anything above zero shows, so that a trace is not overlooked."""
    share = min(max(share or 0.0, 0.0), 1.0)
    if not style.unicode:
        filled = max(round(share * _BAR_WIDTH), 1 if share > 0.0 else 0)
        return ("#" * filled).ljust(_BAR_WIDTH, ".")
    eighths = max(round(share * _BAR_WIDTH * 8), 1 if share > 0.0 else 0)
    full, part = divmod(eighths, 8)
    bar = "█" * full + (_EIGHTHS[part] if part else "")
    return bar.ljust(_BAR_WIDTH, "·")


def _confidence(value: float | None) -> str:
    """No instrument is certain; 100 % would say so."""
    return ">99 %" if value is not None and value >= 0.995 else percent(value)


def _amount(value: float | None, uncertainty: float | None, style: CardStyle) -> str:
    """Value and half-width of its 90 % interval, ten wide, so that numbers line up."""
    spread = ""
    if uncertainty is not None:
        sign = "±" if style.unicode else "+-"
        spread = f"{sign}{max(100.0 * uncertainty, 1.0):.0f}"
    return f"{percent(value):>5} {spread:<4}"


def _shorten(text: str, width: int) -> str:
    """A file's name as it may stand on a terminal: printable, and no longer than its place."""
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."
