"""`ramix-train card`: write a model's card again, with the figures made of it.

Next: `bundle/card.py`, the card; `bundle/card_evidence.py`, which figures may stand on it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from device.inference.bundle import Bundle
    from train.bundle.card_evidence import Evidence


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--figures",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/figures"),
    show_default=True,
    help="What `ramix-train evidence` or `figures` wrote, made with this very bundle.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Default: NAME.md beside the bundle.",
)
def card(bundle: Path, folder: Path, out: Path | None) -> None:
    """Put the figures made of a bundle onto its card.

    Figures of other bytes than the bundle's are refused, and so are those of the tiny size.

    \b
    Examples:
      ramix-train figures
      ramix-train card models/solvents13-2.ramix
      ramix-train card models/aromatics4-2.ramix --figures out/figures
    """
    from device.durable import written_whole
    from device.inference.bundle import read_bundle_file
    from device.inference.trust import default_trust_policy
    from train.bundle.card_evidence import evidence_for

    loaded = read_bundle_file(bundle, default_trust_policy())
    text = card_of(loaded, evidence_for(loaded, folder))
    path = out or bundle.with_suffix(".md")
    with written_whole(path) as stream:
        stream.write(text.encode("utf-8"))
    click.echo(f"{path}: figures from {folder}")


def card_of(bundle: "Bundle", evidence: "Evidence | None") -> str:
    """The card, with the title of the library where that is a shipped one."""
    from train.bundle.card import choices_of, library_of, model_card
    from train.library.file import library_path, read_library_file

    library = library_of(bundle)
    path = library_path(library)
    own = f"{len(bundle.manifest.compounds)} compounds"
    title = read_library_file(path).title if path.exists() else own
    return model_card(bundle, title, evidence, choices_of(bundle.manifest.name, library))


def card_of_reissue(bundle: "Bundle", old_card: str) -> str:
    """The card of a bundle issued again: what was measured with the old file stays on it."""
    from train.bundle.card_reissued import with_measurements_of

    return with_measurements_of(card_of(bundle, None), old_card, bundle)
