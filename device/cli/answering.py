"""One answer of a file or of an analyzer, for the verbs that ask for one.

Next: `../station/station.py` for the measurement; `outcome.py`, how an answer is shown.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from device.answer.identifier import Answer, Identifier
    from device.cli.self_test_options import SelfTestRules
    from device.records.about import About
    from device.runtime import Settings
    from device.spectra.files.choices import Choices
    from device.station.station import AskedOf


class Done(NamedTuple):
    answer: "Answer"
    record_id: str | None
    identifier: "Identifier"
    code: str = ""  # of the chain's head at the record


def identify_file(
    file: str,
    choices: "Choices",
    blanks: tuple[str, ...],
    model: Path | None,
    runtime: str,
    store: Path | None,
    asked: "AskedOf",
    about: "About",
) -> Done:
    """One answer of a file; reading comes first: a wrong one need not wait for the model."""
    from device.cli.spectrum_file import containers_for, read_given, read_with_sha256

    spectrum = read_given(file, choices)
    read = [read_with_sha256(blank) for blank in blanks]
    from device.answer.proof import proven_identifier
    from device.field_library.store import FieldLibrary
    from device.inference import model_source

    field = FieldLibrary.default().load()
    identifier = proven_identifier(model_source.load_default(model), runtime, field)
    identifier.asked = asked(identifier)
    answer = identifier.identify(spectrum, containers_for(identifier, read))
    record_id, code = None, ""
    if store is not None:
        from device.records.beside import hazards_of
        from device.records.circumstances import Circumstances
        from device.records.store import RecordStore

        beside = Circumstances(hazards=hazards_of(answer, identifier))
        with RecordStore(store) as records:
            record_id = records.append(answer, about=about, circumstances=beside)
            code = records.newest_code
    return Done(answer, record_id, identifier, code)


def identify_sample(
    port: str,
    blanks: tuple[str, ...],
    model: Path | None,
    runtime: str,
    settings: "Settings",
    countdown_s: float,
    store: Path | None,
    no_store: bool,
    timeout_s: float,
    asked: "AskedOf",
    about: "About",
    self_test: "SelfTestRules",
) -> Done:
    """Measure once, with the analyzer's own model unless another was named."""
    from device.answer.proof import proven_identifier
    from device.cli.keeping_log import keep_log
    from device.cli.measuring import record_store
    from device.cli.self_tests import fitness
    from device.cli.showing import print_event
    from device.cli.walls import Walls
    from device.driver.port import parse_port
    from device.field_library.store import FieldLibrary
    from device.inference import model_source
    from device.ports import open_analyzer
    from device.records.beside import Beside
    from device.station.station import Equipment, Station

    parse_port(port)  # a typing error is told before anything is opened
    keep_log()
    walls = Walls(blanks, settings, sample_next=True)
    field = FieldLibrary.default().load()  # a damaged entry shows before the laser is used
    chosen = None
    if model is not None:
        chosen = proven_identifier(model_source.load_default(model), runtime, field)
    records = record_store(store, no_store=no_store, port=port)
    fit = fitness(records, port, self_test, print_event)
    equipment = Equipment(
        settings,
        runtime=runtime,
        chosen=chosen,
        field_compounds=field,
        containers=walls.containers,
        asked=asked,
        store=records,
        countdown_s=countdown_s,
        beside=Beside(about=lambda: about, self_test=fit),
    )
    station = Station(port, equipment, lambda at: open_analyzer(at, timeout_s), print_event)
    walls.station = station
    with station:
        outcome, identifier = station.measure(), station.identifier
    return Done(outcome.answer, outcome.record_id, identifier, outcome.code)
