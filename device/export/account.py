"""What a report says of one record, in words: the page in HTML and the one in PDF say the same.

English; the words of verdict and hazards are those of the card. Next: `html.py` and `pdf.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from device.export.exhibit import Exhibit
from device.export.facts import facts_of
from device.printable import printable
from device.show.containers import container_lines
from device.show.hazards import first_line, hazard_lines, safety_of
from device.show.headline import headline, title
from device.show.nearest import nearest_lines
from device.show.percent import percent
from device.show.style import CardStyle
from device.show.watch import material_lines, watch_lines

_STYLE = CardStyle(width=100_000)  # lines are broken by the page
_PEOPLE = ("sample", "operator", "note", "repeat_reason", "photo_sha256", "signed_by")
_PROOF = (
    "record_id", "record_code", "record_sha256", "previous_sha256", "body_sha256", "store_id",
    "device_signature", "device_public_key", "device_key_id",
)  # fmt: skip
_DECIDED = (
    "model", "model_sha256", "model_signed_by", "software", "decision_version", "decision_sha256",
)  # fmt: skip
_TOLD = ("verdict", "components", "reasons", "hazard", "unexplained_share")  # elsewhere


@dataclass(frozen=True)
class Substance:
    """One row of the table of amounts; texts as they are printed."""

    name: str
    cas: str
    amount: str  # with the half-width of its 90% interval
    at_least: str
    signal: str
    presence: str


@dataclass(frozen=True)
class Account:
    """Everything that stands in a report beside the curves."""

    title: str
    headline: str
    worst: str  # danger, warning, unknown or none_known
    hazard: str  # in one line; empty where nothing was interpreted
    hazards: tuple[str, ...]
    asked: tuple[str, ...]  # watch list, and whether it is the material that was asked for
    substances: tuple[Substance, ...]
    nearest: tuple[str, ...]  # where something is open: the likeliest that are not named, and why
    amount_means: str
    unexplained: str
    reasons: tuple[tuple[str, str], ...]  # text, remedy
    sections: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]  # heading, rows of name and value
    notes: tuple[str, ...]
    how_to_verify: tuple[str, ...]


def account_of(exhibit: Exhibit) -> Account:
    """All texts printable, in one line each."""
    result, record = exhibit.result, exhibit.record
    safety = safety_of(result, record.hazards)
    facts = {name: printable(value) for name, value in facts_of(exhibit).items()}
    by_volume = _by_volume(result)
    named = ("Sample and people", _PEOPLE), ("Decision", _DECIDED), ("What proves it", _PROOF)
    placed = {name for _, names in named for name in names} | set(_TOLD)
    measured = tuple(name for name in facts if name not in placed)
    sections = (named[0], ("Measurement", measured), *named[1:])
    return Account(
        title=printable(title(result)),
        headline=printable(headline(result)),
        worst=str(safety["worst"]),
        hazard="" if record.verdict == "NO_RESULT" else printable(first_line(safety)),
        hazards=tuple(line.strip(" \N{RIGHTWARDS ARROW}") for line in hazard_lines(safety, _STYLE)),
        asked=tuple(line.strip() for line in _asked(result)),
        substances=(
            *(_substance(one, by_volume) for one in _ordered(result, by_volume)),
            *(_either(one) for one in result.get("alternatives") or ()),
        ),
        nearest=tuple(
            line.strip() for line in nearest_lines(result.get("nearest") or (), _STYLE)[1:]
        ),
        amount_means="volume fraction of the Raman-visible part"
        if by_volume
        else "share of the Raman signal",
        unexplained=percent(result.get("unexplained")),
        reasons=tuple(
            (printable(one["text"]), printable(one["remedy"])) for one in result["reasons"]
        ),
        sections=tuple(
            (heading, rows)
            for heading, names in sections
            if (rows := tuple((label(name), facts[name]) for name in names if name in facts))
        ),
        notes=_notes(exhibit),
        how_to_verify=_how_to_verify(exhibit),
    )


def amounts_of(exhibit: Exhibit) -> dict[str, str]:
    """What a legend says beside each asserted component, largest first."""
    result = exhibit.result
    by_volume = _by_volume(result)
    key, unit = ("volume_fraction", "% vol*") if by_volume else ("signal_share", "% of signal")
    return {
        str(one["name"]): f"{100.0 * (one[key] or 0.0):.0f} {unit}"
        for one in _ordered(result, by_volume)
    }


def label(name: str) -> str:
    """A fact's name for people."""
    words = name.replace("_", " ").replace(" nm", " (nm)").replace(" mw", " (mW)")
    words = words.replace(" ms", " (ms)").replace(" utc", " (UTC)").replace("sha256", "SHA-256")
    words = words.replace("temperature c", "temperature (\N{DEGREE SIGN}C)")
    return words[:1].upper() + words[1:]


def _substance(one: Mapping[str, Any], by_volume: bool) -> Substance:
    key = "volume_fraction" if by_volume else "signal_share"
    spread = one.get(f"{key}_uncertainty")
    amount = percent(one[key])
    if spread is not None:
        amount += f" \N{PLUS-MINUS SIGN} {max(100.0 * spread, 1.0):.0f}"
    least = one.get(f"{key}_at_least")
    name = printable(one["name"])
    if not one.get("network_validated", True):
        name += " (measured in the field, not network-validated)"
    presence = one.get("presence")
    sure = ">99 %" if presence is not None and presence >= 0.995 else percent(presence)
    return Substance(
        name,
        printable(one["cas"] or ""),
        amount,
        "" if least is None else percent(least),
        percent(one["signal_share"]),
        sure,
    )


def _either(one: Mapping[str, Any]) -> Substance:
    """One of these is there, and it is not known which."""
    names, share = printable(" or ".join(one["names"])), percent(one["signal_share"])
    return Substance(names, "", "", "", share, "")


def _asked(result: Mapping[str, Any]) -> list[str]:
    told = material_lines(result["material"], _STYLE) if result.get("material") else []
    return told + watch_lines(result.get("watch") or (), _STYLE)


def _by_volume(result: Mapping[str, Any]) -> bool:
    found = result["components"]
    return bool(found) and all(one.get("volume_fraction") is not None for one in found)


def _ordered(result: Mapping[str, Any], by_volume: bool) -> list[Mapping[str, Any]]:
    key = "volume_fraction" if by_volume else "signal_share"
    return sorted(result["components"], key=lambda one: -(one[key] or 0.0))


def _notes(exhibit: Exhibit) -> tuple[str, ...]:
    notes = []
    if exhibit.record.simulated:
        notes.append("Of a simulated analyzer: no light was made.")
    if exhibit.result.get("containers"):
        notes += [one.strip() for one in container_lines(exhibit.result["containers"], 1000)]
    for one in exhibit.answers:
        notes.append(
            f"{one['name']} answered on {one['answered_utc'][:19]} UTC, signed with the key "
            f"{one.get('key_id', '')}: {one['text']}"
        )
    if exhibit.curves_note:
        notes.append(exhibit.curves_note[0].upper() + exhibit.curves_note[1:] + ".")
    demo = [one for one in exhibit.result["model"].get("signed_by", ()) if one.get("demo")]
    if demo:
        notes.append("The model was signed with the published demo key, which proves nothing.")
    return tuple(printable(note) for note in notes)


def _how_to_verify(exhibit: Exhibit) -> tuple[str, ...]:
    number = int(exhibit.record.record_id.split("-", 1)[0])
    if exhibit.entry is None:
        return ("The record is of a store of version 1, which signed nothing.",)
    return (
        "This page is a copy for people and proves nothing by itself.",
        f"On the device: `ramix records verify`, then `ramix records show {number}`; code and "
        "SHA-256 must be those printed here.",
        f"Elsewhere: ask for `ramix records package {number} --out case.rrp`, and open it with "
        "`ramix records import case.rrp --device KEY`, where KEY is the device's public key as the "
        "device's owner tells it.",
        'record_sha256 = SHA-256("ramix-record-v2\\0" + previous_sha256 + body_sha256); the '
        "Ed25519 signature covers it with kind, number, store and time.",
    )
