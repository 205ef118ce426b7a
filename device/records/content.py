"""What one entry holds, and the bytes it becomes.

The body is canonical JSON: of a measurement the result as printed, how and by whom it was measured
and where each array lies in the data; of an event its content. Next: `chain.py`, which adds it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from device.answer.result import result_json
from device.printable import printable
from device.records.about import About
from device.records.arrays import arrays_of, measurement_of, pack_arrays
from device.records.blanks import BLANKS, blanks_kept
from device.records.circumstances import Circumstances
from device.records.errors import RecordDamaged, RecordPruned
from device.records.head import head_code
from device.records.photo import Photo, photo_from
from device.version import VERSION
from firmware_bridge.errors import CallerError

if TYPE_CHECKING:  # the identifier loads an interpreter; looking at old records must not
    from device.answer.answer import Answer

MAX_BODY_BYTES: Final = 4_000_000  # a measurement's is 10 kB
MAX_DATA_BYTES: Final = 64_000_000  # 2,048 pixels are 60 kB; frames and blanks are bounded
MAX_EVENT_BYTES: Final = 256_000
LONGEST_SEARCH: Final = 2000  # characters
_PHOTO: Final = "photo"  # among the arrays its bytes, in the body what they are


@dataclass(frozen=True)
class Record:
    """One stored measurement; `data` empty when only an overview was asked for.

    `problem`: what is wrong with it, empty for a record that is what was written. A damaged record
    has an empty body wherever its text cannot be trusted to be read.
    `pruned`: its contents were removed after an export; hash and signature are kept.
    """

    record_id: str
    created_utc: str
    body: Mapping[str, Any] = field(repr=False)
    data: bytes = field(repr=False)
    hash: bytes = b""
    problem: str = ""
    pruned: bool = False

    @property
    def result(self) -> Mapping[str, Any]:
        """What `ramix identify --json` printed.

        Raises:
            RecordDamaged: it is not there any more, or not what was written.
        """
        result = self.body.get("result")
        if not isinstance(result, Mapping):
            self.require_whole()
            raise RecordDamaged(f"Record {self.record_id} holds no result.")
        return result

    def require_whole(self) -> None:
        """Raises RecordDamaged: it is not what was written; RecordPruned: its contents are gone."""
        if self.problem:
            raise RecordDamaged(f"Record {self.record_id} is damaged: {self.problem}.")
        if self.pruned:
            raise RecordPruned(
                f"The contents of record {self.record_id} were removed after an export."
            )

    @property
    def about(self) -> About:
        """What people said about it; empty in records of version 1."""
        return about_of(self.body)

    @property
    def has_photo(self) -> bool:
        """Whether a photo of the sample is kept with it; looks at no data."""
        return _PHOTO in self.array_names

    @cached_property
    def photo(self) -> Photo | None:
        """The photo of the sample, checked as if it came from outside: anybody may sign anything.

        Raises:
            RecordDamaged: what lies there is no photo.
        """
        if not self.has_photo:
            return None
        try:
            kept = self.array(_PHOTO).tobytes()
            found = photo_from(kept)
        except (LookupError, TypeError, ValueError) as error:
            raise RecordDamaged(f"The photo of record {self.record_id} is damaged.") from error
        if found.data != kept or found.as_json() != self.body.get(_PHOTO):
            raise RecordDamaged(f"The photo of record {self.record_id} is not the one it names.")
        return found

    @property
    def verdict(self) -> str:
        """Empty where it cannot be read."""
        return str(self.body.get("result", {}).get("verdict", ""))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the asserted components, largest first; empty where they cannot be read."""
        return tuple(str(one["name"]) for one in self.body.get("result", {}).get("components", ()))

    @property
    def hazards(self) -> Mapping[str, str]:
        """Hazard statements by component, as the live card showed them."""
        found = self.body.get("hazards", {})
        return found if isinstance(found, Mapping) else {}

    @property
    def simulated(self) -> bool:
        return self.body.get("simulated") is True

    @property
    def code(self) -> str:
        """The short code of the chain's head at this record."""
        return head_code(self.hash) if self.hash else ""

    @property
    def array_names(self) -> tuple[str, ...]:
        return tuple(self.body.get("arrays", {}))

    def array(self, name: str) -> NDArray[Any]:
        """One of the stored arrays, as it was measured."""
        entry = self.body["arrays"][name]
        part = self.data[entry["offset"] : entry["offset"] + entry["length"]]
        return np.frombuffer(part, dtype=entry["dtype"]).reshape(entry["shape"])


@dataclass(frozen=True)
class StoredEvent:
    """One entry that is no measurement; `problem` as a record's."""

    event_id: str
    sequence: int
    created_utc: str
    kind: str
    content: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def measurement_content(
    answer: "Answer", about: About, circumstances: Circumstances
) -> tuple[dict[str, Any], bytes]:
    """The part of a measurement's body that does not depend on its place, and its data."""
    photo = about.photo
    blanks, blank_texts = blanks_kept(answer.containers)
    arrays = arrays_of(answer.spectrum) | blanks
    if photo is not None:
        arrays[_PHOTO] = np.frombuffer(photo.data, dtype=np.uint8)
    data, index = pack_arrays(arrays)
    content: dict[str, Any] = {
        "result": result_json(answer),
        "measurement": measurement_of(answer.spectrum),
        "arrays": index,
        "data_sha256": hashlib.sha256(data).hexdigest(),
        "about": about.as_json(),
        **circumstances.as_json(),
    }
    if answer.field_compounds:  # what the model's hash does not cover
        content["field_compounds"] = [asdict(label) for label in answer.field_compounds]
    if answer.containers:
        content[BLANKS] = blank_texts
    if photo is not None:
        content[_PHOTO] = photo.as_json()
    return content, data


def event_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """An event's content, known to become JSON.

    Raises:
        CallerError: it does not, or is larger than `MAX_EVENT_BYTES`.
    """
    try:
        text = json.dumps(dict(content), allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise CallerError(f"The content of an event is no JSON: {error}.") from error
    if len(text) > MAX_EVENT_BYTES:
        raise CallerError(f"The content of an event is larger than {MAX_EVENT_BYTES} bytes.")
    return {"content": json.loads(text), "software": VERSION}


def parse_body(body: bytes) -> dict[str, Any]:
    """A body as a dictionary; a damaged one as an empty one (its hash will say so)."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def about_of(body: Mapping[str, Any]) -> About:
    """What people said, or nothing where that cannot be read."""
    found = body.get("about")
    try:
        return About(**found) if isinstance(found, dict) and "photo" not in found else About()
    except (TypeError, CallerError):
        return About()


def search_text(kind: str, body: Mapping[str, Any]) -> str:
    """What a search looks through: names, verdict, sample, operator, note and source, folded."""
    result = body.get("result")
    if not isinstance(result, Mapping):
        return kind
    words = [result.get("verdict"), *about_of(body).as_json().values()]
    components = result.get("components")
    if isinstance(components, list):
        words += [one.get("name") for one in components if isinstance(one, Mapping)]
    measurement = body.get("measurement")
    if isinstance(measurement, Mapping):
        words += [measurement.get("source"), measurement.get("analyzer_serial")]
    text = "\n".join(printable(word) for word in words if isinstance(word, str) and word)
    return text.casefold()[:LONGEST_SEARCH]


def why_misshapen(body: Mapping[str, Any], data: bytes | None) -> str:
    """What keeps a measurement's body from being read, empty if nothing: never an exception.

    `data` None: the arrays are not looked at.
    """
    try:
        result = body["result"]
        if not {"verdict", "components", "reasons", "model"} <= result.keys():
            return "its result is not complete"
        if not isinstance(body["measurement"]["source"], str) or not result["model"].keys():
            return "how it was measured is not complete"
        if not all(isinstance(one["name"], str) for one in result["components"]):
            return "a component has no name"
        for name, entry in body["arrays"].items() if data is not None else ():
            record = Record("", "", {"arrays": {name: entry}}, data or b"")
            if entry["length"] > len(data or b"") or entry["offset"] < 0:
                return f"the array {name!r} lies outside of its data"
            record.array(name)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return "its text is not that of a record"
    return ""
