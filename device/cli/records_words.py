"""A stored record in words: the line of a list, its JSON, and what stands below its card.

Next: `records.py`, the verbs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from device.cli.records_options import printable
from device.records.errors import RecordDamaged
from firmware_bridge.errors import RamixError

if TYPE_CHECKING:
    from device.records.content import Record
    from device.records.readable import ReadableStore


@contextmanager
def readable(record: "Record") -> Iterator[None]:
    """Who has a key can sign anything: what cannot be laid out is one sentence.

    Raises:
        RecordDamaged: it cannot.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise RecordDamaged(
            f"Record {record.record_id} is not one that this version can read.",
            remedy="`ramix records show ID --json` prints what it holds.",
        ) from error


def overview(record: "Record") -> dict[str, Any]:
    """One entry of `records list --json`."""
    known = {"record_id": record.record_id, "created_utc": record.created_utc}
    if record.problem or record.pruned:
        return {**known, "problem": record.problem, "pruned": record.pruned}
    found = {
        **known,
        "verdict": record.verdict,
        "components": list(record.names),
        "model": record.result["model"],
        "source": record.body["measurement"]["source"],
        "sample": record.about.sample,
        "operator": record.about.operator,
        "code": record.code,
    }
    return dict(printable(found))


def line(record: "Record") -> str:
    """One line of `records list`."""
    when = record.created_utc[:19].replace("T", " ")
    if record.problem:
        return str(printable(f"! {record.record_id}  {when}  damaged: {record.problem}"))
    if record.pruned:
        return str(printable(f"{record.record_id}  {when}  exported and pruned"))
    names, about = ", ".join(record.names), record.about
    who = "  ".join(f"[{one}]" for one in (about.sample, about.operator) if one)
    line = f"{record.record_id}  {when}  {record.verdict:<10}  {names}  {who}"
    return str(printable(line.rstrip()))


def source_of(record: "Record") -> str:
    """The file, or who measured."""
    measurement = record.body["measurement"]
    source = measurement["source"]
    return (
        f"analyzer {measurement.get('analyzer_serial', '')}"
        if source == "acquisition"
        else str(source)
    )


def notes_of(record: "Record", signatures: Any) -> list[str]:
    """What stands below the card of a stored record."""
    about = record.about
    said = [
        f"{label}: {value}."
        for label, value in (
            ("Sample", about.sample), ("Operator", about.operator), ("Note", about.note),
            ("Measured again", about.repeat_reason), ("Photo", photo_words(record)),
        )
        if value
    ]  # fmt: skip
    when = record.created_utc[:19].replace("T", " ")
    notes = [f"Stored {when} UTC, code {record.code or 'none'}.", *said]
    frames = record.body["measurement"].get("raw_frames")
    if isinstance(frames, dict):
        lit, dark, struck = (frames.get(name) for name in ("lit", "dark", "struck_by_rays"))
        notes.append(f"Frames kept: {lit} lit, {dark} dark; {struck} struck by cosmic rays.")
    if record.simulated:
        notes.insert(0, "Of a simulated analyzer: no light was made.")
    for one in signatures:
        notes.append(
            f"Signed by {one['name']} ({one['meaning']}), {one['signed_utc'][:19]} UTC, with the "
            f"key {one['key_id']}."
        )
    return [str(printable(note)) for note in notes]


def photo_words(record: "Record") -> str:
    """What is kept of a photo, in one line; empty where there is none."""
    try:
        photo = record.photo
    except RamixError as error:
        return error.text
    if photo is None:
        return ""
    return f"{photo.media_type}, {photo.width} x {photo.height}, SHA-256 {photo.sha256}"


def told_later(store: "ReadableStore", record: "Record") -> list[str]:
    """What experts answered about a record, and other models: below its card."""
    from device.records.again import told_of

    notes = [
        f"{one['name']} answered {one['answered_utc'][:19]} UTC, signed with the key "
        f"{one.get('key_id', '')}: {one['text']}"
        for one in store.answers_of(record)
    ]
    notes += [f"Answered again by {model}: {said}." for model, said in told_of(store, record)]
    return [str(printable(note)) for note in notes]
