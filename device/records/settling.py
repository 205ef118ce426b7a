"""What follows a stored entry: the mark, and SQLite's log put into the store.

Neither is what makes the entry safe, and each waits for the disk: a thread does it while the
answer is shown. The store's lock stays held until it is done, so that marks never go backwards; an
end in between leaves the mark one entry behind, as a sudden end always could.
Next: `writing.py`, which begins it.
"""

import logging
import sqlite3
from contextlib import ExitStack, suppress
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING

from device.records.head import Head
from device.records.mark import write_mark

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

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
    """At most one entry's at a time, in one thread that waits for the next."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._under_way: Future[None] | None = None

    def ready(self) -> None:
        """Start the thread now, before anything has to be stored; without one the entry waits."""
        if self._pool is not None:
            return
        from concurrent.futures import ThreadPoolExecutor  # who only reads does not load it

        pool = ThreadPoolExecutor(1, thread_name_prefix="ramix-records")
        try:
            pool.submit(int).result()
        except RuntimeError:  # no thread to be had
            pool.shutdown(wait=False)
        else:
            self._pool = pool

    def begin(
        self, path: Path, connection: sqlite3.Connection | None, head: Head, lock: ExitStack
    ) -> None:
        """Settle `head` beside the caller, who hands over the store's lock with it."""

        def work() -> None:
            with lock:
                settle(path, connection, head)

        self.ready()
        if self._pool is not None:
            log_with_id = copy_context().run  # of the measurement
            with suppress(RuntimeError):  # the interpreter is about to end
                self._under_way = self._pool.submit(log_with_id, work)
                return
        work()

    def wait(self) -> None:
        """Until what was begun is done."""
        under_way, self._under_way = self._under_way, None
        error = None if under_way is None else under_way.exception()
        if error is not None:
            _log.error("what follows a stored entry failed", exc_info=error)

    def end(self) -> None:
        """The same, and no thread is left."""
        self.wait()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
