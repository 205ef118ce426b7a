"""What follows a stored entry: the mark, and SQLite's log put into the store.

Neither is what makes the entry safe, and each waits for the disk: a thread does it while the
answer is shown. The store's lock stays held until it is done, so that marks never go backwards; an
end in between leaves the mark one entry behind, as a sudden end always could.
Next: `writing.py`, which begins it.
"""

import logging
import sqlite3
import threading
from contextlib import ExitStack
from contextvars import copy_context
from pathlib import Path

from device.records.head import Head
from device.records.mark import write_mark

_log = logging.getLogger("ramix.records")


def settle(path: Path, connection: sqlite3.Connection | None, head: Head) -> None:
    """The entry is safe; a mark or a log that does not follow loses nothing of it."""
    try:
        write_mark(path, head)
    except OSError as error:
        _log.warning("the mark of %s was not renewed: %s", path, error)
    if connection is not None:
        try:  # a copy of the one file is then whole
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            _log.warning("the log of %s was not put into it: %s", path, error)


class Settling:
    """At most one entry's at a time."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def begin(
        self, path: Path, connection: sqlite3.Connection | None, head: Head, lock: ExitStack
    ) -> None:
        """Settle `head` beside the caller, who hands over the store's lock with it."""

        def work() -> None:
            with lock:
                settle(path, connection, head)

        log_with_id = copy_context().run  # of the measurement
        self._thread = threading.Thread(target=log_with_id, args=(work,), name="ramix-records")
        try:
            self._thread.start()
        except RuntimeError:  # no thread to be had: it waits
            self._thread = None
            work()

    def wait(self) -> None:
        """Until what was begun is done."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
