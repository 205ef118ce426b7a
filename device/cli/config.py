"""`ramix config`: what the settings files set, and a commented one to begin with.

Next: `settings_file.py`, which reads them.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from device import installation
from device.cli.lazy_group import commands_of
from device.cli.options import json_option, log_level_option
from device.cli.output import print_json
from device.cli.settings_file import (
    ALL,
    SHARED,
    SettingsFile,
    SettingsFileError,
    defaults_for,
    read_settings_files,
)
from device.plain_file import why_not


@click.command("config")
@click.option("--template", is_flag=True, help="Print a commented file in which nothing is set.")
@click.option("--write", is_flag=True, help="Write that file where the user's is read from.")
@json_option
@log_level_option
def config(template: bool, write: bool, as_json: bool) -> None:
    """Show the defaults that ramix.toml sets.

    Everything in it is checked. The system's file is read first, then the user's: `[all]` holds for
    every verb that has the option, `[run]` for `ramix run`. An option on the command line comes
    before both.

    \b
    Examples:
      ramix config
      ramix config --template
      ramix config --write
    """
    if template and write:
        raise click.UsageError("--template and --write contradict each other.")
    if template:
        click.echo(template_text(), nl=False)
        return
    if write:
        path = _write()
        click.echo(f"Written: {click.format_filename(path)}")
        return
    files = read_settings_files()
    for file in files:
        check(file)
    if as_json:
        told = [{"path": str(file.path), "sections": file.sections} for file in files]
        print_json(
            {"looked_at": [str(path) for path in installation.settings_paths()], "files": told}
        )
        return
    _show(files)


def check(file: SettingsFile) -> None:
    """Every section of a file, against every verb.

    Raises:
        SettingsFileError: a section or key that no verb has, or a value that it does not take.
    """
    verbs = dict(_verbs())
    for name in file.sections:
        if name != ALL and name not in verbs:
            raise file.wrong(f"[{name}] is no verb of `ramix`")
    for name, command in verbs.items():
        top = name.partition(" ")[0]
        context = click.Context(command, info_name=name)
        for value_of, value in defaults_for(name, command, ()).items():
            option = next(one for one in command.params if one.name == value_of)
            try:
                option.type_cast_value(context, value)
            except click.BadParameter as error:
                raise file.wrong(f"[{top}] {error.format_message()}") from error


def template_text() -> str:
    """A file whose every line is a comment."""
    lines = [
        "# Defaults for the options of `ramix`; an option on the command line comes first.",
        "# Take the # away in front of what is to hold. `ramix config` checks this file.",
        "",
        f"# [{ALL}]",
    ]
    for key, example, meaning in SHARED:
        lines += [f"# {key} = {example}  # {meaning}"]
    lines += [
        "",
        "# Any option of one verb by its long name (`ramix run --help`):",
        "# [run]",
        "# countdown = 5.0",
        "",
        '# ["library add"]',
        '# hazard = "H225 highly flammable"',
    ]
    return "\n".join(lines) + "\n"


def _show(files: tuple[SettingsFile, ...]) -> None:
    for path in installation.settings_paths():
        file = next((one for one in files if one.path == path), None)
        click.echo(f"{click.format_filename(path)}{'' if file else '  (not there)'}")
        for name, section in file.sections.items() if file else ():
            for key, value in section.items():
                click.echo(f"  {name}: {key} = {value!r}")
    if not files:
        click.echo("Every option has its usual default. `ramix config --write` makes a file.")


def _write() -> Path:
    from device.durable import OWN_FOLDER, make_folder, sync_folder, written_whole

    path = installation.settings_paths()[-1]
    if path.exists() or path.is_symlink():
        raise SettingsFileError(f"{path} is there already.", remedy="Edit it, or move it away.")
    try:
        make_folder(path.parent, OWN_FOLDER)
        with written_whole(path) as stream:
            stream.write(template_text().encode())
        sync_folder(path.parent)
    except OSError as error:
        raise SettingsFileError(f"{path} cannot be written: {why_not(error)}.") from error
    return path


def _verbs() -> Iterator[tuple[str, click.Command]]:
    """Every verb with options of its own, by its whole name after `ramix`."""
    from device.cli.main import cli

    for path, command in commands_of(cli, "ramix"):
        if not isinstance(command, click.Group):
            yield path.removeprefix("ramix "), command
