"""`ramix records package` and `answer`: records sent to a colleague, and what they say.

Next: `records_import.py`, both taken in; `../export/package.py`, what a package is;
`../records/expert.py`, an answer.
"""

from pathlib import Path

import click

from device.cli.options import json_option, log_level_option
from device.cli.output import print_json
from device.cli.records_import import read_package
from device.cli.records_options import open_store, store_choice


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
    from device.export.package_said import package_content
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
            event_id = chain.append_event("export", {**package_content(package), "file": out.name})
    if as_json:
        print_json({"file": str(out), "event_id": event_id, **package_content(package)})
        return
    click.echo(f"{len(entries)} record(s) are in {out}, {len(data)} bytes.")
    click.echo(f"SHA-256 {package.sha256}")
    click.echo(f"Tell your colleague by another way: device key {entries[0].head.public_key.hex()}")


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
