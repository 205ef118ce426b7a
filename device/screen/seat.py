"""Who sits before the screen and with what: operator, sample, note, watch list.

Next: `operators.py`; `card.py`, which a seat frames.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from device.driver.spectrometer import Spectrometer
from device.records.about import About
from device.records.beside import Beside, before_light, is_simulated
from device.records.photo import Photo
from device.screen.card import card_json
from device.screen.deliveries import Deliveries
from device.screen.operators import Operators
from device.screen.results import Shown
from device.screen.watch_list import (
    WatchList,
    checked_names,
    keep_watch_list,
    read_watch_list,
)
from device.selftest.standing import SelfTestFailed
from device.station.station import Station
from firmware_bridge.errors import RamixError

DEMO_NOTE: Final = "demo_key"  # a key of the catalogue


class NobodySignedIn(RamixError):
    """There are operators, and none has signed in."""

    code = "nobody_signed_in"
    default_remedy = "Sign in with your PIN."


@dataclass
class Seat:
    """Any thread may ask and change it.

    deliveries: whether each measurement is a test of one material.
    due: what the self-tests say against the analyzer; empty: nothing.
    simulated: the analyzer is a simulated one, and its trigger is on the screen.
    """

    folder: Path
    deliveries: Deliveries
    simulated: bool = False
    about: About = field(default_factory=About)
    notes: tuple[str, ...] = ()
    due: str = ""

    def __post_init__(self) -> None:
        self.operators = Operators(self.folder / "operators.json")
        self._watch_path = self.folder / "watch_list.json"
        self.watched: WatchList = read_watch_list(self._watch_path)
        self._has_operators = bool(self.operators.names())
        self._lock = threading.Lock()
        self._keeping: Photo | None = None
        self._hazards: Mapping[str, str] = {}

    @property
    def hazards(self) -> Mapping[str, str]:
        """The hazards that the library of the model knows, by name; empty before there is one."""
        return self._hazards

    # ---- who ----

    def may_measure(self) -> bool:
        """Whether a press of the trigger is answered."""
        return not self._has_operators or bool(self.about.operator)

    def require_operator(self) -> None:
        """Raises `NobodySignedIn`."""
        if not self.may_measure():
            raise NobodySignedIn("Nobody has signed in.")

    def sign_in(self, name: str, pin: str) -> None:
        """Raises `WrongPin`, `OperatorsError`."""
        self.operators.check(name, pin)
        with self._lock:
            self.about = replace(self.about, operator=name)

    def sign_out(self) -> None:
        """Sample and note go with the operator."""
        with self._lock:
            self.about = About()

    def add_operator(self, name: str, pin: str) -> None:
        """The first one by anybody at the device, every other by who is signed in.

        Raises:
            NobodySignedIn, CallerError, OperatorsError.
        """
        self.require_operator()
        self.operators.add(name, pin)
        self._has_operators = True

    # ---- with what ----

    def describe(self, sample: str, note: str) -> None:
        """Of the measurements to come. Raises `AboutRefused` for what no record takes."""
        with self._lock:
            self.about = replace(self.about, sample=sample.strip(), note=note.strip())

    def attach(self, photo: Photo | None) -> None:
        """The photo of the next measurement that is kept."""
        with self._lock:
            self.about = replace(self.about, photo=photo)

    def about_to_keep(self) -> About:
        """What is stored with a measurement; `kept_card` is called once it was."""
        with self._lock:
            self._keeping = self.about.photo
            return self.about

    def watch(self, names: list[object]) -> None:
        """Keep another watch list. Raises `CallerError`, `WatchListError`."""
        watched = checked_names(names)
        keep_watch_list(self._watch_path, watched)
        self.watched = watched

    def see_self_tests(self, beside: Beside | None, analyzer: Spectrometer) -> None:
        """What failed forbids light, and not the screen on which it is made again."""
        try:
            before_light(None, beside, analyzer)
        except SelfTestFailed as error:
            self.due = error.text

    # ---- for the page ----

    def to_json(self) -> dict[str, Any]:
        """What stands beside every state."""
        photo = self.about.photo
        return {
            "operator": self.about.operator,
            "sample": self.about.sample,
            "note": self.about.note,
            "photo": None if photo is None else photo.as_json(),
            "locked": not self.may_measure(),
            "watched": list(self.watched.names),
            "verifying": self.deliveries.to_json(),
            "simulated": self.simulated,
            "due": self.due,
        }

    def station_json(self, station: Station) -> dict[str, Any]:
        """Analyzer and model; what warns of them is shown on every card from now on."""
        identifier, info = station.identifier, station.analyzer.info
        self.simulated = is_simulated(info)
        demo = [DEMO_NOTE] if identifier.bundle.demo_signed else []
        self.notes = (*demo, *identifier.notices)
        self._hazards = {one.name: one.hazard for one in identifier.compounds}
        return {
            "product": info.product,
            "serial": info.serial,
            "model": identifier.label.name,
            "model_version": identifier.label.version,
            "compounds": [one.name for one in identifier.compounds],
            "operators": list(self.operators.names()),
            "has_trigger": bool(station.analyzer.capabilities.has_trigger),
        }

    def card(self, one: Shown, created_utc: str = "") -> dict[str, Any]:
        """The card of an answer of today."""
        return card_json(
            one.result, one.hazards, self.watched,
            created_utc=created_utc, about=self.about.as_json(), notes=self.notes,
        )  # fmt: skip

    def kept_card(self, one: Shown, record_id: str | None) -> dict[str, Any]:
        """The card of what was just stored; its photo shows one sample, and the next has none."""
        with self._lock:
            photo, self._keeping = self._keeping, None
            if record_id is None:
                photo = None
            if photo is not None and self.about.photo is photo:
                self.about = replace(self.about, photo=None)
        return {"photo": None if photo is None else photo.as_json(), **self.card(one)}
