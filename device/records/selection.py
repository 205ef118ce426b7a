"""Which records of a store: named ones, or all that were stored in a time, by a model, with a word.

Next: `readable.py`, the store; `again.py`, which answers them again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from device.records.content import Record
from device.records.errors import RecordStoreError
from device.records.readable import ReadableStore

_AT_ONCE: Final = 200


@dataclass(frozen=True)
class Selection:
    """All that is given must hold; nothing given: every record.

    since_utc, before_utc: ISO 8601, as records have it; the first is included.
    model: name and version. model_sha256: how it begins, in hex.
    """

    ids: tuple[str, ...] = ()
    search: str = ""
    since_utc: str = ""
    before_utc: str = ""
    model: tuple[str, str] | None = None
    model_sha256: str = ""

    def holds(self, record: Record) -> bool:
        """Of a record with its body; a damaged one holds where its time does."""
        if record.created_utc < self.since_utc:
            return False
        if self.before_utc and record.created_utc >= self.before_utc:
            return False
        found = record.body.get("result", {}).get("model", {})
        model: Mapping[str, object] = found if isinstance(found, Mapping) else {}
        if self.model is not None and (model.get("name"), model.get("version")) != self.model:
            return False
        return str(model.get("sha256", "")).startswith(self.model_sha256)


def selected(store: ReadableStore, selection: Selection) -> Iterator[Record]:
    """Without their arrays, the oldest of named ones first, else the newest first.

    Damaged and pruned ones are among them, with their `problem` or `pruned`: who selects by what
    was in them gets those that still say it.

    Raises:
        RecordStoreError: a named one is not there.
    """
    if selection.ids:
        for record_id in dict.fromkeys(selection.ids):
            record = store.get(record_id, even_damaged=True)
            if selection.holds(record):
                yield record
        return
    before: str | None = None
    while True:
        page = store.list(_AT_ONCE, selection.search, before)
        for record in page:
            if selection.holds(record):
                yield record
        if len(page) < _AT_ONCE:
            return
        before = page[-1].record_id


def require_some(records: list[Record], store: ReadableStore) -> list[Record]:
    """
    Raises:
        RecordStoreError: none was selected.
    """
    if not records:
        raise RecordStoreError(
            f"No record of {store.path} is meant.",
            remedy="`ramix records list` shows what is there; --simulated for simulated analyzers.",
        )
    return records
