"""`ramix identify`: one spectrum, from a file or an analyzer, becomes one answer.

Next: `outcome.py` for what is printed, `../station/station.py` for the measurement.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from device.cli.about_options import about_options
from device.cli.exit_codes import exit_code_for_verdict
from device.cli.options import (
    blank_option,
    common_options,
    countdown_option,
    growing_options,
    port_option,
    runtime_option,
    self_test_options,
    store_options,
)

if TYPE_CHECKING:
    from device.answer.identifier import Answer, Identifier
    from device.records.about import About
    from device.runtime import Settings


@click.command()
@click.option("--file", "file", metavar="FILE", help="Identify the spectrum in this file.")
@port_option(required=False)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Answer with this bundle instead of the analyzer's, or of the configured one.",
)
@blank_option
@runtime_option
@growing_options
@countdown_option("0, for the command is the consent; with the trigger in hand: run")
@self_test_options
@store_options
@about_options
@click.option(
    "--plot",
    "picture",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Draw spectrum, fitted components and residual (.png, .svg or .pdf).",
)
@click.option(
    "--limits",
    "all_limits",
    is_flag=True,
    help="For every compound not named, say above which share of the signal it would have been "
    "seen in this spectrum.",
)
@click.option(
    "--watch",
    "watched",
    multiple=True,
    metavar="NAME",
    help="The same for this compound alone; may be repeated.",
)
@common_options
def identify(
    file: str | None,
    port: str | None,
    model: Path | None,
    blanks: tuple[str, ...],
    runtime: str,
    budget_s: float | None,
    frames: int | None,
    integration_time: float | str | None,
    laser_power_mw: int | None,
    countdown_s: float | None,
    self_test_interval_h: float,
    despite_self_test: bool,
    store: Path | None,
    no_store: bool,
    picture: Path | None,
    all_limits: bool,
    watched: tuple[str, ...],
    about: "About",
    as_json: bool,
    timeout_s: float,
) -> int:
    """Name what is in one spectrum.

    The file may be one of `ramix acquire`, a B&W Tek text file, an ENLIGHTEN CSV or any two
    columns of wavenumber and intensity. With a port the analyzer measures until the verdict is
    certain or the budget is spent, and the result is stored.

    \b
    Examples:
      ramix identify --file sample.txt
      ramix identify --file sample.csv --json --plot sample.png
      ramix identify --file sample.txt --watch methanol --watch toluene
      ramix identify --file sample.txt --blank empty-vial.txt
      ramix identify --port usb:
      ramix identify --port usb: --budget 30 --laser-power 20
      ramix identify --port usb: --frames 5 --integration-time auto
      ramix identify --port sim:replay=sample.txt

    The exit code is the verdict: 0 IDENTIFIED, 9 PARTIAL, 10 UNKNOWN, 11 NO_RESULT.
    """
    if (file is None) == (port is None):
        raise click.UsageError("Give either --file or --port.")
    measuring = (budget_s, frames, integration_time, laser_power_mw)
    asked = any(option is not None for option in (*measuring, countdown_s))
    if file is not None and (asked or despite_self_test):
        raise click.UsageError(
            "--budget, --frames, --integration-time, --laser-power, --countdown and "
            "--despite-self-test need a --port to measure with."
        )
    if no_store and store is not None:
        raise click.UsageError("--store and --no-store contradict each other.")
    if picture is not None:  # what would fail afterwards had better fail now
        from device.show.plot import require_plotting

        require_plotting(picture)
    if file is not None:
        done = _identify_file(file, blanks, model, runtime, store, about)
    elif port is not None:
        from device.cli.measuring import measurement_settings

        settings = measurement_settings(*measuring)
        done = _identify_sample(
            port, blanks, model, runtime, settings, countdown_s or 0.0, store, no_store, timeout_s,
            self_test_interval_h, despite_self_test,
            about,
        )  # fmt: skip
    from device.cli.outcome import show_answer, warn_of_model

    if as_json:
        warn_of_model(done.identifier)
    show_answer(
        done.answer,
        done.record_id,
        done.identifier,
        as_json=as_json,
        picture=picture,
        all_limits=all_limits,
        watched=watched,
    )
    return exit_code_for_verdict(done.answer.identification.verdict)


class _Done(NamedTuple):
    answer: "Answer"
    record_id: str | None
    identifier: "Identifier"


def _identify_file(
    file: str, blanks: tuple[str, ...], model: Path | None, runtime: str, store: Path | None,
    about: "About",
) -> _Done:  # fmt: skip
    """Reading comes first: a wrong file need not wait for the model."""
    from device.cli.spectrum_file import containers_for, read_with_sha256
    from device.spectra.files.reading import read_spectrum

    spectrum = read_spectrum(file)
    read = [read_with_sha256(blank) for blank in blanks]
    from device.answer.proof import proven_identifier
    from device.field_library.store import FieldLibrary
    from device.inference import model_source

    field = FieldLibrary.default().load()
    identifier = proven_identifier(model_source.load_default(model), runtime, field)
    answer = identifier.identify(spectrum, containers_for(identifier, read))
    record_id = None
    if store is not None:
        from device.records.beside import hazards_of
        from device.records.circumstances import Circumstances
        from device.records.store import RecordStore

        beside = Circumstances(hazards=hazards_of(answer, identifier))
        with RecordStore(store) as records:
            record_id = records.append(answer, about=about, circumstances=beside)
    return _Done(answer, record_id, identifier)


def _identify_sample(
    port: str,
    blanks: tuple[str, ...],
    model: Path | None,
    runtime: str,
    settings: "Settings",
    countdown_s: float,
    store: Path | None,
    no_store: bool,
    timeout_s: float,
    self_test_interval_h: float,
    despite_self_test: bool,
    about: "About",
) -> _Done:
    """Measure once, with the analyzer's own model unless another was named."""
    from device.answer.proof import proven_identifier
    from device.cli.keeping_log import keep_log
    from device.cli.measuring import record_store
    from device.cli.self_tests import fitness
    from device.cli.showing import print_event
    from device.cli.spectrum_file import containers_for, read_with_sha256
    from device.driver.port import parse_port
    from device.field_library.store import FieldLibrary
    from device.inference import model_source
    from device.ports import open_analyzer
    from device.records.beside import Beside
    from device.station.station import Equipment, Station

    parse_port(port)  # a typing error is told before anything is opened
    keep_log()
    read = [read_with_sha256(blank) for blank in blanks]
    field = FieldLibrary.default().load()  # a damaged entry shows before the laser is used
    chosen = None
    if model is not None:
        chosen = proven_identifier(model_source.load_default(model), runtime, field)
    records = record_store(store, no_store=no_store, port=port)
    fit = fitness(records, port, self_test_interval_h, despite=despite_self_test, tell=print_event)
    equipment = Equipment(
        settings,
        runtime=runtime,
        chosen=chosen,
        field_compounds=field,
        containers=lambda identifier: containers_for(identifier, read),
        store=records,
        countdown_s=countdown_s,
        beside=Beside(about=lambda: about, self_test=fit),
    )
    with Station(port, equipment, lambda at: open_analyzer(at, timeout_s), print_event) as station:
        outcome, identifier = station.measure(), station.identifier
    return _Done(outcome.answer, outcome.record_id, identifier)
