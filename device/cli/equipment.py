"""From options to a station: the one place where verbs make its equipment.

Next: `../station/station.py`; `walls.py`, the containers that are measured through.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from device.cli.measuring import measurement_settings, record_store
from device.cli.self_tests import fitness
from device.cli.station_options import StationOptions
from device.cli.walls import Walls
from device.field_library.store import FieldLibrary
from device.records.beside import Beside
from device.runtime import Tell
from device.station.station import AskedOf, Equipment, OpenAnalyzer, Station

if TYPE_CHECKING:
    from device.records.about import About


def equipment_of(
    port: str, on: StationOptions, *, countdown_s: float, model: Path | None = None
) -> Equipment:
    """How light is taken, who answers, and where it is kept; `countdown_s` where none was given.

    Args:
        model: a bundle that answers instead of the analyzer's own, which proves itself here.

    Raises:
        click.UsageError: options that contradict each other.
        FieldLibraryError, RecordStoreError, BundleError: found before the laser is used.
    """
    settings = measurement_settings(on.light)
    field = FieldLibrary.default().load()
    chosen = None
    if model is not None:
        from device.answer.proof import proven_identifier
        from device.inference import model_source

        chosen = proven_identifier(model_source.load_default(model), on.runtime, field)
    given_s = on.light.countdown_s
    return Equipment(
        settings,
        runtime=on.runtime,
        chosen=chosen,
        field_compounds=field,
        store=record_store(on.store, no_store=on.no_store, port=port),
        countdown_s=countdown_s if given_s is None else given_s,
    )


def station_of(
    port: str,
    on: StationOptions,
    equipment: Equipment,
    open_analyzer: OpenAnalyzer,
    tell: Tell,
    *,
    asked: AskedOf,
    about: "About",
    sample_next: bool,
) -> Station:
    """A station whose samples lie behind `on.blanks`; `sample_next` as for `Walls`.

    Raises:
        SpectrumFileError: a blank cannot be read.
    """
    walls = Walls(on.blanks, equipment.settings, equipment.countdown_s, sample_next=sample_next)
    fit = fitness(equipment.store, port, on.self_test, tell)
    equipment = replace(
        equipment,
        containers=walls.containers,
        asked=asked,
        beside=Beside(about=lambda: about, self_test=fit),
    )
    walls.station = Station(port, equipment, open_analyzer, tell)
    return walls.station
