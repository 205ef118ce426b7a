"""The figures of one bundle, read from the JSON that `ramix-train evidence` or
`ramix-train figures` wrote.

A figure is one of a bundle only if it was made with the very same bytes: each JSON names the
SHA-256 of what it measured, and another one is refused, as is the tiny size, which shows only that
a figure can be made. Next: `card_quotes.py`, which numbers are taken; `card.py`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.inference.bundle import Bundle
from firmware_bridge.errors import CallerError
from train.bundle.card_quotes import QUOTES, Quoting, network_label

Row = tuple[str, str, str]  # what, result, name of the figure


class FiguresOfOtherBundle(CallerError):
    """The figures were made with another file of this name."""

    code = "figures_of_other_bundle"
    default_remedy = "Make them again with this bundle: `ramix-train evidence`."


class FiguresNotQuotable(CallerError):
    """Nothing in the folder may stand on the card of this bundle."""

    code = "figures_not_quotable"
    default_remedy = "Make them at full size: `ramix-train evidence BUNDLE --out FOLDER`."


@dataclass(frozen=True)
class Evidence:
    """Rows for a card, and what made them."""

    rows: tuple[Row, ...]
    commands: str
    caveats: tuple[str, ...] = ()  # sentences that a reader of the rows has to know


def evidence_for(bundle: Bundle, folder: Path) -> Evidence:
    """Everything that a card quotes from the figures in `folder` for `bundle`.

    Raises:
        FiguresOfOtherBundle: one was made with other bytes of the same name.
        FiguresNotQuotable: tiny, unreadable, or none made with this bundle.
    """
    name = bundle.manifest.name
    rows: list[Row] = []
    origins: dict[str, list[str]] = {}
    caveats: list[str] = []
    for figure, quote in QUOTES.items():
        path = folder / f"{figure}.json"
        if not path.exists():
            continue
        content = _read(path)
        measured = content["bundles"].get(name)
        if measured is None:
            continue
        if measured != bundle.sha256:
            raise FiguresOfOtherBundle(
                f"{path} was made with {name} {str(measured)[:12]}, the bundle is"
                f" {bundle.sha256[:12]}."
            )
        if content.get("nothing_to_show"):
            continue
        if content["size"] != "full":
            raise FiguresNotQuotable(f"{path} is of the tiny size: it shows only that it runs.")
        try:
            quoted = _quoted(quote, content["data"], bundle)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FiguresNotQuotable(f"{path} does not hold what a card quotes: {error!r}.") from (
                error
            )
        rows += [(what, result, figure) for what, result in quoted]
        if quoted:
            origins.setdefault(_command(content), []).append(figure)
            caveats += [one for one in content.get("caveats", []) if one not in caveats]
    if not rows:
        raise FiguresNotQuotable(f"No figure in {folder} speaks of {name}.")
    made = (f"`ramix-train {command}` ({', '.join(of)})" for command, of in origins.items())
    return Evidence(tuple(rows), "; ".join(made), tuple(caveats))


def _quoted(quote: Quoting, data: dict[str, Any], bundle: Bundle) -> list[tuple[str, str]]:
    """Where a figure has several networks of a kind, it calls them by kind and name."""
    kind = network_label(bundle.manifest.task)
    return list(quote(data, f"{kind} ({bundle.manifest.name})")) or list(quote(data, kind))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FiguresNotQuotable(f"{path} cannot be read: {error}.") from error
    form = {"bundles": dict, "size": str, "seed": int, "repeats": float, "data": dict}
    if not isinstance(content, dict) or any(
        not isinstance(content.get(key), kind) for key, kind in form.items()
    ):
        raise FiguresNotQuotable(f"{path} does not say what it measured: it is of an old version.")
    return content


def _command(content: dict[str, Any]) -> str:
    more = "" if content["repeats"] == 1.0 else f" --repeats {content['repeats']:g}"
    return f"{content.get('command', 'figures')} --seed {content['seed']}{more}"
