"""One answer of a file or of an analyzer, for the verbs that ask for one.

Next: `../station/station.py` for the measurement; `outcome.py`, how an answer is shown.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from device.answer.identifier import Answer, Identifier
    from device.cli.station_options import StationOptions
    from device.records.about import About
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
    model: Path | None,
    on: "StationOptions",
    asked: "AskedOf",
    about: "About",
) -> Done:
    """One answer of a file; reading comes first: a wrong one need not wait for the model."""
    from device.cli.spectrum_file import containers_for, read_given, read_with_sha256

    spectrum = read_given(file, choices)
    read = [read_with_sha256(blank) for blank in on.blanks]
    from device.answer.proof import proven_identifier
    from device.field_library.store import FieldLibrary
    from device.inference import model_source

    field = FieldLibrary.default().load()
    identifier = proven_identifier(model_source.load_default(model), on.runtime, field)
    identifier.asked = asked(identifier)
    answer = identifier.identify(spectrum, containers_for(identifier, read))
    record_id, code = None, ""
    if on.store is not None:
        from device.records.beside import hazards_of
        from device.records.circumstances import Circumstances
        from device.records.store import RecordStore

        beside = Circumstances(hazards=hazards_of(answer, identifier))
        with RecordStore(on.store) as records:
            record_id = records.append(answer, about=about, circumstances=beside)
            code = records.newest_code
    return Done(answer, record_id, identifier, code)


def identify_sample(
    port: str,
    model: Path | None,
    on: "StationOptions",
    timeout_s: float,
    asked: "AskedOf",
    about: "About",
) -> Done:
    """Measure once, with the analyzer's own model unless another was named."""
    from device.cli.equipment import equipment_of, station_of
    from device.cli.keeping_log import keep_log
    from device.cli.showing import print_event
    from device.driver.port import parse_port
    from device.ports import open_analyzer

    parse_port(port)  # a typing error is told before anything is opened
    keep_log()
    equipment = equipment_of(port, on, countdown_s=0.0, model=model)
    station = station_of(
        port, on, equipment, lambda at: open_analyzer(at, timeout_s), print_event,
        asked=asked, about=about, sample_next=True,
    )  # fmt: skip
    with station:
        outcome, identifier = station.measure(), station.identifier
    return Done(outcome.answer, outcome.record_id, identifier, outcome.code)
