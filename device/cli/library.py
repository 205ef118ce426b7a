"""`ramix library`: compounds measured in the field, usable at once, marked, and removable.

Next: `../field_library/store.py`, where they are kept.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from device.cli.exit_codes import EXIT_ERROR
from device.cli.light_options import LightOptions, fixed_light_options
from device.cli.options import (
    common_options,
    is_typed,
    json_option,
    log_level_option,
    port_option,
)
from device.cli.output import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from device.field_library.compound import FieldCompound
    from device.inference.bundle import Bundle
    from device.spectra.spectrum import Spectrum


@click.group()
def library() -> None:
    """Keep compounds measured in the field.

    They stand beside the model's own in the library fit at once. No network was trained on them,
    so every answer that names one says "not network-validated".

    \b
    Examples:
      ramix library add acetone.csv --name acetone --cas 67-64-1
      ramix library list
      ramix library remove acetone
    """


@library.command("add")
@click.argument("file", metavar="[FILE]", required=False)
@click.option("--name", required=True, metavar="NAME", help="What answers will call it.")
@click.option("--cas", default="", metavar="CAS", help="Its CAS registry number.")
@click.option(
    "--synonym",
    "synonyms",
    multiple=True,
    metavar="NAME",
    help="Another name for it; may be given several times.",
)
@click.option("--hazard", default="", metavar="TEXT", help="Hazard statement for the card.")
@port_option(required=False)
@fixed_light_options("0, for the command is the consent")
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Compare with this model's compounds. [default: the configured one]",
)
@common_options
def add(
    file: str | None,
    name: str,
    cas: str,
    synonyms: tuple[str, ...],
    hazard: str,
    port: str | None,
    light: LightOptions,
    model: Path | None,
    as_json: bool,
    timeout_s: float,
) -> None:
    """Add a pure compound from a spectrum file, or measure it now with --port.

    The file may be any that `ramix identify` reads. A name, synonym or CAS number that the model
    or the field library has already is refused; a spectrum that looks like one of theirs is added
    with a warning.

    \b
    Examples:
      ramix library add acetone.csv --name acetone --cas 67-64-1 --hazard "H225 highly flammable"
      ramix library add --port usb: --name "cutting oil" --frames 5 --integration-time auto
    """
    if file is not None and not is_typed("port"):
        port = None  # a settings file's
    if (file is None) == (port is None):
        raise click.UsageError("Give either a FILE or --port.")
    if file is not None:
        light.refuse_at_a_file()
    from device.cli.spectrum_file import read_with_sha256
    from device.field_library.compound import field_compound
    from device.field_library.store import FieldLibrary
    from device.inference import model_source

    bundle = model_source.load_default(model)
    kept = FieldLibrary.default()
    there = kept.load()
    if file is not None:
        spectrum, source_sha256 = read_with_sha256(file)
    else:
        spectrum, source_sha256 = _measured(str(port), light, timeout_s), ""
    entry = field_compound(
        spectrum,
        name=name,
        cas=cas,
        synonyms=synonyms,
        hazard=hazard,
        source_sha256=source_sha256,
    )
    from device.cli.measuring import is_simulated_port
    from device.records.journal import recorded

    with recorded("library", simulated=is_simulated_port(port)) as event:
        path = kept.add(entry, bundle.manifest.compounds)
        event |= {"action": "add", **_described(entry)}
    warnings = _warnings(entry, bundle, there)
    if as_json:
        print_json({"added": _described(entry), "file": str(path), "warnings": warnings})
        return
    click.echo(f"{entry.name} is in the field library: {path}")
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)


@library.command("list")
@json_option
@log_level_option
def list_command(as_json: bool) -> int:
    """List the compounds measured in the field.

    \b
    Example:
      ramix library list --json

    Exit code 1 when an entry is damaged.
    """
    from device.field_library.store import FieldLibrary

    kept = FieldLibrary.default()
    whole, damaged = kept.scan()
    if as_json:
        print_json(
            {
                "compounds": [_described(entry) for entry in whole],
                "damaged": [{"file": str(one.path), "reason": one.reason} for one in damaged],
            }
        )
        return EXIT_ERROR if damaged else 0
    if not whole and not damaged:
        click.echo(f"Nothing was added to the field library in {kept.folder}.")
    for entry in whole:
        facts = [entry.compound.cas, ", ".join(entry.compound.synonyms), entry.compound.hazard]
        when = f"{entry.added_utc[:10]} UTC"
        click.echo(f"{entry.name}  {'; '.join([*filter(None, facts), f'added {when}'])}")
    for one in damaged:
        error = one.error()
        click.echo(f"{error.text}\n  -> {error.remedy}", err=True)
    return EXIT_ERROR if damaged else 0


@library.command("remove")
@click.argument("name")
@json_option
@log_level_option
def remove(name: str, as_json: bool) -> None:
    """Take a compound out, by its name, a synonym, or (a damaged one) its file's name.

    \b
    Example:
      ramix library remove acetone
    """
    from device.field_library.store import FieldLibrary
    from device.records.journal import recorded

    with recorded("library") as event:
        path = FieldLibrary.default().remove(name)
        event |= {"action": "remove", "name": name, "file": path.name}
    if as_json:
        print_json({"removed": str(path)})
        return
    click.echo(f"{name} is no longer in the field library.")


def _measured(port: str, light: LightOptions, timeout_s: float) -> "Spectrum":
    from device.cli.measuring import taken_at
    from device.driver.acquisition import AcquisitionSettings
    from device.spectra.spectrum import spectrum_from_acquisition

    taken = taken_at(port, light, timeout_s, AcquisitionSettings.max_total_s)
    return spectrum_from_acquisition(taken.acquisition)


def _warnings(
    entry: "FieldCompound", bundle: "Bundle", there: "Sequence[FieldCompound]"
) -> list[str]:
    """What will stand in its way: compounds that look like it, and a model it cannot join."""
    import numpy as np

    from device.field_library.compound import UnusableReference, look_alikes

    alike = look_alikes(
        entry.reference,
        np.array([other.reference for other in there]),
        [other.name for other in there],
    )
    warnings = []
    try:
        reference = entry.reference_on(bundle.manifest.grid)
        alike += look_alikes(reference, bundle.references, bundle.manifest.compound_names)
    except UnusableReference as error:
        warnings.append(f"Not used with {bundle.manifest.name}: {error.text}")
    return warnings + [
        f"Its spectrum is nearly identical to that of {other}: the fit will hardly tell the two "
        "apart."
        for other in alike
    ]


def _described(entry: "FieldCompound") -> dict[str, Any]:
    compound = entry.compound
    return {
        "name": compound.name,
        "cas": compound.cas,
        "synonyms": list(compound.synonyms),
        "hazard": compound.hazard,
        "source": entry.source,
        "added_utc": entry.added_utc,
        "first_cm1": round(float(entry.wavenumber_cm1[0]), 1),
        "last_cm1": round(float(entry.wavenumber_cm1[-1]), 1),
        "network_validated": False,
        "sha256": entry.sha256,
    }
