"""`ramix records export`: stored measurements as files for other programs and people.

Next: `records_package.py`, records for a colleague; `../export/formats.py`, the formats.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from device.cli.options import json_option, log_level_option
from device.cli.output import clear_progress, print_json, print_progress
from device.cli.records_options import open_store, store_choice
from device.cli.records_selection import selection_of, selection_options

if TYPE_CHECKING:
    from device.answer.identifier import Identifier
    from device.export.formats import ExportedFile
    from device.records.content import Record
    from device.records.store import RecordStore

FORMATS = ("csv", "json", "jcamp", "spc", "nexus", "html", "pdf", "png")  # a test compares them
_TOLD = 20


@click.command("export")
@selection_options
@click.option(
    "--format", "formats", type=click.Choice(FORMATS), multiple=True, metavar="FORMAT",
    help=f"One of {', '.join(FORMATS)}; may be repeated.  [default: csv, or by the end of --out]",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path(), metavar="FOLDER|FILE",
    help="Where to; a file takes one record in one format.  [default: the current folder]",
)  # fmt: skip
@click.option(
    "--model", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="The model that answered, for the fitted curves.  [default: the configured one]",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@store_choice
@json_option
@log_level_option
def export_command(
    ids: tuple[str, ...],
    everything: bool,
    since: datetime | None,
    before: datetime | None,
    search: str,
    formats: tuple[str, ...],
    out: Path,
    model: Path | None,
    force: bool,
    store: Path | None,
    simulated: bool,
    as_json: bool,
) -> None:
    """Write stored measurements as files: numbers, a report, a picture.

    Each has the spectrum, how and by whom it was measured, the result, and the hashes and
    signature that prove it (docs/exports.md). A damaged record is refused. What was exported is
    an entry of the chain.

    \b
    Examples:
      ramix records export 42 --format html --out report.html
      ramix records export 42 --format jcamp --format spc --out case-7
      ramix records export --since 2026-03-01 --search toluene --format csv --out march
      ramix records export --all --format nexus --out archive
    """
    from device.export.formats import event_contents, require_format
    from device.records.journal import chain_beside
    from device.records.selection import require_some, selected

    wanted = _formats(formats, out)
    for name in wanted:
        require_format(name)
    selection = selection_of(ids, everything, since, before, search)
    with open_store(store, simulated=simulated) as opened:
        found = require_some(list(selected(opened, selection)), opened)
        records = _not_pruned(found, named=bool(ids))
        with chain_beside(opened, simulated=simulated) as chain:
            chain.check_writable()
            names = _Names(out, many=len(records) * len(wanted) > 1, force=force)
            said = _written(opened, [x.record_id for x in records], wanted, names, model)
            clear_progress()
            events = [chain.append_event("export", one) for one in event_contents(said)]
    if as_json:
        files = [{"file": str(names.path(one["name"])), **one} for one in said]
        print_json({"files": files, "event_ids": events})
        return
    for told in said[:_TOLD]:
        click.echo(str(names.path(told["name"])))
    if len(said) > _TOLD:
        click.echo(f"... {len(said)} files in {out}")


def _not_pruned(found: "Sequence[Record]", *, named: bool) -> "Sequence[Record]":
    """Of a choice those whose contents are here; who names a record is told where they are.

    Raises:
        RecordPruned: the contents of all of them were removed.
    """
    there = found if named else [one for one in found if not one.pruned]
    if not there:
        found[0].require_whole()
    if left := len(found) - len(there):
        click.echo(f"{left} record(s) were exported and pruned before: left out.", err=True)
    return there


class _Names:
    """Where each file goes; a name that is taken is refused before anything is written."""

    def __init__(self, out: Path, *, many: bool, force: bool) -> None:
        self._out, self._force = out, force
        self._file = not many and bool(out.suffix) and not out.is_dir()
        folder = out.parent if self._file else out
        if self._file and not folder.is_dir():
            self._refuse(f"The folder of {out} does not exist.")
        if out.exists() and not out.is_dir() and many:
            self._refuse(f"{out} is a file, and there is more than one to write.")

    def path(self, name: str) -> Path:
        return self._out if self._file else self._out / name

    def write(self, file: "ExportedFile") -> None:
        from device.durable import make_folder, written_whole
        from device.plain_file import why_not

        path = self.path(file.name)
        if path.exists() and not self._force:
            self._refuse(f"{path} is there already.", "Name another --out, or add --force.")
        try:
            make_folder(path.absolute().parent)
            with written_whole(path) as stream:
                stream.write(file.data)
        except OSError as error:
            self._refuse(f"{path} cannot be written: {why_not(error)}.")

    def settle(self) -> None:
        """After the last file: their names are on the disk, too."""
        from device.durable import sync_folder
        from device.plain_file import why_not

        folder = (self._out.parent if self._file else self._out).absolute()
        try:
            sync_folder(folder)
        except OSError as error:
            self._refuse(f"{folder} cannot be written: {why_not(error)}.")

    def _refuse(self, text: str, remedy: str = "Name another --out.") -> NoReturn:
        from device.export.errors import ExportRefused

        raise ExportRefused(text, remedy=remedy)


def _formats(formats: tuple[str, ...], out: Path) -> tuple[str, ...]:
    if formats:
        return tuple(dict.fromkeys(formats))
    from device.export.formats import FORMATS as KNOWN

    return tuple(one.name for one in KNOWN.values() if one.suffix == out.suffix.lower()) or ("csv",)


def _written(
    store: "RecordStore",
    ids: Sequence[str],
    formats: Sequence[str],
    names: _Names,
    model: Path | None,
) -> list[dict[str, str]]:
    """What the events say of each file, all of them safe on disk."""
    from device.export.exhibit import exhibit_of
    from device.export.formats import FORMATS as KNOWN
    from device.export.formats import exported, said_of

    said: list[dict[str, str]] = []
    draws = any(KNOWN[one].draws_fit for one in formats)
    identifier = _identifier(model) if draws else None
    for number, record_id in enumerate(ids, start=1):
        print_progress(f"record {number} of {len(ids)}")
        exhibit = exhibit_of(store, record_id, identifier)
        for one in formats:
            file = exported(exhibit, one)
            names.write(file)
            told = said_of(exhibit, file, one)
            said.append({**told, "name": names.path(file.name).name})
    names.settle()
    return said


def _identifier(model: Path | None) -> "Identifier | None":
    """The curves are worth having, not worth failing for; a model that was named is."""
    from device.answer.identifier import Identifier
    from device.field_library.store import FieldLibrary
    from device.inference import model_source
    from device.inference.errors import BundleError, RuntimeMissing

    try:
        field = FieldLibrary.default().load()
        return Identifier(model_source.load_default(model), field_compounds=field)
    except (BundleError, RuntimeMissing):
        if model is not None:
            raise
        return None
