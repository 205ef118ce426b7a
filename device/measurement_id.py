"""Each measurement has an id of its own, by which its lines in the log are found.

What is logged until the next measurement begins carries it, also the line that says under which
record the answer was stored. Next: `log_file.py`, which writes it.
"""

import os
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

_current: ContextVar[str | None] = ContextVar("measurement", default=None)
_P = ParamSpec("_P")
_R = TypeVar("_R")


def measurement_id() -> str | None:
    """Of the last measurement that began here: 8 hex digits; None before the first."""
    return _current.get()


def no_measurement() -> None:
    """What is logged from here on belongs to none, until the next one begins."""
    _current.set(None)


def numbered(measure: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let each call be a measurement."""

    @wraps(measure)
    def with_id(*arguments: _P.args, **options: _P.kwargs) -> _R:
        _current.set(os.urandom(4).hex())
        return measure(*arguments, **options)

    return with_id
