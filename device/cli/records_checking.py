"""`ramix records head` and `verify`: publish the newest head; hold the store against it.

Next: `../records/verification.py`, what is checked.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from device.cli.exit_codes import EXIT_BEGUN_ANEW, EXIT_ERROR
from device.cli.options import json_option, log_level_option
from device.cli.output import print_json
from device.cli.records_options import open_store, printable, store_choice

if TYPE_CHECKING:
    from device.records.report import ChainReport


@click.command("head")
@store_choice
@json_option
@log_level_option
def head_command(store: Path | None, simulated: bool, as_json: bool) -> None:
    """Print the signed head of the newest entry, to be kept somewhere else.

    \b
    Examples:
      ramix records head
      ramix records head --json

    Keep what it prints on another machine, or the code on paper: `ramix records verify` with
    --expect or --head then shows that everything up to it is unchanged.
    """
    with open_store(store, simulated=simulated) as opened:
        head = opened.head()
    if head is None:
        raise click.UsageError("A store of version 1 has no signed heads.")
    if as_json:
        print_json(head.as_json())
        return
    click.echo(f"{head.code}  entry {head.sequence} of {head.time_utc[:19]} UTC")
    click.echo(f"head {head.hash.hex()}")
    click.echo(f"device key {head.key_id}")


@click.command("verify")
@click.option(
    "--head", metavar="HASH",
    help="Also require that the chain still holds this head noted before: its hash, or its code.",
)  # fmt: skip
@click.option(
    "--expect", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="The same, with a head that `records head --json` printed.",
)  # fmt: skip
@click.option(
    "--device", metavar="KEY",
    help="Whose store it must be: a device's public key in hex. [default: this device's]",
)  # fmt: skip
@click.option(
    "--accept", "accepted", multiple=True, metavar="CODE",
    help="Somebody looked into this: a store begun anew, or a lost mark, with the code that is "
    "printed beside it. It must be there. May be repeated.",
)  # fmt: skip
@store_choice
@json_option
@log_level_option
def verify_command(
    head: str | None,
    expect: Path | None,
    device: str | None,
    accepted: tuple[str, ...],
    store: Path | None,
    simulated: bool,
    as_json: bool,
) -> int:
    """Check that no entry was altered, dropped, added or reordered, and since when.

    \b
    Examples:
      ramix records verify
      ramix records verify --head K3FQA-7XW2M
      ramix records verify --expect /media/usb/head.json
      ramix records verify --accept K3FQA-7XW2M

    Exit code 1 where the chain is not whole; 13 where it is, but goes on after a store that was set
    aside, or after a lost mark, and nobody accepted that.

    Note a head somewhere else (`records head`): only that shows a store and its mark that were put
    back together, or written again with this device's own key.
    """
    from device.records.head import key_from_hex, read_noted
    from device.records.report import of_the_kind

    if head is not None and expect is not None:
        raise click.UsageError("--head and --expect name the same thing.")
    expected = head if expect is None else read_noted(expect)
    key = None if device is None else key_from_hex(device)
    with open_store(store, simulated=simulated) as opened:
        report = opened.verify(expected, key, accepted)
    if store is None:
        report = of_the_kind(report, simulated=simulated)
    if as_json:
        print_json(_report(report))
    else:
        for problem in report.problems:
            click.echo(printable(f"! {problem}"))
        state = "whole" if not report.problems else f"NOT whole: {len(report.problems)} problem(s)"
        click.echo(f"{report.count} record(s), {report.entries} entries, chain {state}")
        if report.problems:
            good = report.last_good
            since = "no entry" if good is None else f"{good.entry_id}, {good.time_utc[:19]} UTC"
            click.echo(f"last good entry: {since}")
        for one in report.interruptions:
            known = "accepted" if one not in report.not_accepted else "NOT accepted"
            click.echo(printable(f"  {known}: {one.in_words()}"))
            for text in one.found:
                click.echo(printable(f"    now: {text}"))
        for note in report.notes:
            click.echo(printable(f"  note: {note}"))
        if report.newest is not None:
            click.echo(f"code {report.newest.code}, device key {report.newest.key_id}")
        click.echo(f"head {report.head}")
        if report.not_accepted and not report.problems:
            click.echo("  -> Find out why; then accept each with --accept CODE.", err=True)
    if report.problems:
        return EXIT_ERROR
    return EXIT_BEGUN_ANEW if report.not_accepted else 0


def _report(report: "ChainReport") -> dict[str, Any]:
    good = report.last_good
    return {
        "whole": not report.problems,
        "records": report.count,
        "entries": report.entries,
        "head": report.head,
        "code": None if report.newest is None else report.newest.code,
        "key_id": None if report.newest is None else report.newest.key_id,
        "problems": [printable(one) for one in report.problems],
        "notes": [printable(one) for one in report.notes],
        "interruptions": [
            printable(
                {
                    "code": one.code,
                    "entry": one.head.sequence,
                    "created_utc": one.head.time_utc,
                    "why": one.why,
                    "file": one.file or None,
                    "found": list(one.found),
                }
            )
            | {"accepted": one not in report.not_accepted}
            for one in report.interruptions
        ],
        "last_good": None
        if good is None
        else {"record_id": good.entry_id, "created_utc": good.time_utc, "head": good.hash.hex()},
    }
