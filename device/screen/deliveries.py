"""Deliveries on the screen: what each measurement is tested for, locked until somebody ends it.

From the beginning on everything that could change a result is compared before each light, whether
the method came from a file or was made of what is here.
Next: `../answer/method.py`, what is compared; `../answer/material.py`, what passes.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from device.answer.asked import Material
from device.answer.identifier import Identifier
from device.answer.method import (
    Measuring,
    Method,
    MethodInvalid,
    material_of,
    method_of,
    read_method,
)
from device.runtime import Settings
from device.screen.watch_list import WatchList, asked_of
from device.station.station import Station

MOST_COMPOUNDS: Final = 16
SettingsOf = Callable[[Measuring], Settings]


@dataclass(frozen=True)
class Verification:
    """One material and its method; `settings` are how its light is taken."""

    method: Method
    settings: Settings


class Deliveries:
    """Any thread may ask; the desk's own begins and ends.

    usual: how light is taken where no file says it.
    settings_of: how a file's method takes light; raises `MethodInvalid`.
    blanks: SHA-256 of the files of the containers that are measured through.
    """

    def __init__(
        self, usual: Settings, settings_of: SettingsOf, blanks: Sequence[str] = ()
    ) -> None:
        self._usual, self._settings_of, self._blanks = usual, settings_of, tuple(blanks)
        self._lock = threading.Lock()
        self._now: Verification | None = None

    def begin(self, names: Sequence[str], file: bytes, identifier: Identifier) -> Material:
        """Test for this from now on: by the locked method in `file`, or by `names` where that is
        empty.

        Raises:
            MethodInvalid, NotInLibrary, CallerError: they make no sense.
            MethodDiffers: the method is of another model, program or container.
        """
        if bool(file) == bool(names):
            raise MethodInvalid("Name a material or choose a method.", remedy="Give one of both.")
        if len(names) > MOST_COMPOUNDS:
            raise MethodInvalid(
                f"A material has at most {MOST_COMPOUNDS} compounds here.", remedy="Name fewer."
            )
        if file:
            method = read_method(file)
            settings = self._settings_of(method.measuring)
        else:
            material = material_of(names, identifier)
            method = method_of(identifier, material, Measuring(), self._blanks)
            settings = self._usual
        material = method.check(identifier, self._blanks)
        with self._lock:
            self._now = Verification(method, settings)
        return material

    def end(self) -> bool:
        """Identify again; False: nothing was tested for."""
        with self._lock:
            was, self._now = self._now, None
        return was is not None

    def prepare(self, station: Station, watched: WatchList) -> None:
        """What the next answer is asked, and how its light is taken.

        Raises:
            MethodDiffers: something changed since the beginning; no light may follow.
        """
        now, identifier = self._now, station.identifier
        asked = asked_of(watched, identifier.compounds)
        if now is not None:
            asked = replace(asked, material=now.method.check(identifier, self._blanks))
        identifier.asked = asked
        settings = self._usual if now is None else now.settings
        station.equipment = replace(station.equipment, settings=settings)

    def to_json(self) -> dict[str, Any] | None:
        """For the page and for the chain; None: nothing is tested for."""
        now = self._now
        if now is None:
            return None
        material = now.method.material
        return {
            "wanted": [asdict(one) for one in material.wanted],
            "quantity": material.quantity,
            "method_sha256": material.method_sha256,
            "model": now.method.identity["model"],
        }
