"""`ramix model info`, `ramix model verify`: look into a bundle, and prove that it works here.

Next: `../inference/bundle.py`, which decides whether a bundle may be looked into at all.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from device.cli.options import json_option, log_level_option
from device.cli.output import in_words, print_json

if TYPE_CHECKING:
    from device.inference.bundle import Bundle
    from device.inference.manifest import Compound, GoldenVerdict

_LONG = ("figures", "provenance")  # hundreds of lines
_bundle_argument = click.argument("bundle", type=click.Path(path_type=Path), required=False)


@click.group()
def model() -> None:
    """Look into a model bundle.

    \b
    Examples:
      ramix model info
      ramix model verify models/solvents13-2.ramix
    """


@model.command("info")
@_bundle_argument
@click.option(
    "--all", "everything", is_flag=True,
    help="Also figures of the network alone, and how it was trained.",
)  # fmt: skip
@json_option
@log_level_option
def info(bundle: Path | None, everything: bool, as_json: bool) -> None:
    """Show what a bundle names and who signed it.

    Without BUNDLE: the one that answers when no other is named. How good it is stands on its card,
    the page beside the bundle.

    \b
    Examples:
      ramix model info
      ramix model info models/solvents13-2.ramix --all
      ramix model info models/aromatics4-1.ramix --json
    """
    from device.cli.outcome import terminal_style
    from device.inference.model_source import load_default

    loaded = load_default(bundle)
    described = _describe(loaded)
    if as_json:
        print_json(described)
        return
    listed_below = ("compounds", "golden_verdicts")
    for name, value in (described | {"signed_by": _signers_line(loaded)}).items():
        if name not in listed_below and (everything or name not in _LONG):
            _print_entry(name, value)
    click.secho("golden verdicts", bold=True)
    for line in described["golden_verdicts"]:
        click.echo(f"  {line}")
    click.secho("compounds", bold=True)
    width = max(len(compound.name) for compound in loaded.manifest.compounds)
    style = terminal_style()
    for compound in loaded.manifest.compounds:
        text = f"{compound.name:<{width}}  {_compound_line(compound)}"
        for line in style.wrap(text, "  ", "      "):
            click.echo(line)
    if not everything:
        click.echo("Figures of the network alone, and how it was trained: --all")
    warn_of_demo_key(loaded)


@model.command("verify")
@_bundle_argument
@click.option(
    "--runtime",
    "runtimes",
    type=click.Choice(("litert", "tflite")),
    multiple=True,
    help="Check with this runtime; may be given twice. [default: the one that would be used]",
)
@json_option
@log_level_option
def verify(bundle: Path | None, runtimes: tuple[str, ...], as_json: bool) -> None:
    """Check signature, hashes and golden answers of a bundle on this machine.

    \b
    Examples:
      ramix model verify
      ramix model verify models/solvents13-2.ramix --runtime litert --runtime tflite

    Exit code 7 when the bundle must not be used.
    """
    from device.answer.answer import signers_of
    from device.answer.proof import prove
    from device.answer.result import signers_json
    from device.inference.model_source import load_default

    loaded = load_default(bundle)
    checked = [prove(loaded, runtime).interpreter.runtime_name for runtime in runtimes or ("auto",)]
    manifest = loaded.manifest
    vectors, verdicts = len(manifest.golden.decisions), len(manifest.golden_verdicts)
    if as_json:
        print_json(
            {
                "model": {**_label(loaded), "signed_by": signers_json(signers_of(loaded))},
                "golden_vectors": vectors,
                "golden_verdicts": verdicts,
                "runtimes": checked,
            }
        )
        return
    click.echo(f"{manifest.name} {manifest.version}  sha256 {loaded.sha256}")
    click.echo(f"  signed by {_signers_line(loaded)}")
    click.echo(
        f"  {vectors} golden vectors and {verdicts} golden spectra hold with "
        f"{' and '.join(checked)}"
    )
    warn_of_demo_key(loaded)


def _label(bundle: "Bundle") -> dict[str, Any]:
    manifest = bundle.manifest
    return {
        "name": manifest.name,
        "version": manifest.version,
        "sha256": bundle.sha256,
        "task": manifest.task.value,
    }


def _describe(bundle: "Bundle") -> dict[str, Any]:
    from dataclasses import asdict

    from device.answer.answer import signers_of
    from device.answer.result import signers_json
    from device.inference.trust_here import trust_here

    manifest = bundle.manifest
    return {
        **_label(bundle),
        "product": manifest.product,
        "hardware_revisions": list(manifest.hardware_revisions),
        "security_counter": manifest.security_counter,
        "created_utc": manifest.created_utc,
        "signed_by": signers_json(signers_of(bundle)),
        "demo_signed": bundle.demo_signed,
        "trust": trust_here().as_object(),
        "model_bytes": len(bundle.model),
        "grid": {
            "first_cm1": manifest.grid.first_cm1,
            "last_cm1": manifest.grid.last_cm1,
            "step_cm1": manifest.grid.step_cm1,
        },
        "resolution_cm1": manifest.resolution_cm1,
        "preprocessing_id": manifest.preprocessing_id,
        "operators": list(manifest.operators),
        "golden_vectors": len(manifest.golden.decisions),
        "golden_verdicts": [_golden_line(golden) for golden in manifest.golden_verdicts],
        "data_license": manifest.data_license,
        "figures": dict(manifest.figures),
        "provenance": dict(manifest.provenance),
        "compounds": [
            {**asdict(compound), "presence_threshold": threshold}
            for compound, threshold in zip(
                manifest.compounds, manifest.presence_thresholds, strict=True
            )
        ],
    }


def _print_entry(name: str, value: object, indent: int = 0) -> None:
    """`name   value`; the entries of an object stand further in."""
    label = " " * indent + name.replace("_", " ")
    if isinstance(value, dict):
        click.echo(label)
        for key, inner in value.items():
            _print_entry(_plain(key), inner, indent + 2)
        return
    click.echo(f"{label:<24} {_plain(value)}")


def _plain(value: object) -> str:
    """Free entries (figures, provenance) may hold anything: nothing of it reaches the terminal."""
    text = in_words(value)
    return text if text.isprintable() else ascii(text)


def _signers_line(bundle: "Bundle") -> str:
    from device.answer.answer import signers_of

    return ", ".join(
        f"{signer.key_id} (the public demo key)" if signer.demo else signer.key_id
        for signer in signers_of(bundle)
    )


def _golden_line(golden: "GoldenVerdict") -> str:
    named = [f"{one.name} {one.signal_share:.0%}" for one in golden.components]
    return f"{golden.verdict} {' + '.join(named)}".rstrip()


def _compound_line(compound: "Compound") -> str:
    parts = [
        compound.cas or "no CAS number",
        f"also {', '.join(compound.synonyms)}" if compound.synonyms else "",
        compound.chemical_class,
        f"response {compound.response_factor:g}" if compound.response_factor is not None else "",
        compound.hazard,
    ]
    return "; ".join(part for part in parts if part)


def warn_of_demo_key(bundle: "Bundle") -> None:
    """On stderr, where the public demo key signed."""
    if bundle.demo_signed:
        click.echo(
            "Warning: this bundle is signed with the public demo key, which anybody can use.",
            err=True,
        )
