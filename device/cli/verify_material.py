"""`ramix verify-material`: incoming goods, is it this and nothing else? PASS or FAIL.

Next: `../answer/material.py`, what passes; `../answer/method.py`, the locked method.
"""

from collections.abc import Callable
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
    blank_option,
    check_store_options,
    common_options,
    countdown_option,
    growing_options,
    model_option,
    port_option,
    runtime_option,
    store_options,
)
from device.cli.output import print_json
from device.cli.self_test_options import SelfTestRules, self_test_options

if TYPE_CHECKING:
    from device.answer.asked import Asked
    from device.answer.identifier import Identifier
    from device.answer.method import Measuring, Method
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
@blank_option
@runtime_option
@growing_options
@countdown_option("0")
@self_test_options
@store_options
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
    blanks: tuple[str, ...],
    runtime: str,
    budget_s: float | None,
    frames: int | None,
    integration_time: float | str | None,
    laser_power_mw: int | None,
    countdown_s: float | None,
    self_test: SelfTestRules,
    store: Path | None,
    no_store: bool,
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
    from device.answer.method import Measuring

    measuring = Measuring(budget_s, frames, integration_time, laser_power_mw)
    _check_usage(names, file, port, method_file, new_method, measuring, blanks)
    check_store_options(store, no_store=no_store)
    if new_method is not None:
        _lock(new_method, names, model, runtime, measuring, blanks)
        print_json({"method": str(new_method)}) if as_json else click.echo(f"Wrote {new_method}.")
        return 0
    method = None if method_file is None else _read(method_file)
    asked = _asking(names, method, blanks)
    if port is None:
        done = identify_file(file or STDIN, choices, blanks, model, runtime, store, asked, about)
    else:
        from device.cli.measuring import measurement_settings

        locked = measuring if method is None else method.measuring
        settings = measurement_settings(
            locked.budget_s, locked.frames, locked.integration_time, locked.laser_power_mw
        )
        done = identify_sample(
            port, blanks, model, runtime, settings, countdown_s or 0.0, store, no_store, timeout_s,
            asked, about, self_test,
        )  # fmt: skip
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
    measuring: "Measuring",
    blanks: tuple[str, ...],
) -> None:
    given = any(value is not None for value in vars(measuring).values())
    if method_file is not None and (names or new_method is not None or given):
        raise click.UsageError("--method says the material and how to measure: give neither.")
    if ACQUIRE in blanks and (port is None or method_file is not None or new_method is not None):
        raise click.UsageError("--blank acquire needs a --port, and no locked method.")
    if method_file is None and not names:
        raise click.UsageError("Name a material, or give --method.")
    if new_method is not None:
        if file is not None or port is not None:
            raise click.UsageError("--save-method tests nothing: give neither --file nor --port.")
        return
    if (file is None) == (port is None):
        raise click.UsageError("Give either --file or --port.")
    if file is not None and given:
        raise click.UsageError("A file is measured already: give no option of measuring.")


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
    runtime: str,
    measuring: "Measuring",
    blanks: tuple[str, ...],
) -> None:
    """Write the method of what is here; one that is there already is never changed."""
    from device.answer.method import MethodInvalid, material_of, method_of
    from device.answer.proof import proven_identifier
    from device.durable import written_whole
    from device.field_library.store import FieldLibrary
    from device.inference import model_source
    from device.plain_file import why_not

    if path.exists():
        raise MethodInvalid(f"There is a {path} already.", remedy="Choose another name.")
    field = FieldLibrary.default().load()
    identifier = proven_identifier(model_source.load_default(model), runtime, field)
    method = method_of(identifier, material_of(names, identifier), measuring, _sha256_of(blanks))
    try:
        with written_whole(path) as stream:
            stream.write(method.to_bytes())
    except OSError as error:
        raise MethodInvalid(
            f"{path} cannot be written: {why_not(error)}.", remedy="Choose another folder."
        ) from error
