"""`ramix trust`: who may sign models on this machine, and how an administrator changes it.

Next: `../inference/trust_here.py`, which file decides.
"""

import os
from pathlib import Path

import click

from device.cli.options import json_option, log_level_option
from device.cli.output import print_json


@click.group("trust")
def trust() -> None:
    """Show or change who may sign models here.

    \b
    Examples:
      ramix trust show
      sudo ramix trust install trust.json
    """


@trust.command("show")
@json_option
@log_level_option
def show(as_json: bool) -> None:
    """Show which trust file decides, its number and its keys.

    \b
    Examples:
      ramix trust show
      ramix trust show --json
    """
    from device.inference.trust_here import trust_here

    here = trust_here()
    if as_json:
        print_json(here.as_object())
        return
    words = {
        "system": "the system's trust file",
        "user": "this user's trust file",
        "demo": "the demo root, for trying out",
    }
    policy = here.policy
    click.echo(f"{words[here.decides]}: {policy.source}")
    click.echo(f"  number {policy.sequence}, valid until {policy.not_after or 'it is replaced'}")
    click.echo(f"  {policy.threshold} of these keys must sign: {', '.join(sorted(policy.keys))}")
    click.echo(f"  production installation: {'yes' if here.is_production else 'no'}")
    if here.trusts_demo_key:
        click.echo(
            "Warning: the public demo key is trusted, which anybody can sign with.", err=True
        )


@trust.command("install")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--user",
    "for_user",
    is_flag=True,
    help="For this user alone; counts only on a machine whose system has no trust file.",
)
@click.option(
    "--reset",
    is_flag=True,
    help="Forget which trust files were accepted before, and take FILE even if it is older.",
)
@json_option
@log_level_option
def install(file: Path, for_user: bool, reset: bool, as_json: bool) -> None:
    """Make FILE the trust file of this machine, unless a newer one was accepted before.

    Written to /etc/ramix/trust.json, its number to /var/lib/ramix-trust: it needs root. A numbered
    trust file that was only copied to its place is refused until it is installed.

    \b
    Examples:
      sudo ramix trust install trust.json
      sudo ramix trust install --reset older-trust.json
      ramix trust install --user trust.json
    """
    from device.inference.trust_here import trust_here
    from device.inference.trust_install import install_trust

    done = install_trust(file, for_system=not for_user, reset=reset)
    if as_json:
        told = done.here.as_object() | {"source": str(done.path)}
        print_json({"installed": str(done.path), "before": done.before, **told})
        return
    policy = done.here.policy
    click.echo(
        f"{done.path}: number {policy.sequence}, {policy.threshold} of {len(policy.keys)} keys"
    )
    if reset:
        click.echo("Warning: what was accepted before is forgotten.", err=True)
    if done.here.trusts_demo_key:
        click.echo(
            "Warning: the public demo key is trusted, which anybody can sign with.", err=True
        )
    if for_user and trust_here().decides == "system":
        click.echo("Note: on this machine the system's trust file decides.", err=True)
    elif for_user and os.geteuid() == 0:
        click.echo("Note: this is root's own trust file, not the system's.", err=True)
