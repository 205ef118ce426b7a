"""A measurement is stored with all that is known beside it: analyzer, settings, hazards, people.

Next: `circumstances.py`, what a record holds of that; `store.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from device.driver.spectrometer import Spectrometer
from device.printable import printable
from device.records.about import About
from device.records.circumstances import Circumstances
from device.selftest.standing import SelfTestedNow, nobody_asks

if TYPE_CHECKING:  # who does not store does not load SQLite
    from device.answer.answer import Answer, SelfTested
    from device.answer.identifier import Identifier
    from device.records.store import RecordStore


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Beside:
    """What is known beside measurements, asked for when one is stored.

    about: what people said.
    self_test: how the analyzer of a serial number stands, asked before any light; it refuses by
        raising.
    calibration: its state, as for `Circumstances`.
    """

    about: Callable[[], About] = About
    self_test: SelfTestedNow = nobody_asks
    calibration: Callable[[], Mapping[str, Any] | None] = _nothing

    def circumstances(
        self, analyzer: Spectrometer, answer: "Answer", identifier: "Identifier", settings: Any
    ) -> Circumstances:
        """Of a measurement by `analyzer`, for which `settings` were asked."""
        info = analyzer.info
        firmware = getattr(info, "firmware_version", "")  # not every instrument tells one
        return Circumstances(
            hazards=hazards_of(answer, identifier),
            self_test=None if answer.self_test is None else asdict(answer.self_test),
            calibration=self.calibration(),
            analyzer={
                "product": printable(info.product),
                "serial": printable(info.serial),
                "hardware_revision": info.hardware_revision,
                "firmware_version": printable(str(firmware)),
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


def before_light(
    store: "RecordStore | None", beside: Beside | None, analyzer: Spectrometer
) -> "SelfTested | None":
    """How the analyzer stands by its self-tests, once the store takes a record.

    Raises:
        RecordStoreError: it does not.
        SelfTestFailed: the last self-test failed.
    """
    require_writable(store)
    return None if beside is None else beside.self_test(analyzer.info.serial)


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
