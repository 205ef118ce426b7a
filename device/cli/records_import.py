"""`ramix records import`: a colleague's package checked, shown and kept; their answer taken in.

Next: `records_package.py`, where both are made; `../export/package.py`, what is checked.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.cli.exit_codes import EXIT_ERROR
from device.cli.options import json_option, log_level_option
from device.cli.output import print_json
from device.cli.records_options import open_store, printable, store_choice
from device.cli.records_words import notes_of, source_of

if TYPE_CHECKING:
    from device.export.package import Package

_MOST_CARDS = 5


@click.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option(
    "--device", metavar="KEY",
    help="Whose records a package must hold: the device's public key in hex.",
)  # fmt: skip
@store_choice
@json_option
@log_level_option
def import_command(
    file: Path, device: str | None, store: Path | None, simulated: bool, as_json: bool
) -> int:
    """Check and show a colleague's package, or take their answer into the chain.

    A package is kept in a folder of its own, never among this machine's records. An answer is
    kept beside the records that it is about; `ramix records show` tells it. Exit code 1 also where
    a record contradicts the store here, or a package that came before: it is kept all the same.

    \b
    Examples:
      ramix records import case.rrp
      ramix records import answer-to-case.json
    """
    from device.export.stored_zip import MOST_BYTES
    from device.records.received import read_file

    data = read_file(file, MOST_BYTES)
    if data.lstrip()[:1] == b"{":
        _import_answer(data, store, simulated, as_json=as_json)
        return 0
    return _import_package(data, file, device, as_json=as_json)


def read_package(path: Path, device: str | None = None) -> "Package":
    """A package from a file, checked.

    Raises:
        PackageRefused, RecordStoreError: it is none, was changed, or cannot be read.
    """
    from device.export.package import package_from
    from device.export.stored_zip import MOST_BYTES
    from device.records.head import key_from_hex
    from device.records.received import read_file

    key = None if device is None else key_from_hex(device)
    return package_from(read_file(path, MOST_BYTES), path.name, key)


def _import_package(data: bytes, file: Path, device: str | None, *, as_json: bool) -> int:
    from device.export.contradictions import with_what_is_here
    from device.export.package import SUFFIX, package_from
    from device.export.package_said import package_content
    from device.records.head import key_from_hex
    from device.records.journal import usual_store
    from device.records.received import keep

    key = None if device is None else key_from_hex(device)
    package = package_from(data, file.name, key)
    with usual_store() as chain:
        chain.check_writable()
        against = with_what_is_here(package.entries, chain)
        path = keep(data, package.sha256, SUFFIX)
        told = {**package_content(package), "contradictions": list(against)}
        event_id = chain.append_event("import", told)
    if as_json:
        print_json({"kept": str(path), "event_id": event_id, **told})
        return EXIT_ERROR if against else 0
    _show_package(package, compared=key is not None)
    click.echo(f"Kept as {path}")
    click.echo(f"Another model: ramix records reidentify --package {path} --model FILE")
    click.echo(f'Answer: ramix records answer {path} --text "..." --name "..." --key my.pem')
    for one in against:
        click.echo(f"! {one}: one of both is of a history that was rewritten", err=True)
    return EXIT_ERROR if against else 0


def _import_answer(data: bytes, store: Path | None, simulated: bool, *, as_json: bool) -> None:
    from device.records.errors import RecordStoreError
    from device.records.expert import MAX_ANSWER_BYTES, AnswerRefused, answer_from

    if len(data) > MAX_ANSWER_BYTES:
        raise AnswerRefused(f"An answer is smaller than {MAX_ANSWER_BYTES} bytes.")
    answer = answer_from(data)
    with open_store(store, simulated=simulated, read_only=False) as opened:
        opened.require_there()
        for one in answer["records"]:
            try:
                found = opened.get(one["record_id"])
            except RecordStoreError as error:
                raise AnswerRefused(
                    f"The answer is about {one['record_id']}, which is not in {opened.path}.",
                    remedy="Name the store with --store, or add --simulated.",
                ) from error
            if found.hash.hex() != one["record_sha256"]:
                raise AnswerRefused(
                    f"The answer is about another record than {found.record_id} of this store."
                )
        if any(one["signature"] == answer["signature"] for one in opened.answers_of(found)):
            raise AnswerRefused("This answer was taken in before.", remedy="Nothing is to be done.")
        event_id = opened.append_event("answer_of_expert", answer)
    if as_json:
        print_json({"event_id": event_id, **answer})
        return
    names = ", ".join(one["record_id"] for one in answer["records"])
    click.echo(printable(f"{answer['name']}, key {answer['key_id']}, answers about {names}:"))
    click.echo(printable(f"  {answer['text']}"))
    click.echo(f"This is entry {event_id}; whose key that is, is yours to know.")


def _show_package(package: "Package", *, compared: bool) -> None:
    from device.cli.outcome import terminal_style
    from device.inference.trust import key_id_of
    from device.show.card import card

    records = package.records
    for record in records[:_MOST_CARDS]:
        click.echo(
            card(
                printable(record.result), source=printable(source_of(record)),
                hazards=printable(record.hazards), notes=notes_of(record, ()),
                style=terminal_style(),
            ),
            color=True,
        )  # fmt: skip
        click.echo()
    if len(records) > _MOST_CARDS:
        click.echo(f"... and {len(records) - _MOST_CARDS} more record(s)")
    if package.question:
        click.echo(printable(f"Asked: {package.question}"))
    click.echo(f"Every hash and signature of {len(records)} record(s) fits.")
    for key in package.devices:
        told = "as you named it" if compared else "ask its owner whether it is that"
        click.echo(f"Measured by the device with the key {key_id_of(key)}: {told}.")
    if package.devices != (package.packed_by,):
        click.echo(f"Packed by another one, with the key {key_id_of(package.packed_by)}.")
