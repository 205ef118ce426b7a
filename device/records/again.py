"""Stored measurements answered again by another model: what was, what is, and what differs.

The old record is never changed; the new answers become events, some dozens in each, so that a long
work that is interrupted goes on where it stopped. Next: `measured.py`, what is answered.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from device.records.content import Record
from device.records.errors import RecordStoreError
from device.records.frames import of_frames
from device.records.measured import containers_of, spectrum_of
from device.records.readable import ReadableStore
from device.records.reading import MOST_LISTED
from firmware_bridge.errors import CallerError

if TYPE_CHECKING:
    from device.answer.identifier import Identifier

EVENT: Final = "reidentified"
ANSWERS_OF_AN_EVENT: Final = 50
_KEYS: Final = {"record_id", "record_sha256", "created_utc", "was", "now", "why_not"}


@dataclass(frozen=True)
class Again:
    """One record: verdict, components and model that were, and now; or why it has no new ones."""

    record_id: str
    record_sha256: str
    created_utc: str
    was: Mapping[str, Any]
    now: Mapping[str, Any] | None = None
    why_not: str = ""

    @property
    def differs(self) -> bool:
        """Another verdict, or other substances."""
        return self.now is None or _said(self.was) != _said(self.now)

    def as_json(self) -> dict[str, Any]:
        return {
            "record_id": self.record_id,
            "record_sha256": self.record_sha256,
            "created_utc": self.created_utc,
            "was": dict(self.was),
            "now": None if self.now is None else dict(self.now),
            "why_not": self.why_not,
        }


def answered_again(record: Record, identifier: "Identifier", *, from_frames: bool = False) -> Again:
    """`record` with its arrays; what cannot be answered says why, and is no error.

    `from_frames`: its single frames are averaged again first, as this version averages them.
    """
    name, sha256, when = record.record_id, record.hash.hex(), record.created_utc
    if record.problem or record.pruned:
        why = record.problem or "its contents were removed after an export"
        return Again(name, sha256, when, {}, None, why)
    try:
        was = _short(record.result)
    except (LookupError, TypeError, AttributeError):  # of another device's store
        return Again(name, sha256, when, {}, None, "its text is not that of a record")
    missing = _missing_field_compounds(record, identifier)
    if missing:
        why = f"its field library is not here: {', '.join(missing)}"
        return Again(name, sha256, when, was, None, why)
    try:
        spectrum = of_frames(record) if from_frames else spectrum_of(record)
        containers = containers_of(record, identifier)
    except (RecordStoreError, CallerError) as error:
        return Again(name, sha256, when, was, None, error.text.rstrip("."))
    from device.answer.result import result_json

    return Again(
        name, sha256, when, was, _short(result_json(identifier.identify(spectrum, containers)))
    )


def model_json(identifier: "Identifier", *, from_frames: bool = False) -> dict[str, Any]:
    """Which model and which decision answer now; two runs with the same answer alike."""
    label, decision = identifier.label, identifier.decision
    return {
        "name": label.name,
        "version": label.version,
        "sha256": label.sha256,
        "decision_sha256": decision.sha256,
        "field_compounds": sorted(one.sha256 for one in identifier.field_labels),
        **({"from_frames": True} if from_frames else {}),
    }


def answered_before(store: ReadableStore, model: Mapping[str, Any]) -> dict[str, Again]:
    """What whole events say already of this model, by the record's SHA-256."""
    found: dict[str, Again] = {}
    events = store.events(EVENT, MOST_LISTED) if store.path.exists() else ()
    for event in reversed(events):
        if event.problem or event.content.get("model") != model:
            continue
        for one in _answers(event.content):
            found[one.record_sha256] = one
    return found


def told_of(store: ReadableStore, record: Record) -> tuple[tuple[str, str], ...]:
    """Model and verdict of every later answer about this record, oldest first."""
    found = []
    for event in reversed(store.events(EVENT, MOST_LISTED, record.hash.hex())):
        model = event.content.get("model")
        if event.problem or not isinstance(model, Mapping):
            continue
        for one in _answers(event.content):
            if one.record_sha256 == record.hash.hex() and one.now is not None:
                found.append((f"{model.get('name')} {model.get('version')}", in_words(one.now)))
    return tuple(found)


def event_content(model: Mapping[str, Any], batch: Iterable[Again], **more: Any) -> dict[str, Any]:
    """The content of one event."""
    return {"model": dict(model), "answers": [one.as_json() for one in batch], **more}


def in_words(answer: Mapping[str, Any]) -> str:
    """Verdict and substances in one line."""
    if not answer:
        return "-"
    names = ", ".join(str(one["name"]) for one in answer["components"])
    return f"{answer['verdict']} {names}".strip()


def _short(result: Mapping[str, Any]) -> dict[str, Any]:
    """What of a result says whether two answers differ."""
    model = result["model"]
    return {
        "verdict": str(result["verdict"]),
        "components": [
            {
                "name": one["name"],
                "cas": one.get("cas"),
                "signal_share": one.get("signal_share"),
            }
            for one in result["components"]
        ],
        "reasons": [one["code"] for one in result["reasons"]],
        "model": f"{model['name']} {model['version']}",
        "model_sha256": model["sha256"],
    }


def _said(answer: Mapping[str, Any]) -> tuple[Any, frozenset[str]]:
    """Two models may write a name otherwise; the CAS number is the same."""
    found = answer.get("components", ())
    return answer.get("verdict"), frozenset(one["cas"] or one["name"].casefold() for one in found)


def _missing_field_compounds(record: Record, identifier: "Identifier") -> list[str]:
    """Those it was answered with beside its model, which the program does not have now."""
    stored = record.body.get("field_compounds")
    here = {one.sha256 for one in identifier.field_labels}
    found = [one for one in stored if isinstance(one, dict)] if isinstance(stored, list) else []
    return [str(one.get("name")) for one in found if one.get("sha256") not in here]


def _answers(content: Mapping[str, Any]) -> Iterator[Again]:
    """Of an event; in another device's store there may be anything."""
    found = content.get("answers")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and one.keys() == _KEYS and _is_short(one["now"]):
            texts = (one["record_id"], one["record_sha256"], one["created_utc"], one["why_not"])
            if all(isinstance(text, str) for text in texts) and _is_short(one["was"]):
                yield Again(**one)


def _is_short(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("verdict"), str):
        return False
    found = value.get("components")
    return isinstance(found, list) and all(
        isinstance(one, dict)
        and isinstance(one.get("name"), str)
        and isinstance(one.get("cas"), str | None)
        for one in found
    )
