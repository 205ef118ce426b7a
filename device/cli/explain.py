"""`ramix explain`: the sums behind a verdict, of a spectrum's file or of a stored record.

Next: `../show/explanation.py`, the words.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from device.cli.choice_options import choice_options
from device.cli.options import (
    blank_option,
    json_option,
    log_level_option,
    runtime_option,
)
from device.cli.output import print_json
from device.cli.records_options import open_store, store_choice

if TYPE_CHECKING:
    from device.spectra.files.choices import Choices


@click.command()
@click.argument("what", metavar="FILE|RECORD")
@click.option("--compound", metavar="NAME", help="Explain this compound alone.")
@click.option(
    "--model", type=click.Path(path_type=Path), metavar="FILE",
    help="Answer a FILE with this bundle instead of the configured one.",
)  # fmt: skip
@choice_options
@blank_option
@store_choice
@runtime_option
@json_option
@log_level_option
def explain(
    what: str,
    compound: str | None,
    model: Path | None,
    blanks: tuple[str, ...],
    store: Path | None,
    simulated: bool,
    runtime: str,
    choices: "Choices",
    as_json: bool,
) -> None:
    """Say why a verdict is what it is.

    Each compound that the fit found has log odds, a sum of few parts: what only it explains, how
    close the fit is, the network's presence, how many of its lines are there. A sum of its own says
    whether something foreign is there. What the parts are: docs/how-it-decides.md.

    \b
    Examples:
      ramix explain sample.txt
      ramix explain sample.txt --compound toluene
      ramix explain sample.txt --blank empty-vial.txt
      ramix explain 42
      ramix explain 1 --simulated
    """
    from device.show.explanation import explanation

    of_file = Path(what).exists()
    if blanks and not of_file:
        raise click.UsageError("--blank needs a FILE: a record has its own.")
    result = (
        _of_file(what, choices, blanks, model, runtime)
        if of_file
        else _of_record(what, store, simulated=simulated)
    )
    text = explanation(result, compound)  # refuses what it cannot explain
    if as_json:
        print_json({"verdict": result["verdict"], "why": result["why"]})
    else:
        click.echo(text)


def _of_file(
    file: str, choices: "Choices", blanks: tuple[str, ...], model: Path | None, runtime: str
) -> dict[str, Any]:
    from device.answer.proof import proven_identifier
    from device.answer.result import result_json
    from device.cli.spectrum_file import containers_for, read_with_sha256
    from device.field_library.store import FieldLibrary
    from device.inference import model_source
    from device.spectra.files.reading import read_spectrum

    spectrum = read_spectrum(file, choices)
    read = [read_with_sha256(blank) for blank in blanks]
    field = FieldLibrary.default().load()
    identifier = proven_identifier(model_source.load_default(model), runtime, field)
    return result_json(identifier.identify(spectrum, containers_for(identifier, read)))


def _of_record(record_id: str, store: Path | None, *, simulated: bool) -> dict[str, Any]:
    from device.records.errors import RecordStoreError
    from device.show.explanation import NothingToExplain

    with open_store(store, simulated=simulated) as opened:
        try:
            return dict(opened.get(record_id).result)
        except RecordStoreError as error:
            raise NothingToExplain(
                f"{record_id} is no file that is there, nor a record: {error.text}",
                remedy=error.remedy,
            ) from error
