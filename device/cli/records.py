"""`ramix records`: what was answered before, and whether it is still what was written.

Next: `../records/store.py`, the store.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from device.cli.exit_codes import EXIT_ERROR
from device.cli.options import json_option, log_level_option
from device.cli.output import print_json

if TYPE_CHECKING:
    from device.records.store import RecordStore

_store_option = click.option(
    "--store",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Look into this store instead of the usual one.",
)


@click.group()
def records() -> None:
    """Look at stored results.

    \b
    Examples:
      ramix records list
      ramix records show 42
      ramix records verify
    """


@records.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, metavar="N",
    help="The newest N.",
)  # fmt: skip
@_store_option
@json_option
@log_level_option
def list_command(limit: int, store: Path | None, as_json: bool) -> None:
    """List the newest results, newest first.

    \b
    Example:
      ramix records list --limit 5
    """
    opened = _open(store)
    with opened:
        found = opened.list(limit) if opened.path.exists() else ()
    if as_json:
        print_json({"records": [_overview(one.body) for one in found]})
        return
    if not found:
        click.echo(f"No records yet in {opened.path}.")
    for one in found:
        names = ", ".join(part["name"] for part in one.result["components"])
        when = one.created_utc[:19].replace("T", " ")
        click.echo(f"{one.record_id}  {when}  {one.result['verdict']:<10}  {names}".rstrip())


@records.command("show")
@click.argument("record_id", metavar="ID")
@_store_option
@json_option
@log_level_option
def show_command(record_id: str, store: Path | None, as_json: bool) -> None:
    """Show one result again; ID may be the number it begins with.

    \b
    Example:
      ramix records show 42
    """
    with _open(store) as opened:
        record = opened.get(record_id)
    if as_json:
        kept = ("created_utc", "measurement")
        print_json({**record.result, **{name: record.body[name] for name in kept}})
        return
    from device.cli.outcome import terminal_style
    from device.show.card import card

    measurement = record.body["measurement"]
    source = measurement["source"]
    if source == "acquisition":
        source = f"analyzer {measurement['analyzer_serial']}"
    note = f"Stored {record.created_utc[:19].replace('T', ' ')} UTC."
    click.echo(card(record.result, source=source, notes=[note], style=terminal_style()), color=True)


@records.command("verify")
@click.option(
    "--head", metavar="HASH", help="Also require that the chain still holds this head noted before."
)
@_store_option
@json_option
@log_level_option
def verify_command(head: str | None, store: Path | None, as_json: bool) -> int:
    """Check that no record was altered, dropped or reordered.

    Note the head hash somewhere else: with it, also a cut-off end is found.

    \b
    Example:
      ramix records verify --head 5f2c...
    """
    with _open(store) as opened:
        report = opened.verify(head)
    if as_json:
        print_json(
            {"whole": not report.problems, "records": report.count, "head": report.head,
             "problems": list(report.problems)}
        )  # fmt: skip
    else:
        for problem in report.problems:
            click.echo(f"! {problem}")
        state = "whole" if not report.problems else f"NOT whole: {len(report.problems)} problem(s)"
        click.echo(f"{report.count} record(s), chain {state}")
        click.echo(f"head {report.head}")
    return EXIT_ERROR if report.problems else 0


def _open(path: Path | None) -> "RecordStore":
    from device import installation
    from device.records.store import RecordStore

    return RecordStore(path or installation.default_record_store_path(), read_only=True)


def _overview(body: Any) -> dict[str, Any]:
    result = body["result"]
    return {
        "record_id": body["record_id"],
        "created_utc": body["created_utc"],
        "verdict": result["verdict"],
        "components": [part["name"] for part in result["components"]],
        "model": result["model"],
        "source": body["measurement"]["source"],
    }
