"""`ramix-train reissue`: the same network and references, new golden spectra and signature.

Next: `../bundle/reissue.py`, what is kept and what is made anew.
"""

from pathlib import Path

import click

from train.cli.options import key_option


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path, dir_okay=False))
@key_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where bundle and card go. [default: the bundle's own folder]",
)
@click.option("--version", metavar="X.Y.Z", help="[default: the old one, last number raised]")
def reissue(bundle: Path, key: Path | None, out: Path | None, version: str | None) -> None:
    """Issue a bundle again without training: new golden spectra, digests, version and signature.

    Needed once for bundles made before golden verdicts, and whenever a new decision answers the
    golden spectra differently. The card keeps the figures measured with the old file and says so.

    \b
    ramix-train reissue models/solvents13-2.ramix
    ramix-train reissue my-liquids.ramix --key release.pem --out fleet
    """
    from device.durable import written_whole
    from device.inference.bundle import read_bundle, read_bundle_bytes
    from device.inference.trust import TrustPolicy
    from train.bundle import reissue as again
    from train.cli.card import card_of_reissue
    from train.cli.signing import signer_and_trust

    signer, trust = signer_and_trust(key)
    made = again.reissue(read_bundle_bytes(bundle), trust, [signer], version)
    folder = out or bundle.parent
    folder.mkdir(parents=True, exist_ok=True)
    path, card = folder / bundle.name, bundle.with_suffix(".md")
    if card.exists():
        loaded = read_bundle(made.data, TrustPolicy(1, {signer.key_id: signer.public_key}))
        text = card_of_reissue(loaded, card.read_text(encoding="utf-8"))
        with written_whole(folder / card.name) as stream:
            stream.write(text.encode("utf-8"))
    with written_whole(path, mode=0o644) as stream:
        stream.write(made.data)
    click.echo(f"{path}: {made.of_version} issued again as {made.version}, {len(made.data)} bytes")
