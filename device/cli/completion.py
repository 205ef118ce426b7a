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
    """Print what makes a shell complete ramix's verbs, options and choices.

    \b
    Examples:
      ramix completion bash > ~/.local/share/bash-completion/completions/ramix
      ramix completion zsh > ~/.zfunc/_ramix
      ramix completion fish > ~/.config/fish/completions/ramix.fish
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
