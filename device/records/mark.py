"""The kept mark: the newest head, in a small file beside the store.

With it an emptied, shortened, exchanged or older store is found without help. It is a signed head
like any other; store and mark put back together are found only by a head noted elsewhere.
Next: `writing.py`, which keeps it.
"""

import glob
import json
import os
from pathlib import Path
from typing import Final

from device.durable import OWN_FILE, UNFINISHED, sync_folder, written_whole
from device.records.head import Head, read_noted

MARK_SUFFIX: Final = ".head"


def mark_path(store: Path) -> Path:
    return store.with_name(store.name + MARK_SUFFIX)


def read_mark(store: Path) -> Head | None:
    """The mark of the store at this path; None: there is none.

    Raises:
        RecordStoreError: it cannot be read, or was changed.
    """
    path = mark_path(store)
    return read_noted(path) if os.path.lexists(path) else None


def forget_unfinished(store: Path) -> None:
    """Remove what sudden ends left of marks; the caller holds the store's lock, so none is new."""
    for path in store.parent.glob(f".{glob.escape(mark_path(store).name)}.*{UNFINISHED}"):
        path.unlink(missing_ok=True)


def write_mark(store: Path, head: Head) -> None:
    """Safe on disk when it returns; the caller holds the store's lock.

    Raises:
        OSError: the disk does not take it; the old mark stays.
    """
    path = mark_path(store)
    with written_whole(path, OWN_FILE) as stream:
        stream.write(json.dumps(head.as_json(), indent=1).encode("ascii") + b"\n")
    sync_folder(path.parent)
