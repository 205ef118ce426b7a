"""The log of a day's measurements: one JSON object a line, with an id for each measurement.

Files of 1 MB, of which the five last ones stay. Next: `measurement_id.py`, the id;
`cli/keeping_log.py`, which says where the log is.
"""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from device.durable import OWN_FILE, OWN_FOLDER, make_folder
from device.measurement_id import measurement_id, no_measurement
from device.plain_file import check_plain

FILE_BYTES: Final = 1_000_000
OLDER_FILES: Final = 5
MAX_TEXT: Final = 2000  # a line stays readable whatever a firmware says


class _JsonLines(logging.Formatter):
    """`utc`, `level`, `logger`, `text`; `event`, `measurement` and `fault` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "utc": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        event = getattr(record, "event", None)
        if event is not None:
            entry["event"] = str(event)
        measurement = measurement_id()
        if measurement is not None:
            entry["measurement"] = measurement
        entry["text"] = record.getMessage()[:MAX_TEXT]
        if record.exc_info:
            entry["fault"] = self.formatException(record.exc_info)[-MAX_TEXT:]
        return json.dumps(entry)  # ASCII, and no line break: whatever a name holds, one line


class Rotating(RotatingFileHandler):
    """Files of their owner alone; a full disk costs the log and never a measurement."""

    def _open(self):  # type: ignore[no-untyped-def]  # as the parent's
        stream = super()._open()
        Path(self.baseFilename).chmod(OWN_FILE)
        return stream

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: the answer is worth more than its log line."""

    def close(self) -> None:
        """A full disk is met once more here, by what could not be written before."""
        with suppress(OSError):
            super().close()


def keep_log(path: Path) -> Callable[[], None]:
    """Write what the loggers `ramix.*` say from INFO on to `path`, until the result is called.

    Raises:
        OSError: the folder or file cannot be made, or something else than a file bears the name.
    """
    no_measurement()  # one of an earlier command in this process is over
    make_folder(path.parent, OWN_FOLDER)
    check_plain(path)
    to_file = Rotating(path, maxBytes=FILE_BYTES, backupCount=OLDER_FILES, encoding="ascii")
    to_file.setLevel(logging.INFO)
    to_file.setFormatter(_JsonLines())
    logger = logging.getLogger("ramix")
    before = logger.level
    handlers: list[logging.Handler] = [to_file]
    if logger.getEffectiveLevel() > logging.INFO:
        logger.setLevel(logging.INFO)
        # Else warnings, which a program without handlers prints, would go to the file alone.
        if not logging.getLogger().handlers:
            handlers.append(logging.StreamHandler())
            handlers[-1].setLevel(logging.WARNING)
    for handler in handlers:
        logger.addHandler(handler)

    def close() -> None:
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()
        logger.setLevel(before)

    return close
