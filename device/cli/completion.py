"""`ramix completion`: the script that lets a shell complete verbs and options.

Next: `lazy_group.py`, which names the verbs without importing them.
"""

import click

from device.cli.options import log_level_option

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@log_level_option
def completion(shell: str) -> None:
    """Print the script for a shell's completion.

    It goes where the shell looks for it: bash
    ~/.local/share/bash-completion/completions/ramix, zsh ~/.zfunc/_ramix, fish
    ~/.config/fish/completions/ramix.fish.

    \b
    Examples:
      ramix completion bash
      ramix completion zsh
      ramix completion fish
    """
    click.echo(completion_script(shell))


def completion_script(shell: str) -> str:
    """The script of one of `SHELLS`."""
    from click.shell_completion import get_completion_class

    from device.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"No completion for {shell}.")
    return kind(cli, {}, "ramix", "_RAMIX_COMPLETE").source()
