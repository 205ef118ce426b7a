"""What machines say about a measurement beside its answer: clock, self-test, hazards, analyzer.

Next: `content.py`, where it becomes part of a record.
"""

import ctypes
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from device.driver.spectrometer import Spectrometer
from device.records.about import About
from device.records.arrays import one_line

if TYPE_CHECKING:
    from device.answer.answer import Answer
    from device.answer.identifier import Identifier
    from device.records.store import RecordStore

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


def _nothing() -> None:
    return None


def clock_state() -> dict[str, Any]:
    """How far the host's clock can be trusted.

    synchronised  whether the kernel follows a time server; null where it does not say
    boot_id       which start of the computer this is
    since_boot_s  seconds since then, of a clock that nobody sets
    """
    try:
        boot_id = _BOOT_ID.read_text("ascii").strip()[:36]
    except (OSError, ValueError):
        boot_id = ""
    return {
        "synchronised": _synchronised(),
        "boot_id": boot_id,
        "since_boot_s": round(time.clock_gettime(time.CLOCK_BOOTTIME), 3),
    }


def _synchronised() -> bool | None:
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)  # zeros: look, change nothing
    state = adjtimex(buffer)
    return None if state < 0 else bool(state != _NOT_SYNCHRONISED)


@dataclass(frozen=True)
class Beside:
    """What is known beside measurements, asked for when one is stored.

    about: what people said.
    self_test, calibration: their state, as for `Circumstances`.
    """

    about: Callable[[], About] = About
    self_test: Callable[[], Mapping[str, Any] | None] = _nothing
    calibration: Callable[[], Mapping[str, Any] | None] = _nothing

    def circumstances(
        self, analyzer: Spectrometer, answer: "Answer", identifier: "Identifier", settings: Any
    ) -> Circumstances:
        """Of a measurement by `analyzer`, for which `settings` were asked."""
        info = analyzer.info
        firmware = getattr(info, "firmware_version", "")  # not every instrument tells one
        return Circumstances(
            hazards=hazards_of(answer, identifier),
            self_test=self.self_test(),
            calibration=self.calibration(),
            analyzer={
                "product": one_line(info.product),
                "serial": one_line(info.serial),
                "hardware_revision": info.hardware_revision,
                "firmware_version": one_line(str(firmware)),
            },
            overrides=chosen(settings),
            simulated=is_simulated(info),
        )


def require_writable(store: "RecordStore | None") -> None:
    """Before light is made: that the record will be taken.

    Raises:
        RecordStoreError: it will not.
    """
    if store is not None:
        store.check_writable()


def stored(
    store: "RecordStore | None",
    answer: "Answer",
    analyzer: Spectrometer,
    identifier: "Identifier",
    settings: Any,
    beside: Beside | None,
) -> str | None:
    """Store an answer with all that is known beside it; its id, or None without a store.

    Raises:
        RecordStoreError: it is not stored.
    """
    if store is None:
        return None
    beside = beside or Beside()
    circumstances = beside.circumstances(analyzer, answer, identifier, settings)
    return store.append(answer, about=beside.about(), circumstances=circumstances)


def is_simulated(info: object) -> bool:
    """Whether this analyzer says that it makes no light."""
    return str(getattr(info, "firmware_version", "")).startswith("simulated")


def hazards_of(answer: "Answer", identifier: "Identifier") -> dict[str, str]:
    """Of the named components, as the card shows them."""
    named = {component.name for component in answer.identification.components}
    return {one.name: one.hazard for one in identifier.compounds if one.name in named}


def chosen(settings: Any) -> dict[str, Any]:
    """The settings that are not what the program takes by itself."""
    found = {}
    for one in fields(settings):
        value = getattr(settings, one.name)
        if isinstance(value, bool | int | float | str) and value != one.default:
            found[one.name] = value
    return found
