"""`ramix-train reissue` and `decide`: the same network and references in a new bundle.

Next: `../bundle/reissue.py`, what is kept and what is made anew.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from train.cli.options import key_option
from train.cli.progress import counted

if TYPE_CHECKING:
    from device.inference.decision_numbers import Decision

_FITTING = "decision"


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What both verbs ask."""
    for option in (
        click.option(
            "--version",
            metavar="X.Y.Z",
            help="The new bundle's version. [default: the old one, its last number raised]",
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path, file_okay=False),
            help="Where bundle and card go. [default: the bundle's own folder]",
        ),
        click.option(
            "--library",
            metavar="NAME|FILE",
            help="Take synonyms, hazards and chemical classes from this library file.",
        ),
        key_option,
        click.argument("bundle", type=click.Path(path_type=Path, dir_okay=False)),
    ):
        command = option(command)
    return command


@click.command()
@_options
def reissue(
    bundle: Path, key: Path | None, out: Path | None, version: str | None, library: str | None
) -> None:
    """Issue a bundle again without training: new golden spectra, digests, version and signature.

    Needed once for bundles of an older format, whose decision is fitted then, and whenever other
    code answers the golden spectra differently. The card keeps the figures measured with the old
    file and says so.

    \b
    Examples:
      ramix-train reissue models/solvents13-2.ramix
      ramix-train reissue my-liquids.ramix --key release.pem --out fleet
      ramix-train reissue my-liquids.ramix --library my-liquids.toml
    """
    _issue_again(bundle, key, out, version, library, anew=False)


@click.command()
@_options
def decide(
    bundle: Path, key: Path | None, out: Path | None, version: str | None, library: str | None
) -> None:
    """Fit the numbers of a bundle's decision again, and issue it again with them.

    9,000 scenes of the bundle's own library (a minute or two for thirteen compounds) give
    fifteen numbers, each with its standard error, and bound the error rates stated with them.
    `ramix-train build` does the same as its last step.

    \b
    Examples:
      ramix-train decide models/solvents13-2.ramix --out out/decided
      ramix-train decide my-liquids.ramix --key release.pem
    """
    _print_numbers(_issue_again(bundle, key, out, version, library, anew=True))


def _issue_again(
    bundle: Path,
    key: Path | None,
    out: Path | None,
    version: str | None,
    library: str | None,
    *,
    anew: bool,
) -> "Decision":
    from device.durable import written_whole
    from device.inference.bundle import read_bundle, read_bundle_bytes
    from device.inference.trust import TrustPolicy
    from train.bundle import reissue as again
    from train.cli.card import card_of_reissue
    from train.cli.signing import signer_and_trust
    from train.library.file import library_path, read_library_file

    signer, trust = signer_and_trust(key)
    with counted(_FITTING) as progress:
        made = again.reissue(
            read_bundle_bytes(bundle),
            trust,
            [signer],
            version,
            labels=() if library is None else read_library_file(library_path(library)).compound,
            anew=anew,
            progress=progress,
        )
    folder = out or bundle.parent
    folder.mkdir(parents=True, exist_ok=True)
    path, card = folder / bundle.name, bundle.with_suffix(".md")
    loaded = read_bundle(made.data, TrustPolicy(1, {signer.key_id: signer.public_key}))
    if card.exists():
        text = card_of_reissue(loaded, card.read_text(encoding="utf-8"))
        with written_whole(folder / card.name) as stream:
            stream.write(text.encode("utf-8"))
    with written_whole(path, mode=0o644) as stream:
        stream.write(made.data)
    click.echo(f"{path}: {made.of_version} issued again as {made.version}, {len(made.data)} bytes")
    return loaded.manifest.decision


def _print_numbers(decision: "Decision") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("number", "value", "standard error", box=None)
    for name, value in vars(decision.numbers).items():
        table.add_row(name, f"{value:.3f}", f"{decision.standard_errors[name]:.3f}")
    console = Console()
    console.print(table)
    for name, rate in decision.rates.items():
        console.print(f"{name.replace('_', ' ')}: at most {rate:.0%}, with 95% confidence")
