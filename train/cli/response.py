"""`ramix-train response`: response factors from mixtures, of equal parts or of any known ones.

Next: `validation/response_refit.py`, any parts; `library/response.py`, equal parts.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from train.cli.options import key_option

if TYPE_CHECKING:
    from device.answer.identifier import Identifier
    from device.inference.bundle import Bundle
    from train.validation.mixtures import Mixtures
    from train.validation.response_data import Unused, Usable


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.argument("truth", required=False, type=click.Path(path_type=Path, dir_okay=False))
@key_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the bundle with the new factors there, its card beside. [default: write nothing]",
)
@click.option(
    "--version",
    metavar="X.Y.Z",
    help="The new bundle's version. [default: the old one, its last number raised]",
)
def response(
    bundle: Path,
    folder: Path | None,
    truth: Path | None,
    key: Path | None,
    out: Path | None,
    version: str | None,
) -> None:
    """Response factors (signal per volume) from mixtures of your own, into a bundle signed again.

    FOLDER and TRUTH are those of `ramix-train validate`. Used are mixtures that the product names
    exactly; the factors of the bundle count as what was known before, with their uncertainties.
    One mixture that contradicts the others is left out and named. A compound that no mixture holds
    keeps its factor. Network and references stay, golden spectra are made again.

    With a bundle alone: factors from the measured mixtures of data/, taken as equal parts, as a
    library file takes them.

    \b
    Examples:
      ramix-train response my-liquids-2.ramix mixtures truth.csv
      ramix-train response my-liquids-2.ramix mixtures truth.csv --key release.pem --out new.ramix
      ramix-train response models/solvents13-2.ramix
    """
    if (folder is None) != (truth is None):
        raise click.UsageError("FOLDER and TRUTH go together.")
    if folder is not None and truth is not None:
        _refit(bundle, folder, truth, key, out, version)
        return
    if key is not None or out is not None or version is not None:
        raise click.UsageError("--key, --out and --version need a FOLDER and a TRUTH.")
    _equal_parts(bundle)


def _refit(
    bundle: Path, folder: Path, truth: Path, key: Path | None, out: Path | None, version: str | None
) -> None:
    from device.answer.proof import proven_identifier
    from device.inference.bundle import read_bundle, read_bundle_bytes
    from train.cli.progress import counted
    from train.cli.signing import signer_and_trust
    from train.cli.tables import print_page_table
    from train.validation.mixtures import read_mixtures
    from train.validation.response_refit import NotEnoughMixtures, refit
    from train.validation.response_tables import response_tables, unused_table

    signer, trust = signer_and_trust(key)
    data = read_bundle_bytes(bundle)
    loaded = read_bundle(data, trust)
    with counted("reading") as advance:
        read = read_mixtures(truth, folder, loaded.manifest.compounds, advance)
    for notice in read.notices:
        click.echo(f"note: {notice}")
    usable, unused = _answered(proven_identifier(loaded), read)
    try:
        made = refit(usable, loaded.manifest.compounds)
    except NotEnoughMixtures:
        if unused:
            print_page_table(unused_table(unused))
        raise
    for table in response_tables(made, unused):
        print_page_table(table)
    if out is None:
        click.echo("nothing is written: say --out FILE for a bundle with these factors")
        return
    from device.durable import written_whole
    from device.inference.trust import TrustPolicy
    from train.bundle.new_response import new_response
    from train.bundle.reissue import reissue
    from train.cli.card import card_of

    new = new_response(made.changed, len(made.compared), made.scatter, truth.read_bytes())
    again = reissue(data, trust, [signer], version, new)
    written = read_bundle(again.data, TrustPolicy(1, {signer.key_id: signer.public_key}))
    for path, content in (
        (out, again.data),
        (out.with_suffix(".md"), card_of(written, None).encode("utf-8")),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path, mode=0o644) as stream:
            stream.write(content)
    signed = "the demo key" if key is None else f"key {signer.key_id}"
    click.echo(
        f"{out}: version {again.version} with {len(new.factors)} new factors, signed with {signed}"
    )


def _answered(identifier: "Identifier", read: "Mixtures") -> "tuple[list[Usable], list[Unused]]":
    from train.cli.progress import counted
    from train.validation.outcomes import outcome_of
    from train.validation.response_data import Usable, usable_of

    usable, unused = [], []
    compounds = identifier.bundle.manifest.compounds
    with counted("identifying") as advance:
        for done, mixture in enumerate(read.mixtures, start=1):
            outcome, answer = outcome_of(identifier, mixture)
            one = usable_of(outcome, answer.identification.components, compounds)
            if isinstance(one, Usable):
                usable.append(one)
            else:
                unused.append(one)
            advance(done, len(read.mixtures))
    return usable, unused


def _equal_parts(bundle: Path) -> None:
    from device.inference.bundle import read_bundle_file
    from device.inference.trust import default_trust_policy
    from train.library.response import amounts_in, leave_one_out_errors, solve_response

    loaded: Bundle = read_bundle_file(bundle, default_trust_policy())
    compounds = loaded.manifest.compounds
    mixtures = amounts_in(loaded)
    solved = solve_response(mixtures, len(compounds))
    for compound, factor, sd in zip(compounds, solved.factors, solved.relative_sd, strict=True):
        click.echo(f"# {compound.name}\nresponse_factor = {factor:.4f}")
        click.echo(f"response_factor_sd = {sd:.3f}")
    errors = leave_one_out_errors(mixtures, len(compounds))
    click.echo(
        f"# mean absolute error of volume fraction, each of {len(errors)} mixtures by the factors "
        f"of the others: {errors.mean():.4f} (worst mixture {errors.max():.4f})"
    )
