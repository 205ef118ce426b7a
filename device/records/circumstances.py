"""What machines say about a measurement beside its answer: clock, self-test, hazards, analyzer.

Next: `content.py`, where it becomes part of a record.
"""

import ctypes
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_NOT_SYNCHRONISED: Final = 5  # TIME_ERROR of adjtimex(2)
_TIMEX_BYTES: Final = 512  # more than any Linux's struct timex


@dataclass(frozen=True)
class Circumstances:
    """What the caller of `RecordStore.append` knows; everything may stay empty.

    hazards: hazard statement by component, as the live card showed them.
    self_test: state of the last self-test.
    calibration: state of the calibration, beside the page itself.
    analyzer: identity and clock of the instrument.
    overrides: settings that somebody chose instead of the program, by name.
    simulated: no light was made; such records are kept apart.
    """

    hazards: Mapping[str, str] = field(default_factory=dict)
    self_test: Mapping[str, Any] | None = None
    calibration: Mapping[str, Any] | None = None
    analyzer: Mapping[str, Any] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "hazards": dict(self.hazards),
            "self_test": None if self.self_test is None else dict(self.self_test),
            "calibration_state": None if self.calibration is None else dict(self.calibration),
            "analyzer": dict(self.analyzer),
            "overrides": dict(self.overrides),
            "simulated": self.simulated,
        }


def clock_state() -> dict[str, Any]:
    """How far the host's clock can be trusted.

    synchronised  whether the kernel follows a time server; null where it does not say
    boot_id       which start of the computer this is
    since_boot_s  seconds since then, of a clock that nobody sets
    """
    return {
        "synchronised": _synchronised(),
        "boot_id": _boot_id(),
        "since_boot_s": round(time.clock_gettime(time.CLOCK_BOOTTIME), 3),
    }


@cache
def _boot_id() -> str:
    """Empty where the kernel does not say."""
    try:
        return _BOOT_ID.read_text("ascii").strip()[:36]
    except (OSError, ValueError):
        return ""


def _synchronised() -> bool | None:
    adjtimex = _adjtimex()
    if adjtimex is None:
        return None
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)  # zeros: look, change nothing
    state = adjtimex(buffer)
    return None if state < 0 else bool(state != _NOT_SYNCHRONISED)


@cache
def _adjtimex() -> Callable[[Any], int] | None:
    """The C library's, looked up once."""
    try:
        found: Callable[[Any], int] = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    return found
