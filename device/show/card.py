"""One answer as people read it on a terminal: the card.

Pure: result in (`device/answer/result.py`), text out. Plain lines (no terminal library: it must not
cost the start-up time of one), as wide as the terminal, readable without colour and over a serial
console. Verdict first, then the worst hazard and what to do, then how much of what.
Next: `table.py`, the amounts; `hazards.py`, what is dangerous; `plot.py` for the picture.
"""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from device.printable import printable
from device.show.containers import container_lines
from device.show.hazards import first_line, hazard_lines, safety_of
from device.show.headline import colour, headline, title
from device.show.measured import measured_line
from device.show.nearest import nearest_lines
from device.show.percent import percent
from device.show.style import CARD_WIDTH, CardStyle
from device.show.table import table
from device.show.watch import material_lines, watch_lines

__all__ = ["CARD_WIDTH", "CardStyle", "card"]

_STAGES = ("preprocess", "invoke", "fit", "total")  # of `timings_ms`, in their order


def card(
    result: Mapping[str, Any],
    *,
    source: str = "",
    hazards: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    style: CardStyle | None = None,
) -> str:
    """The card of one result, as `result_json` gives it or a record holds it.

    `hazards`, a text by a component's name, counts where the result is older than `safety`;
    `notes` are warnings about the model or the instrument that stand apart from the measurement's
    own reasons.
    """
    style = style or CardStyle()
    safety = safety_of(result, hazards or {})
    lines = material_lines(result["material"], style) if result.get("material") else []
    lines += _banner(result, safety, source, style)
    lines += watch_lines(result.get("watch") or (), style)
    told = hazard_lines(safety, style)
    if told:
        lines += ["", *told]
    if result["components"] or result.get("alternatives"):
        lines += ["", *table(result, style)]
    if result.get("containers"):
        told = container_lines(result["containers"], style.width - 4)
        lines += ["", *(style.paint(line, "2") for line in told)]
    lines += _remarks([*((one["text"], one["remedy"]) for one in result["reasons"])], style)
    near = nearest_lines(result.get("nearest") or (), style)
    if near:
        lines += ["", *(style.paint(line, "2") for line in near)]
    lines += _remarks([(note, "") for note in notes], style)
    if result.get("limits"):
        lines += ["", *_limits(result["limits"], style)]
    lines += ["", *_footer(result, style)]
    return "\n".join(lines)


def _banner(
    result: Mapping[str, Any], safety: Mapping[str, Any], source: str, style: CardStyle
) -> list[str]:
    """The colour is the hazard's; the words say the same to those who see none."""
    sgr, room = colour(safety["worst"]), style.width - 4
    verdict = title(result)
    name = _shorten(source, room - len(verdict) - 2)
    texts = [headline(result), *([first_line(safety)] if result["verdict"] != "NO_RESULT" else [])]
    rows = [f"{verdict}{name.rjust(max(room - len(verdict), 0))}"]
    rows += [line for text in texts for line in textwrap.wrap(printable(text), room)]
    if style.unicode:
        top, side, bottom = ("┏", "━", "┓"), "┃", ("┗", "━", "┛")
    else:
        top, side, bottom = ("+", "=", "+"), "|", ("+", "=", "+")
    return [
        style.paint(f"{top[0]}{top[1] * (style.width - 2)}{top[2]}", sgr),
        *(style.paint(f"{side} {row.ljust(room)} {side}", sgr) for row in rows),
        style.paint(f"{bottom[0]}{bottom[1] * (style.width - 2)}{bottom[2]}", sgr),
    ]


def _remarks(remarks: Sequence[tuple[str, str]], style: CardStyle) -> list[str]:
    """Each with its remedy; what several of them ask for is said once, after the last of them."""
    lines: list[str] = []
    for number, (text, remedy) in enumerate(remarks):
        if remedy in {later for _, later in remarks[number + 1 :]}:
            remedy = ""
        first, *others = style.wrap(f"! {text}", "  ", "    ") or ["  !"]
        lines += ["", first.replace("!", style.paint("!", "1;33"), 1), *others]
        if remedy:
            arrow = style.sign("→")
            first, *others = style.wrap(f"{arrow} {remedy}", "    ", " " * (5 + len(arrow)))
            lines += [first.replace(arrow, style.paint(arrow, "1"), 1), *others]
    return lines


def _limits(limits: Sequence[Mapping[str, Any]], style: CardStyle) -> list[str]:
    dot, lines = style.sign(" · "), []
    seen = [one for one in limits if one["signal_share"] is not None]
    if seen:
        told = dot.join(f"{one['name']} {percent(one['signal_share'])}" for one in seen)
        text = f"not seen; would have been, above this share of the signal: {told}"
        lines += style.wrap(text, "  ", "    ")
    unseen = dot.join(one["name"] for one in limits if one["signal_share"] is None)
    if unseen:
        lines += style.wrap(f"cannot be excluded by this spectrum: {unseen}", "  ", "    ")
    return lines


def _code(result: Mapping[str, Any], separator: str) -> str:
    """Of the chain's head at this record: noted elsewhere, it proves the chain up to here."""
    code = result.get("record_code")
    return f"{separator}code {code}" if code else ""


def _footer(result: Mapping[str, Any], style: CardStyle) -> list[str]:
    model = result["model"]
    separator = " · " if style.unicode else ", "
    texts = [
        *measured_line(result.get("settings")),
        f"model   {model['name']} {model['version']} ({model['sha256'][:12]})",
        *_decided(result.get("decision"), separator),
        f"record  {result.get('record_id') or 'not stored'}{_code(result, separator)}",
    ]
    timings_ms = result["timings_ms"]  # of a record in the order of the alphabet
    timings = [
        f"{name} {timings_ms[name]:.1f}" for name in _STAGES if timings_ms.get(name) is not None
    ]
    if timings:
        texts.append(f"timing  {separator.join(timings)} ms")
    lines = [line for text in texts for line in style.wrap(text, "  ", " " * 10)]
    return [style.paint(line, "2") for line in lines]


def _decided(decision: Mapping[str, Any] | None, separator: str) -> list[str]:
    """What turned spectrum and model into the verdict; older records do not know."""
    if decision is None:
        return []
    parts = (
        f"ramix {decision['software']}",
        f"decision {decision['version']} ({decision['sha256'][:12]})",
        decision["runtime"],
        f"{decision['fit_backend']} fit",
    )
    return [f"decided {separator.join(parts)}"]


def _shorten(text: str, width: int) -> str:
    """A file's name as it may stand on a terminal: printable, and no longer than its place."""
    text = printable(text)
    if width < 4:
        return ""
    return text if len(text) <= width else text[: width - 3] + "..."
