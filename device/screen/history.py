"""What was measured before: a page of the list, one card, and the record as a file.

Each call opens the store for itself, read only: SQLite's connections belong to one thread.
Next: `exports.py`, records as files; `../records/measured.py`, a record as a spectrum again.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from device.export.exhibit import Exhibit
from device.export.formats import ExportedFile
from device.records.content import Record
from device.records.errors import RecordStoreError
from device.records.store import RecordStore
from device.safety.advice import advice_for
from device.screen.card import card_json
from device.screen.exports import exhibit_in, file_of, package_in
from device.screen.seat import Seat
from device.screen.watch_list import kept_in

if TYPE_CHECKING:
    from device.answer.identifier import Identifier

PAGE: Final = 30
LONGEST_SEARCH: Final = 120


class History:
    """The records of the store that `where` says; None: nothing is kept."""

    def __init__(self, where: Callable[[], Path | None], seat: Seat) -> None:
        self._where, self._seat = where, seat

    def page(self, search: str, before: str | None) -> dict[str, Any]:
        """The newest records that hold `search`, older than `before`: {rows, more}."""
        path = self._where()
        if path is None or not path.exists():
            return {"rows": [], "more": False}
        with RecordStore(path, read_only=True) as store:
            found = store.list(PAGE + 1, search=search, before=before)
        return {"rows": [_row(one) for one in found[:PAGE]], "more": len(found) > PAGE}

    def find(self, record_id: str) -> Record:
        """Raises `RecordStoreError` where there is none, or a damaged one."""
        with RecordStore(self._path(), read_only=True) as store:
            return store.get(record_id)

    def card(self, record: Record) -> dict[str, Any]:
        """As it was shown, with what was watched for then."""
        return {
            "key": record.record_id,
            "photo": record.body.get("photo") if record.has_photo else None,
            **card_json(
                {**record.result, "record_code": record.code},
                record.hazards or self._seat.hazards, kept_in(record.result),
                created_utc=record.created_utc, about=record.about.as_json(),
                notes=self._seat.notes,
            ),
        }  # fmt: skip

    def exhibit(self, record_id: str, identifier: "Identifier | None") -> Exhibit:
        """A record as it is exported; with an identifier its curves, on whose thread this runs.

        Raises:
            RecordStoreError: there is none, or a damaged one.
        """
        return exhibit_in(self._path(), record_id, identifier)

    def as_file(self, exhibit: Exhibit, name: str) -> ExportedFile:
        """In the format of that name, once the chain has it. Raises as `file_of`."""
        return file_of(self._path(), exhibit, name, simulated=self._seat.simulated)

    def as_package(self, record_id: str, question: str) -> ExportedFile:
        """For a colleague, once the chain has it. Raises as `package_in`."""
        return package_in(self._path(), record_id, question, simulated=self._seat.simulated)

    def _path(self) -> Path:
        path = self._where()
        if path is None:
            raise RecordStoreError("Nothing is kept here.", remedy="Start without --no-store.")
        return path


def _row(record: Record) -> dict[str, Any]:
    """A damaged or pruned record has its line as well, and says so."""
    about = record.about.as_json()
    if record.problem or record.pruned:
        return {
            "key": record.record_id, "created_utc": record.created_utc, "verdict": "", "names": [],
            "worst": None, "problem": record.problem, "pruned": record.pruned, **about,
        }  # fmt: skip
    named = [(each["name"], each["cas"] or "") for each in record.result["components"]]
    safety = (
        record.result.get("safety")
        or advice_for(
            [(name, cas, record.hazards.get(name, "")) for name, cas in named],
            something_unknown=record.verdict != "IDENTIFIED",
        ).to_json()
    )
    return {
        "key": record.record_id,
        "created_utc": record.created_utc,
        "verdict": record.verdict,
        "names": list(record.names),
        "worst": safety["worst"],
        "tested": (record.result.get("material") or {}).get("result"),
        **about,
    }
