"""Hands on the analyzer under test: who opens its cover and restarts it, where somebody can.

Next: `restart.py`, which needs them.
"""

import os
import stat
from pathlib import Path
from typing import Protocol

from firmware_bridge.errors import CallerError


class Hands(Protocol):
    """What a person would do beside the link."""

    def open_cover(self) -> None: ...

    def close_cover(self) -> None: ...

    def restart(self) -> None: ...


class LineHands:
    """A program or a jig that takes a line for each: `open`, `close`, `restart`.

    path: a named pipe that it reads, or a terminal. The example firmware in C takes these lines on
    its standard input.

    Raises:
        CallerError: nobody reads there, or it is something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            raise self._unusable(error.strerror) from error
        mode = os.fstat(self._descriptor).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)):
            self.close()
            raise self._unusable("it is neither a named pipe nor a terminal")

    def open_cover(self) -> None:
        self._say("open")

    def close_cover(self) -> None:
        self._say("close")

    def restart(self) -> None:
        self._say("restart")

    def close(self) -> None:
        os.close(self._descriptor)

    def _say(self, line: str) -> None:
        try:
            os.write(self._descriptor, f"{line}\n".encode())
        except OSError as error:
            raise self._unusable(error.strerror) from error

    def _unusable(self, why: str | None) -> CallerError:
        return CallerError(
            f"--hands {self._path} cannot be used: {why}.",
            remedy="Name a pipe that the firmware's jig reads (firmware_bridge/c/README.md).",
        )
