"""What was measured before: a page of the list, one card, and the record as a file.

Each call opens the store for itself, read only: SQLite's connections belong to one thread.
Next: `recalled.py`, a record as a spectrum again.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from device.records.content import Record
from device.records.errors import RecordStoreError
from device.records.store import RecordStore
from device.screen.card import card_json
from device.screen.seat import Seat

PAGE: Final = 30
LONGEST_SEARCH: Final = 120


class History:
    """The records of one store; `path` None: nothing is kept."""

    def __init__(self, path: Path | None, seat: Seat) -> None:
        self._path, self._seat = path, seat

    def page(self, search: str, before: str | None) -> dict[str, Any]:
        """The newest records that hold `search`, older than `before`: {rows, more}."""
        if self._path is None or not self._path.exists():
            return {"rows": [], "more": False}
        with RecordStore(self._path, read_only=True) as store:
            found = [
                one
                for one in store.list(1000)
                if (before is None or one.record_id < before)
                and search.casefold() in str(_row(one)).casefold()
            ]
        return {"rows": [_row(one) for one in found[:PAGE]], "more": len(found) > PAGE}

    def find(self, record_id: str) -> Record:
        """Raises `RecordStoreError` where there is none, or a damaged one."""
        if self._path is None:
            raise RecordStoreError("Nothing is kept here.", remedy="Start without --no-store.")
        with RecordStore(self._path, read_only=True) as store:
            return store.get(record_id)

    def card(self, record: Record) -> dict[str, Any]:
        """As it was shown, with the watch list of now."""
        return {
            "key": record.record_id,
            **card_json(
                record.result, self._seat.hazards, self._seat.watched,
                created_utc=record.created_utc, about=_about(record), notes=self._seat.notes,
            ),
        }  # fmt: skip

    def as_file(self, record: Record) -> bytes:
        """The body as it was stored, for a colleague's program."""
        return json.dumps(record.body, indent=2, sort_keys=True, allow_nan=False).encode()


def _row(record: Record) -> dict[str, Any]:
    result = record.result
    return {
        "key": record.record_id,
        "created_utc": record.created_utc,
        "verdict": result["verdict"],
        "names": [one["name"] for one in result["components"]],
        "worst": (result.get("safety") or {}).get("worst"),
        **_about(record),
    }


def _about(record: Record) -> dict[str, str]:
    about: Mapping[str, Any] = record.body.get("about") or {}
    return {name: str(about.get(name) or "") for name in ("operator", "sample", "note")}
