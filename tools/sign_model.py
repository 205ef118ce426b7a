#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/../.venv/bin/python" "$0" "$@"'
"""Sign model bundles: make keys, write which keys an analyzer's computer trusts, add signatures.

    tools/sign_model.py keygen release.pem
    tools/sign_model.py trust --threshold 2 alice.pub bob.pub carol.pub -o trust.json
    tools/sign_model.py sign models/solvents13-2.ramix --key release.pem

A private key stays with its owner: for m of n, each signs the file in turn.
"""

import json
import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from device import installation
from device.cli.main import run_command
from device.durable import written_whole
from device.inference.bundle import read_bundle_bytes
from device.inference.bundle_writer import add_signatures
from device.inference.container import Container
from device.inference.trust import (
    DEMO_KEY_ID,
    MAX_SEQUENCE,
    MAX_THRESHOLD,
    MAX_TRUST_FILE_SIZE,
    TRUST_FORMAT,
    SigningKey,
    TrustPolicy,
    key_id_of,
)
from firmware_bridge.errors import CallerError

_PATH = click.Path(path_type=Path)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def cli() -> None:
    """Sign model bundles.

    \b
    Examples:
      tools/sign_model.py keygen release.pem
      tools/sign_model.py trust release.pub -o trust.json
      tools/sign_model.py sign models/solvents13-2.ramix --key release.pem
    """


@cli.command("keygen")
@click.argument("private_key", type=_PATH)
def keygen(private_key: Path) -> None:
    """Make a key pair: PRIVATE_KEY, readable by you alone, and its public half as .pub.

    \b
    Example:
      tools/sign_model.py keygen release.pem
    """
    public_key = private_key.with_suffix(".pub")
    if public_key == private_key:
        raise CallerError("Name the private key otherwise: .pub is for the public half.")
    key = SigningKey.generate()
    _create(private_key, key.to_pem(), 0o600)
    _create(public_key, (key.public_key.hex() + "\n").encode(), 0o644)
    click.echo(f"key {key.key_id}: private half in {private_key}, public half in {public_key}")


@cli.command("trust")
@click.argument("public_keys", type=_PATH, nargs=-1, required=True)
@click.option(
    "--threshold",
    type=click.IntRange(1, MAX_THRESHOLD),
    default=1,
    show_default=True,
    help="How many different keys must have signed.",
)
@click.option(
    "--sequence",
    type=click.IntRange(1, MAX_SEQUENCE),
    default=1,
    show_default=True,
    help="The number of this trust file; higher than that of every earlier one.",
)
@click.option(
    "--not-after", default="", metavar="UTC", help="When it ends, as 2030-12-31T23:59:59Z."
)
@click.option(
    "-o", "--output", type=_PATH, required=True, metavar="FILE", help="Usually trust.json."
)
def trust(
    public_keys: tuple[Path, ...], threshold: int, sequence: int, not_after: str, output: Path
) -> None:
    """Write the file that says who may sign; `ramix trust install` makes it count.

    \b
    Examples:
      tools/sign_model.py trust --threshold 2 alice.pub bob.pub carol.pub -o trust.json
      tools/sign_model.py trust --sequence 2 alice.pub dora.pub -o trust.json
    """
    keys = {key_id_of(key): key.hex() for key in map(_read_public_key, public_keys)}
    content: dict[str, object] = {"format": TRUST_FORMAT, "sequence": sequence}
    if not_after:
        content["not_after"] = not_after
    content |= {"threshold": threshold, "keys": keys}
    data = (json.dumps(content, indent=2) + "\n").encode()
    TrustPolicy.from_json(data, str(output))  # refuse what would be refused later
    _create(output, data, 0o644)
    click.echo(f"{output}: {threshold} of {len(keys)} keys ({', '.join(keys)})")
    _warn_of_demo_key(list(keys))


@cli.command("sign")
@click.argument("bundle", type=_PATH)
@click.option(
    "--key",
    "keys",
    type=_PATH,
    multiple=True,
    required=True,
    metavar="FILE",
    help="Private key; give the option several times for several.",
)
@click.option("-o", "--output", type=_PATH, metavar="FILE", help="[default: BUNDLE itself]")
def sign(bundle: Path, keys: tuple[Path, ...], output: Path | None) -> None:
    """Add signatures to a bundle; what is damaged is not signed.

    \b
    Example:
      tools/sign_model.py sign models/solvents13-2.ramix --key release.pem
    """
    signed = add_signatures(read_bundle_bytes(bundle), [SigningKey.from_file(key) for key in keys])
    target = output or bundle
    _replace(target, signed)
    key_ids = [signature.key_id for signature in Container.from_bytes(signed).signatures]
    click.echo(f"{target}: signed by {', '.join(key_ids)}")
    _warn_of_demo_key(key_ids)


def _warn_of_demo_key(key_ids: list[str]) -> None:
    if DEMO_KEY_ID in key_ids:
        click.echo(
            f"Warning: {DEMO_KEY_ID} is the public demo key, which anybody can sign with.", err=True
        )


def _read_public_key(path: Path) -> bytes:
    try:
        return bytes.fromhex(installation.read_capped(path, MAX_TRUST_FILE_SIZE).decode("ascii"))
    except (OSError, ValueError) as error:
        raise CallerError(f"{path} is not a public key made by keygen.") from error


def _create(path: Path, data: bytes, mode: int) -> None:
    """A new file, never an overwritten one: an overwritten key is lost for ever."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise CallerError(f"{path} cannot be created: {error.strerror}.") from error
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)


def _replace(path: Path, data: bytes) -> None:
    """The old file or the new one, whole, whatever happens in between."""
    try:
        with written_whole(path, mode=0o644) as stream:
            stream.write(data)
    except OSError as error:
        raise CallerError(f"{path} cannot be written: {error.strerror}.") from error


def main() -> NoReturn:
    """Entry point of this file run as a script."""
    sys.exit(run_command(sys.argv[1:], cli, "sign_model"))


if __name__ == "__main__":
    main()
