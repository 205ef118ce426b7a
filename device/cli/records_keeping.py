"""`ramix records export-store`, `prune` and `sign`: what adds an entry to the chain by itself.

Next: `../records/store.py`.
"""

from datetime import datetime
from pathlib import Path

import click

from device.cli.asking import confirmed
from device.cli.options import json_option, log_level_option
from device.cli.output import print_json
from device.cli.records_options import open_store, store_choice


@click.command("export-store")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@store_choice
@json_option
@log_level_option
def export_store(file: Path, store: Path | None, simulated: bool, as_json: bool) -> None:
    """Copy the whole store into one new FILE, checked, and remember that it was exported.

    A copy of the store's file alone can lack the newest entries while a program is writing; this
    one cannot. What was exported may be pruned.

    \b
    Example:
      ramix records export-store records-2026.sqlite
      ramix records verify --store records-2026.sqlite
    """
    with open_store(store, simulated=simulated, read_only=False) as opened:
        opened.require_there()
        event_id = opened.export_store(file)
        head = opened.head()
    code = "" if head is None else head.code
    if as_json:
        print_json({"file": str(file), "event_id": event_id, "code": code})
        return
    click.echo(f"All entries are in {file}; this is entry {event_id}, code {code}.")


@click.command("prune")
@click.option(
    "--before", type=click.DateTime(["%Y-%m-%d"]), required=True, metavar="DATE",
    help="Only records from before this day (UTC).",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_choice
@json_option
@log_level_option
def prune(before: datetime, yes: bool, store: Path | None, simulated: bool, as_json: bool) -> None:
    """Remove the contents of old records that were exported; the chain stays whole.

    Hash and signature of each record stay, and the removal is an entry of its own. Records that
    were not exported stay as they are. The room is used again by new records.

    \b
    Example:
      ramix records prune --before 2026-01-01
    """
    with open_store(store, simulated=simulated, read_only=False) as opened:
        opened.require_there()
        if not yes:
            confirmed(
                f"Remove the contents of exported records from before {before:%Y-%m-%d}?",
                enter_is_yes=False, remedy="Add --yes.",
            )  # fmt: skip
        said = opened.prune(f"{before:%Y-%m-%d}T00:00:00.000+00:00")
    if as_json:
        print_json(said)
        return
    click.echo(f"The contents of {said['count']} record(s) were removed.")
    if left := said["left_because_not_exported"]:
        click.echo(f"{left} record(s) from before then were not exported, and stay.")


@click.command("sign")
@click.argument("record_id", metavar="ID")
@click.option(
    "--key", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE",
    help="Your own Ed25519 key, PEM without a password.",
)  # fmt: skip
@click.option("--name", required=True, metavar="NAME", help="Your name, as it is to be printed.")
@click.option(
    "--meaning", required=True, metavar="TEXT", help="What you sign for, as reviewed or approved."
)
@store_choice
@json_option
@log_level_option
def sign(
    record_id: str,
    key: Path,
    name: str,
    meaning: str,
    store: Path | None,
    simulated: bool,
    as_json: bool,
) -> None:
    """Sign one record as a second person; the signature is an entry of the chain.

    A damaged record is refused. A key is made with: openssl genpkey -algorithm ed25519 -out my.pem

    \b
    Example:
      ramix records sign 42 --key my.pem --name "A. Reviewer" --meaning reviewed
    """
    from device.records.device_key import file_signer

    signer = file_signer(key)
    with open_store(store, simulated=simulated, read_only=False) as opened:
        opened.require_there()
        event_id = opened.sign(record_id, signer, name, meaning)
    if as_json:
        print_json({"event_id": event_id, "record_id": record_id})
        return
    click.echo(f"Record {record_id} is signed; this is entry {event_id}.")
