"""`ramix verify-material`: incoming goods, is it this and nothing else? PASS or FAIL.

Next: `../answer/material.py`, what passes; `../answer/method.py`, the locked method.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.cli.about_options import about_options
from device.cli.answering import identify_file, identify_sample
from device.cli.choice_options import choice_options
from device.cli.exit_codes import MATERIAL_EXIT_CODES
from device.cli.options import (
    ACQUIRE,
    STDIN,
    common_options,
    is_typed,
    model_option,
    port_option,
)
from device.cli.output import print_json
from device.cli.station_options import StationOptions, station_options

if TYPE_CHECKING:
    from device.answer.asked import Asked
    from device.answer.identifier import Identifier
    from device.answer.method import Method
    from device.records.about import About
    from device.spectra.files.choices import Choices


@click.command("verify-material")
@click.argument("names", nargs=-1, metavar="[NAME|NAME=50±5]...")
@click.option("--file", "file", metavar="FILE", help="Test the spectrum in this file (`-`: stdin).")
@port_option(required=False)
@click.option(
    "--method", "method_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Test by this locked method: it says the material, and refuses another model, decision, "
    "software or blank than its own.",
)  # fmt: skip
@click.option(
    "--save-method", "new_method", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write the locked method for NAME with the model and options given here; tests nothing.",
)  # fmt: skip
@model_option
@station_options(countdown="0, for the command is the consent")
@about_options
@choice_options
@common_options
def verify_material(
    names: tuple[str, ...],
    file: str | None,
    port: str | None,
    method_file: Path | None,
    new_method: Path | None,
    model: Path | None,
    on: StationOptions,
    about: "About",
    choices: "Choices",
    as_json: bool,
    timeout_s: float,
) -> int:
    """Test that a material is NAME and nothing else.

    It passes only if the verdict is IDENTIFIED with exactly NAME, or with exactly the compounds of
    NAME=50±5 (percent of the volume where the library knows the responses, else of the signal),
    each with its whole 90% interval within the tolerance.

    \b
    Examples:
      ramix verify-material toluene --file drum-17.txt
      ramix verify-material toluene=50±5 ethanol=50±5 --port usb:
      ramix verify-material toluene --save-method toluene.json
      ramix verify-material --method toluene.json --port usb:

    Exit codes: 0 PASS, 12 FAIL, 11 not tested (the measurement must not be interpreted).
    """
    _check_usage(names, file, port, method_file, new_method, on)
    if new_method is not None:
        _lock(new_method, names, model, on)
        print_json({"method": str(new_method)}) if as_json else click.echo(f"Wrote {new_method}.")
        return 0
    method = None if method_file is None else _read(method_file)
    asked = _asking(names, method, on.blanks)
    if port is None:
        done = identify_file(file or STDIN, choices, model, on, asked, about)
    else:
        if method is not None:
            on = replace(on, light=on.light._replace(**vars(method.measuring)))
        done = identify_sample(port, model, on, timeout_s, asked, about)
    from device.answer.material import material_json
    from device.cli.outcome import show_answer, warn_of_model

    if as_json:
        warn_of_model(done.identifier)
    show_answer(
        done.answer, done.record_id, done.identifier, code=done.code, as_json=as_json, picture=None
    )
    judged = material_json(done.answer)
    return MATERIAL_EXIT_CODES[judged["result"] if judged is not None else "NOT_TESTED"]


def _check_usage(
    names: tuple[str, ...],
    file: str | None,
    port: str | None,
    method_file: Path | None,
    new_method: Path | None,
    on: StationOptions,
) -> None:
    measuring = is_typed("budget_s", "frames", "integration_time", "laser_power_mw")
    if method_file is not None and (names or new_method is not None or measuring):
        raise click.UsageError("--method says the material and how to measure: give neither.")
    if ACQUIRE in on.blanks and (port is None or method_file is not None or new_method is not None):
        raise click.UsageError("--blank acquire needs a --port, and no locked method.")
    if method_file is None and not names:
        raise click.UsageError("Name a material, or give --method.")
    if new_method is not None:
        if file is not None or port is not None:
            raise click.UsageError("--save-method tests nothing: give neither --file nor --port.")
        if is_typed("dark_sample", "no_heating_watch", "cooler_c", "countdown_s"):
            raise click.UsageError(
                "A method does not hold --dark-sample, --no-heating-watch, --cooler and "
                "--countdown: give them when testing."
            )
        return
    if (file is None) == (port is None):
        raise click.UsageError("Give either --file or --port.")
    if file is not None:
        on.refuse_at_a_file()


def _asking(
    names: tuple[str, ...], method: "Method | None", blanks: tuple[str, ...]
) -> "Callable[[Identifier], Asked]":
    from device.answer.asked import Asked
    from device.answer.method import material_of

    sha256 = _sha256_of(blanks) if method is not None else []

    def asked(identifier: "Identifier") -> Asked:
        if method is not None:
            return Asked(material=method.check(identifier, sha256))
        return Asked(material=material_of(names, identifier))

    return asked


def _sha256_of(blanks: tuple[str, ...]) -> list[str]:
    from device.cli.spectrum_file import read_with_sha256

    return [read_with_sha256(blank)[1] for blank in blanks]


def _read(path: Path) -> "Method":
    from device.answer.method import MAX_BYTES, MethodInvalid, read_method
    from device.plain_file import read_plain, why_not

    try:
        return read_method(read_plain(path, MAX_BYTES))
    except (OSError, ValueError) as error:
        if isinstance(error, MethodInvalid):
            raise
        raise MethodInvalid(
            f"The method {path} cannot be read: {why_not(error)}.", remedy="Check the path."
        ) from error


def _lock(
    path: Path,
    names: tuple[str, ...],
    model: Path | None,
    on: StationOptions,
) -> None:
    """Write the method of what is here; one that is there already is never changed."""
    from device.answer.method import Measuring, MethodInvalid, material_of, method_of
    from device.answer.proof import proven_identifier
    from device.cli.measuring import measurement_settings
    from device.durable import written_whole
    from device.field_library.store import FieldLibrary
    from device.inference import model_source
    from device.plain_file import why_not

    measurement_settings(on.light)  # what contradicts itself could never be tested by
    if path.exists():
        raise MethodInvalid(f"There is a {path} already.", remedy="Choose another name.")
    field = FieldLibrary.default().load()
    identifier = proven_identifier(model_source.load_default(model), on.runtime, field)
    light = on.light
    measuring = Measuring(
        light.budget_s, light.frames, light.integration_time, light.laser_power_mw
    )
    material = material_of(names, identifier)
    method = method_of(identifier, material, measuring, _sha256_of(on.blanks))
    try:
        with written_whole(path) as stream:
            stream.write(method.to_bytes())
    except OSError as error:
        raise MethodInvalid(
            f"{path} cannot be written: {why_not(error)}.", remedy="Choose another folder."
        ) from error
