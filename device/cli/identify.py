"""`ramix identify`: one spectrum, from a file or an analyzer, becomes one answer.

Next: `answering.py`, which asks; `outcome.py` for what is printed.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.cli.about_options import about_options
from device.cli.answering import identify_file, identify_sample
from device.cli.choice_options import choice_options
from device.cli.exit_codes import exit_code_for_verdict
from device.cli.options import (
    ACQUIRE,
    common_options,
    model_option,
    port_option,
)
from device.cli.station_options import StationOptions, station_options
from device.cli.watch_file import read_watch_list, watch_list_option

if TYPE_CHECKING:
    from device.records.about import About
    from device.spectra.files.choices import Choices


@click.command()
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    help="Identify the spectrum in this file, in each file of this folder, or of stdin (`-`). May "
    "be repeated: several files give one line each.",
)
@port_option(required=False)
@model_option
@choice_options
@station_options(countdown="0, for the command is the consent; with the trigger in hand: run")
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
@watch_list_option
@common_options
def identify(
    files: tuple[str, ...],
    port: str | None,
    model: Path | None,
    on: StationOptions,
    picture: Path | None,
    all_limits: bool,
    watched: tuple[str, ...],
    watch_list: str | None,
    about: "About",
    choices: "Choices",
    as_json: bool,
    timeout_s: float,
) -> int:
    """Name what is in one spectrum.

    The file may be one of `ramix acquire`, B&W Tek text, ENLIGHTEN CSV, JCAMP-DX, SPC or any
    columns of numbers with a Raman shift among them (docs/spectrum-files.md). With a port the
    analyzer measures until the verdict is certain or the budget is spent, and the result is stored.

    \b
    Examples:
      ramix identify --file sample.txt
      ramix identify --file sample.csv --json --plot sample.png
      ramix identify --file sample.txt --watch methanol --watch toluene
      ramix identify --file sample.txt --watch-list forbidden.txt
      ramix identify --file table.csv --axis-column shift --column "vial 3"
      ramix identify --file oceanview.txt --excitation 785
      ramix identify --file sample.txt --blank empty-vial.txt
      ramix identify --file monday --file tuesday.csv --json
      ramix identify --file -
      ramix identify --port usb:
      ramix identify --port usb: --budget 30 --laser-power 20
      ramix identify --port usb: --frames 5 --integration-time auto
      ramix identify --port sim:replay=sample.txt

    The exit code is the verdict: 0 IDENTIFIED, 9 PARTIAL, 10 UNKNOWN, 11 NO_RESULT. Of several
    files it is that of the worst: the first that cannot be read, else NO_RESULT before UNKNOWN
    before PARTIAL; 0 only where all are IDENTIFIED. One that cannot be read does not end the rest.
    """
    if bool(files) == (port is not None):
        raise click.UsageError("Give either --file or --port.")
    if files:
        on.refuse_at_a_file()
    if files and ACQUIRE in on.blanks:
        raise click.UsageError("--blank acquire needs a --port to measure with.")
    if not files and choices.given:
        raise click.UsageError("--column, --axis-column and --excitation need a --file to read.")
    watch = read_watch_list(watch_list)
    if len(files) > 1 or any(Path(one).is_dir() for one in files):
        if picture is not None or all_limits or watched:
            raise click.UsageError("--plot, --limits and --watch need one file alone.")
        from device.cli.batch import identify_batch

        return identify_batch(
            files, choices, on.blanks, model, on.runtime, on.store, watch, about, as_json=as_json
        )
    if picture is not None:  # what would fail afterwards had better fail now
        from device.show.picture import require_plotting

        require_plotting(picture)
    if files:
        done = identify_file(files[0], choices, model, on, watch.asked_of, about)
    elif port is not None:
        done = identify_sample(port, model, on, timeout_s, watch.asked_of, about)
    from device.cli.outcome import show_answer, warn_of_model

    if as_json:
        warn_of_model(done.identifier)
    show_answer(
        done.answer,
        done.record_id,
        done.identifier,
        code=done.code,
        as_json=as_json,
        picture=picture,
        all_limits=all_limits,
        watched=watched,
    )
    return exit_code_for_verdict(done.answer.identification.verdict)
