"""`ramix install-system`: the udev rule and the systemd unit of this machine.

Next: `../system_files/install.py`, which writes them.
"""

import sys
from pathlib import Path, PurePosixPath

import click

from device.cli.options import json_option, log_level_option
from device.cli.output import print_json


@click.command("install-system")
@click.option("--preview", is_flag=True, help="Print what would be written, and write nothing.")
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write below DIR, the root of another system, for a package or an image. [default: /]",
)
@click.option(
    "--program",
    metavar="PATH",
    help="The `ramix` that the service starts. [default: this one; with --root /usr/bin/ramix]",
)
@click.option("--rule-only", is_flag=True, help="Write the udev rule alone, no service.")
@json_option
@log_level_option
def install_system(
    preview: bool, root: Path | None, program: str | None, rule_only: bool, as_json: bool
) -> None:
    """Write the udev rule and the systemd unit.

    The rule lets users open the analyzer without root and keeps ModemManager away from it. The
    unit runs `ramix run` as a service under a user of its own that sees no home folders. What is
    there already is replaced; changes of your own belong into `systemctl edit ramix`. Nothing is
    started: the commands that do so are told.

    \b
    Examples:
      ramix install-system --preview
      ramix install-system
      ramix install-system --rule-only
      ramix install-system --root build/image --program /opt/ramix/bin/ramix
    """
    if rule_only and program is not None:
        raise click.UsageError("--rule-only and --program contradict each other.")
    from device.system_files.install import (
        NEXT_STEPS,
        THIS_SYSTEM,
        require_may_write,
        system_files,
        write,
    )
    from device.system_files.service_unit import PACKAGED_PROGRAM

    here = PACKAGED_PROGRAM if root is not None else PurePosixPath(sys.prefix) / "bin" / "ramix"
    started = PurePosixPath(program) if program is not None else here
    files = system_files(None if rule_only else started)
    target = root or THIS_SYSTEM
    if preview:
        if as_json:
            told = [{"path": str(target / file.path), "text": file.text} for file in files]
            print_json({"files": told})
            return
        for file in files:
            click.secho(f"# ---- {target / file.path} ----", bold=True)
            click.echo(file.text)
        return
    require_may_write(target)
    outcomes = [(target / file.path, write(file, target)) for file in files]
    steps = NEXT_STEPS[: len(files)] if root is None else ()
    if as_json:
        told = [{"path": str(path), "outcome": str(outcome)} for path, outcome in outcomes]
        print_json({"files": told, "next_steps": list(steps)})
        return
    for path, outcome in outcomes:
        click.echo(f"{outcome:<10} {click.format_filename(path)}")
    if steps:
        click.echo("They take effect with:")
    for step in steps:
        click.echo(f"  {step}")
