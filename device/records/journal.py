"""One event of a command in the usual store: known to be kept before anything is changed.

Next: `store.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from device import installation
from device.records.device_key import known_device_key
from device.records.mark import mark_path
from device.records.readable import ReadableStore
from device.records.store import RecordStore
from firmware_bridge.errors import RamixError


def usual_store(*, simulated: bool = False, read_only: bool = False) -> RecordStore:
    """Where this machine's measurements and events go; those of simulated analyzers apart."""
    path = installation.default_record_store_path(simulated=simulated)
    apart = None if simulated else installation.default_record_store_path(simulated=True)
    return RecordStore(path, read_only=read_only, simulated_apart=apart, simulated=simulated)


def chain_beside(store: ReadableStore, *, simulated: bool = False) -> RecordStore:
    """Where an event about what lies in `store` is written: into it, if this device goes on with
    it; else into this machine's own chain.

    A copy or another device's store must stay as it is: an entry of ours would set it aside.
    """
    if mark_path(store.path).exists() and store.owner() in (None, known_device_key()):
        return RecordStore(store.path, simulated=simulated)
    return usual_store(simulated=simulated)


@contextmanager
def recorded(kind: str, *, simulated: bool = False) -> Iterator[dict[str, Any]]:
    """What the block puts into the dictionary is kept, with the error that ended it if one did.

    Raises:
        RecordStoreError: the store does not take it; said before the block where that is known.
    """
    with usual_store(simulated=simulated) as store:
        store.check_writable()
        content: dict[str, Any] = {}
        try:
            yield content
        except RamixError as error:
            if content:
                store.append_event(kind, {**content, "failed": error.code, "why": error.text})
            raise
        if content:  # else nothing was begun
            store.append_event(kind, content)
