"""A station's start as an event of the record store, and a failed one with its reason.

Next: `station.py`, which starts.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from device.answer.identifier import Identifier
from device.driver.spectrometer import Spectrometer
from device.runtime import Settings
from firmware_bridge.errors import RamixError

if TYPE_CHECKING:  # who does not store does not load SQLite
    from device.records.store import RecordStore

_log = logging.getLogger("ramix.station")


@contextmanager
def start_kept(store: "RecordStore | None", start_as: str, port: str) -> Iterator[dict[str, Any]]:
    """What the block puts into the dictionary is kept as `start`; its error as `failed_start`.

    Raises:
        RecordStoreError: the start cannot be kept: nothing would be measured either.
    """
    content: dict[str, Any] = {}
    try:
        yield content
    except RamixError as error:
        if store is not None and start_as:
            try:
                failed = {"by": start_as, "port": port, "code": error.code, "text": error.text}
                store.append_event("failed_start", failed)
            except RamixError as again:
                _log.warning("the failed start was not kept: %s", again.text)
        raise
    if store is not None and start_as:
        store.append_event("start", {"by": start_as, "port": port, **content})


def started(analyzer: Spectrometer, identifier: Identifier, settings: Settings) -> dict[str, Any]:
    """Analyzer, model and chosen settings of a start."""
    from device.records.beside import chosen, is_simulated

    info, model = analyzer.info, identifier.label
    return {
        "analyzer": {"product": info.product, "serial": info.serial},
        "simulated": is_simulated(info),
        "model": {"name": model.name, "version": model.version, "sha256": model.sha256},
        "overrides": chosen(settings),
    }
