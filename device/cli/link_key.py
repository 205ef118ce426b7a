"""`ramix link-key`: a new key for an analyzer that is reached over a network.

Next: `../link_key_file.py`, how it is kept; PROTOCOL.md, section 12, what it protects.
"""

from pathlib import Path

import click

from device.cli.options import json_option, log_level_option
from device.cli.output import print_json


@click.command("link-key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@json_option
@log_level_option
def link_key(file: Path | None, as_json: bool) -> None:
    """Make a link key, for an analyzer behind a network.

    It is random, and only you can read it. Without FILE it becomes link.key among your settings,
    where `--port tcp://...` finds it. An analyzer beyond this machine is opened only with its key,
    which goes to it by cable or by hand, never over the network. A file that is there already is
    never replaced.

    \b
    Examples:
      ramix link-key
      ramix link-key analyzer7.key
      ramix simulate --tcp 0.0.0.0:7850 --key-file analyzer7.key
      ramix info --port tcp://10.0.0.7:7850 --key-file analyzer7.key
    """
    from device.link_key_file import usual_key_files, write_new_key

    path = file or usual_key_files()[0]
    write_new_key(path)
    if as_json:
        print_json({"key_file": str(path)})
    else:
        click.echo(f"A new link key is in {path}; copy it to the analyzer's side by hand.")
