"""`ramix records package`, `import` and `answer`: records sent to a colleague, and what they say.

Next: `../export/package.py`, what a package is; `../records/expert.py`, an answer.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from device.cli.options import json_option, log_level_option
from device.cli.output import print_json
from device.cli.records_options import open_store, printable, store_choice
from device.cli.records_words import notes_of, source_of

if TYPE_CHECKING:
    from device.export.package import Package

_MOST_CARDS = 5


@click.command("package")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE",
    help="The package to write, as case.rrp.",
)  # fmt: skip
@click.option("--question", default="", metavar="TEXT", help="What you want to know.")
@store_choice
@json_option
@log_level_option
def package_command(
    ids: tuple[str, ...],
    out: Path,
    question: str,
    store: Path | None,
    simulated: bool,
    as_json: bool,
) -> None:
    """Put whole records into one signed file for a colleague.

    They open it with `ramix records import`, check every hash and signature, try another model
    with `ramix records reidentify --package`, and send back what `ramix records answer` writes.

    \b
    Example:
      ramix records package 42 43 --out case.rrp --question "Is this toluene?"
    """
    from device.durable import written_whole
    from device.export.errors import PackageRefused
    from device.export.package import package_from, package_of
    from device.plain_file import why_not
    from device.records.device_key import device_signer
    from device.records.journal import chain_beside

    if out.exists():
        raise PackageRefused(f"{out} is there already.", remedy="Name a new file.")
    with open_store(store, simulated=simulated) as opened:
        entries = []
        for record_id in dict.fromkeys(ids):
            entry = opened.entry(opened.get(record_id))
            if entry is None:
                raise PackageRefused(
                    "A store of version 1 signed nothing that a colleague could check.",
                    remedy="Export its records: `ramix records export`.",
                )
            entries.append(entry)
        with chain_beside(opened, simulated=simulated) as chain:
            chain.check_writable()
            data = package_of(entries, device_signer(), question)
            package = package_from(data, out.name)  # as the colleague will
            try:
                with written_whole(out) as stream:
                    stream.write(data)
            except OSError as error:
                raise PackageRefused(
                    f"{out} cannot be written: {why_not(error)}.", remedy="Name another --out."
                ) from error
            event_id = chain.append_event("export", {**_content(package), "file": out.name})
    if as_json:
        print_json({"file": str(out), "event_id": event_id, **_content(package)})
        return
    click.echo(f"{len(entries)} record(s) are in {out}, {len(data)} bytes.")
    click.echo(f"SHA-256 {package.sha256}")
    click.echo(f"Tell your colleague by another way: device key {entries[0].head.public_key.hex()}")


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
) -> None:
    """Check and show a colleague's package, or take their answer into the chain.

    A package is kept in a folder of its own, never among this machine's records. An answer is
    kept beside the records that it is about; `ramix records show` tells it.

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
    else:
        _import_package(data, file, device, as_json=as_json)


@click.command("answer")
@click.argument("package_file", type=click.Path(dir_okay=False, path_type=Path), metavar="PACKAGE")
@click.option("--text", required=True, metavar="TEXT", help="What you found, in one line.")
@click.option("--name", required=True, metavar="NAME", help="Your name, as it is to be printed.")
@click.option(
    "--key", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE",
    help="Your own Ed25519 key, PEM without a password.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="The answer to write.  [default: answer-to-PACKAGE.json]",
)  # fmt: skip
@json_option
@log_level_option
def answer_command(
    package_file: Path, text: str, name: str, key: Path, out: Path | None, as_json: bool
) -> None:
    """Answer a colleague's package with a signed file that they import.

    A key is made with: openssl genpkey -algorithm ed25519 -out my.pem

    \b
    Example:
      ramix records answer case.rrp --text "Toluene, not benzene" --name "E. Xpert" --key my.pem
    """
    from device.durable import written_whole
    from device.export.errors import PackageRefused
    from device.plain_file import why_not
    from device.records.device_key import file_signer
    from device.records.expert import answer_bytes, signed_answer

    package = read_package(package_file)
    records = [(one.record_id, one.hash.hex()) for one in package.records]
    answer = signed_answer(package.sha256, records, text, name, file_signer(key))
    path = out or package_file.with_name(f"answer-to-{package_file.stem}.json")
    if path.exists():
        raise PackageRefused(f"{path} is there already.", remedy="Name another file with --out.")
    try:
        with written_whole(path) as stream:
            stream.write(answer_bytes(answer))
    except OSError as error:
        raise PackageRefused(
            f"{path} cannot be written: {why_not(error)}.", remedy="Name another file with --out."
        ) from error
    if as_json:
        print_json({"file": str(path), **answer})
        return
    click.echo(f"Send back {path}; they take it in with: ramix records import {path.name}")


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


def _import_package(data: bytes, file: Path, device: str | None, *, as_json: bool) -> None:
    from device.export.package import SUFFIX, package_from
    from device.records.head import key_from_hex
    from device.records.journal import usual_store
    from device.records.received import keep

    key = None if device is None else key_from_hex(device)
    package = package_from(data, file.name, key)
    with usual_store() as chain:
        chain.check_writable()
        path = keep(data, package.sha256, SUFFIX)
        event_id = chain.append_event("import", _content(package))
    if as_json:
        print_json({"kept": str(path), "event_id": event_id, **_content(package)})
        return
    _show_package(package, compared=key is not None)
    click.echo(f"Kept as {path}")
    click.echo(f"Another model: ramix records reidentify --package {path} --model FILE")
    click.echo(f'Answer: ramix records answer {path} --text "..." --name "..." --key my.pem')


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


def _content(package: "Package") -> Mapping[str, Any]:
    """What the chain keeps of a package."""
    return {
        "what": "package",
        "sha256": package.sha256,
        "packed_by": package.packed_by.hex(),
        "packed_utc": package.packed_utc,
        "devices": [key.hex() for key in package.devices],
        "question": package.question,
        "records": [
            {"record_id": one.record_id, "record_sha256": one.hash.hex()} for one in package.records
        ],
    }


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
