"""`ramix-train`: from references to a signed model and its figures.

Read next: `stages.py`, the verbs that make a model.
"""

import os
import sys
from pathlib import Path

import click

from device.cli.lazy_group import HELP_NAMES, LazyGroup, Verb
from device.cli.options import version_option
from device.cli.output import error_object, print_json
from firmware_bridge.errors import RamixError

_STAGES = "train.cli.stages"
VERBS = {
    "references": Verb(_STAGES, "references", "Check a library and show its references."),
    "build": Verb(_STAGES, "build", "Fit, quantize, export: one command for one model."),
    "fit": Verb("train.cli.fit", "fit", "Train the float network of a recipe."),
    "quantize": Verb("train.cli.quantize", "quantize", "Make the int8 file, and say its price."),
    "export": Verb(_STAGES, "export", "Measure the int8 file and write the signed bundle."),
    "evaluate": Verb(_STAGES, "evaluate", "Measure a bundle's int8 network alone."),
    "validate": Verb("train.cli.validate", "validate", "Judge a bundle by mixtures of your own."),
    "response": Verb("train.cli.response", "response", "Response factors from mixtures."),
    "search": Verb("train.cli.search", "search", "Try networks of other sizes."),
    "evidence": Verb("evidence.command", "evidence", "What any bundle says: tables, pictures."),
    "figures": Verb(
        "notebook.command", "figures", "Every table and picture of the shipped models."
    ),
    "reissue": Verb("train.cli.reissue", "reissue", "The same network in a new bundle."),
    "decide": Verb("train.cli.reissue", "decide", "Fit the numbers of a bundle's decision."),
    "card": Verb("train.cli.card", "card", "Write a model's card again, with its figures."),
}
# Not installed: these verbs need a checkout, and stand beside `train` there.
_OF_THE_CHECKOUT = ("evidence", "notebook")


class TrainGroup(LazyGroup):
    """Finds what is not installed in the checkout that this file stands in."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        checkout = str(Path(__file__).resolve().parents[2])
        if checkout not in sys.path:
            sys.path.append(checkout)
        try:
            return super().get_command(ctx, cmd_name)
        except ModuleNotFoundError as error:
            if error.name not in _OF_THE_CHECKOUT:
                raise
            raise click.UsageError(
                f"'{cmd_name}' needs a checkout of ramix-edge: {error.name}/ is not installed."
            ) from error


@click.group(cls=TrainGroup, verbs=VERBS, context_settings={"help_option_names": HELP_NAMES})
@version_option("ramix-train")
def cli() -> None:
    """Train RaMixNet models from reference spectra.

    \b
    Examples:
      ramix-train build solvents13-2              # everything: fit, quantize, export
      ramix-train build my-liquids.toml           # the same for a folder of your own spectra
      ramix-train evaluate models/solvents13-2.ramix --development
    """
    # TensorFlow's start-up messages tell a chemist nothing
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main() -> None:
    """Entry point: errors raised on purpose become one sentence, or object, and exit code 1."""
    try:
        cli()
    except RamixError as error:
        if "--json" in sys.argv[1:]:
            print_json(error_object(error.code, error.text, error.remedy))
        else:
            click.echo(f"Error: {error.text.rstrip()}", err=True)
            if error.remedy:
                click.echo(f"  -> {error.remedy.strip()}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
