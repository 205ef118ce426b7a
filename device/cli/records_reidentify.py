"""`ramix records reidentify`: stored measurements answered again by another model.

Next: `../records/again.py`, which does it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from device.cli.exit_codes import EXIT_ERROR
from device.cli.options import json_option, log_level_option, runtime_option
from device.cli.output import clear_progress, print_json, print_progress
from device.cli.records_import import read_package
from device.cli.records_options import open_store, printable, store_choice
from device.cli.records_selection import selection_of, selection_options

if TYPE_CHECKING:
    from device.answer.identifier import Identifier
    from device.records.again import Again
    from device.records.content import Record
    from device.records.store import RecordStore


@click.command("reidentify")
@selection_options
@click.option(
    "--model", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE",
    help="The bundle that answers now.",
)  # fmt: skip
@click.option(
    "--recalled", metavar="NAME@VERSION",
    help="Only what this model answered, as solvents13-2@1.1.0.",
)  # fmt: skip
@click.option(
    "--model-sha256", default="", metavar="HEX",
    help="Only what the bundle with this SHA-256 answered; its beginning will do.",
)  # fmt: skip
@click.option(
    "--package", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="The records of a colleague's package instead of a store's.",
)  # fmt: skip
@click.option("--again", is_flag=True, help="Also those that this model has answered before.")
@click.option(
    "--from-frames", is_flag=True,
    help="Average the single frames of each record again first, as this version does.",
)  # fmt: skip
@runtime_option
@store_choice
@json_option
@log_level_option
def reidentify_command(
    ids: tuple[str, ...],
    everything: bool,
    since: datetime | None,
    before: datetime | None,
    search: str,
    model: Path,
    recalled: str | None,
    model_sha256: str,
    package: Path | None,
    again: bool,
    from_frames: bool,
    runtime: str,
    store: Path | None,
    simulated: bool,
    as_json: bool,
) -> int:
    """Answer stored measurements again with another model, from their raw counts.

    For all records that a recalled model answered. The old records stay as they are; the new
    answers are entries of the chain, written every 50 records: a run that was interrupted goes on
    where it stopped. Prints differences first; with --json one line each.

    \b
    Examples:
      ramix records reidentify --recalled solvents13-2@1.0.0 --model solvents13-2.ramix
      ramix records reidentify --since 2026-03-01 --model new.ramix --json
      ramix records reidentify --package case.rrp --model my-library.ramix

    Exit code 1 when one of them could not be answered.
    """
    from device.answer.proof import proven_identifier
    from device.field_library.store import FieldLibrary
    from device.inference import model_source

    more: dict[str, Any] = {}
    if recalled:
        more["model"] = _name_and_version(recalled)
    if model_sha256:
        more["model_sha256"] = model_sha256.lower()
    if package is not None and any((ids, everything, since, before, search, more)):
        raise click.UsageError("--package has its own records.")
    if package is None:
        selection = selection_of(ids, everything, since, before, search, **more)
    field = FieldLibrary.default().load()
    identifier = proven_identifier(model_source.load_default(model), runtime, field)
    if package is not None:
        found = _of_package(package, identifier, from_frames=from_frames)
    else:
        from device.records.selection import require_some, selected

        with open_store(store, simulated=simulated) as opened:
            records = require_some(list(selected(opened, selection)), opened)
            how = {"simulated": simulated, "anew": again, "from_frames": from_frames}
            found = _of_store(opened, records, identifier, **how)
    clear_progress()
    ordered = sorted(found, key=lambda one: (not one.differs, one.record_id))
    for one in ordered:
        if as_json:
            print_json({**printable(one.as_json()), "differs": one.differs})
        else:
            click.echo(printable(_line(one)))
    if not as_json:
        _summary(ordered)
    return EXIT_ERROR if any(one.now is None for one in ordered) else 0


def _of_store(
    store: "RecordStore",
    records: "Sequence[Record]",
    identifier: "Identifier",
    *,
    simulated: bool,
    anew: bool,
    from_frames: bool,
) -> "list[Again]":
    """In batches, each an event; what was answered before is taken from the events."""
    from device.records.again import (
        ANSWERS_OF_AN_EVENT,
        EVENT,
        answered_again,
        answered_before,
        event_content,
        model_json,
    )
    from device.records.journal import chain_beside

    model = model_json(identifier, from_frames=from_frames)
    with chain_beside(store, simulated=simulated) as chain:
        chain.check_writable()
        before = {} if anew else answered_before(chain, model)
        known = [before[one.hash.hex()] for one in records if one.hash.hex() in before]
        waiting = [one.record_id for one in records if one.hash.hex() not in before]
        found = list(known)
        for batch in _batches(waiting, ANSWERS_OF_AN_EVENT):
            answered: list[Again] = []
            for record_id in batch:
                print_progress(f"record {len(found) + len(answered) + 1} of {len(records)}")
                record = store.get(record_id, even_damaged=True)
                answered.append(answered_again(record, identifier, from_frames=from_frames))
            kept = [one for one in answered if one.now is not None]
            if kept:
                chain.append_event(EVENT, event_content(model, kept))
            found += answered
    return found


def _of_package(path: Path, identifier: "Identifier", *, from_frames: bool) -> "list[Again]":
    from device.records.again import EVENT, answered_again, event_content, model_json
    from device.records.journal import usual_store

    package, model = read_package(path), model_json(identifier, from_frames=from_frames)
    with usual_store() as chain:
        chain.check_writable()
        found = [
            answered_again(record, identifier, from_frames=from_frames)
            for record in package.records
        ]
        for batch in _batches(found, 50):
            content = event_content(model, batch, package_sha256=package.sha256)
            chain.append_event(EVENT, content)
    return found


def _batches(items: "Sequence[Any]", size: int) -> "Iterator[list[Any]]":
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _name_and_version(text: str) -> tuple[str, str]:
    name, _, version = text.partition("@")
    if not name or not version:
        raise click.UsageError("--recalled needs a name and a version, as solvents13-2@1.1.0.")
    return name, version


def _line(one: "Again") -> str:
    from device.records.again import in_words

    mark = "!" if one.differs else " "
    now = f"not answered: {one.why_not}" if one.now is None else in_words(one.now)
    return f"{mark} {one.record_id}  {in_words(one.was)}  ->  {now}"


def _summary(found: "Sequence[Again]") -> None:
    failed = sum(one.now is None for one in found)
    other = sum(one.differs for one in found) - failed
    told = f", {failed} could not be answered" if failed else ""
    click.echo(f"{len(found)} record(s): {other} with another answer{told}")
