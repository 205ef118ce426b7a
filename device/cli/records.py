"""`ramix records`: what was answered before, and whether it is still what was written.

Next: `records_checking.py` and `records_keeping.py`, its other verbs; `../records/readable.py`.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.cli.exit_codes import EXIT_ERROR
from device.cli.options import json_option, log_level_option
from device.cli.output import print_json
from device.cli.records_checking import head_command, verify_command
from device.cli.records_export import export_command
from device.cli.records_import import import_command
from device.cli.records_keeping import export_store, prune, sign
from device.cli.records_options import open_store, printable, store_choice
from device.cli.records_package import answer_command, package_command
from device.cli.records_reidentify import reidentify_command
from device.cli.records_words import line, notes_of, overview, readable, source_of, told_later

if TYPE_CHECKING:
    from device.records.content import Record


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
@click.option(
    "--search", default="", metavar="TEXT",
    help="Only those with this text in names, verdict, sample, operator, note or source.",
)  # fmt: skip
@click.option("--before", metavar="ID", help="Only older ones than this: the next page.")
@store_choice
@json_option
@log_level_option
def list_command(
    limit: int, search: str, before: str | None, store: Path | None, simulated: bool, as_json: bool
) -> int:
    """List the newest results, newest first.

    \b
    Examples:
      ramix records list --limit 5
      ramix records list --search toluene
      ramix records list --simulated

    Exit code 1 when one of them is damaged.
    """
    opened = open_store(store, simulated=simulated)
    with opened:
        found = opened.list(limit, search, before) if opened.is_there() else ()
    if as_json:
        print_json({"records": [overview(one) for one in found]})
    elif not found:
        click.echo(f"No records {'with that ' if search else 'yet '}in {opened.path}.")
        if store is None and not simulated:
            click.echo("  -> Those of simulated analyzers are kept apart: --simulated", err=True)
    else:
        for one in found:
            click.echo(line(one))
        _tell_what_is_next(len(found), limit, found[-1].record_id)
    return EXIT_ERROR if any(one.problem for one in found) else 0


@records.command("show")
@click.argument("record_id", metavar="ID")
@store_choice
@json_option
@log_level_option
def show_command(record_id: str, store: Path | None, simulated: bool, as_json: bool) -> int:
    """Show one result again; ID may be the number it begins with.

    \b
    Example:
      ramix records show 42

    Its hash and signature are checked first: a damaged one is never laid out as a result, and the
    exit code is 1.
    """
    with open_store(store, simulated=simulated) as opened:
        record = opened.get(record_id, even_damaged=True)
        signatures = opened.signatures_of(record)
        answers, later = opened.answers_of(record), told_later(opened, record)
    if record.problem:
        return _show_damaged(record, as_json=as_json)
    record.require_whole()
    if as_json:
        kept = ("created_utc", "measurement", "about", "photo", "hazards", "simulated")
        more = {name: record.body[name] for name in kept if name in record.body}
        print_json({**printable(record.result), **printable(more), "record_code": record.code,
                    "signatures": printable(list(signatures)),
                    "answers": printable(list(answers))})  # fmt: skip
        return 0
    from device.cli.outcome import terminal_style
    from device.show.card import card

    with readable(record):
        text = card(
            printable({**record.result, "record_code": record.code}),
            source=printable(source_of(record)), hazards=printable(record.hazards),
            notes=[*notes_of(record, signatures), *later],
            style=terminal_style(),
        )  # fmt: skip
    click.echo(text, color=True)
    return 0


@records.command("events")
@click.option("--kind", metavar="KIND", help="Only of this kind, as start, model or export.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, metavar="N",
    help="The newest N.",
)  # fmt: skip
@store_choice
@json_option
@log_level_option
def events_command(
    kind: str | None, limit: int, store: Path | None, simulated: bool, as_json: bool
) -> int:
    """List what happened beside measurements: starts, models, calibration, exports and so on.

    \b
    Examples:
      ramix records events
      ramix records events --kind model --json
    """
    opened = open_store(store, simulated=simulated)
    with opened:
        found = opened.events(kind, limit) if opened.is_there() else ()
    if as_json:
        print_json(
            {"events": [
                {"event_id": one.event_id, "created_utc": one.created_utc, "kind": one.kind,
                 "content": printable(one.content), "problem": one.problem}
                for one in found
            ]}
        )  # fmt: skip
    else:
        from device.cli.outcome import terminal_style
        from device.cli.records_events import event_lines

        style = terminal_style()
        for one in found:
            for text in event_lines(one, style):
                click.echo(printable(text))
        _tell_what_is_next(len(found), limit, "")
    return EXIT_ERROR if any(one.problem for one in found) else 0


def _tell_what_is_next(shown: int, limit: int, oldest: str) -> None:
    """Below a list, for people: the zone of its times, and where the older ones are."""
    more = f" Older ones, if any: --before {oldest}, or" if oldest else " Older ones, if any:"
    older = f"{more} a larger --limit." if shown == limit else ""
    click.echo(f"Newest first, times in UTC.{older}", err=True)


def _show_damaged(record: "Record", *, as_json: bool) -> int:
    """What stands there, as it stands there, and never as a card."""
    import json

    if as_json:
        print_json({"record_id": record.record_id, "problem": record.problem,
                    "body": printable(record.body)})  # fmt: skip
        return EXIT_ERROR
    click.echo(
        f"DAMAGED: record {record.record_id} is not what was written: {record.problem}. "
        "It proves nothing; `ramix records verify` says since when.",
        err=True,
    )
    if record.body:
        click.echo(json.dumps(printable(record.body), indent=1))
    return EXIT_ERROR


for _verb in (
    head_command, verify_command, export_store, prune, sign, export_command, package_command,
    import_command, answer_command, reidentify_command,
):  # fmt: skip
    records.add_command(_verb)
