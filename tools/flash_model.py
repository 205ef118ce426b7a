#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/../.venv/bin/python" "$0" "$@"'
"""`ramix-flash`: put a signed model bundle on an analyzer, look at its slots, go back.

Here are the arguments; the steps and their rules are in `flashing.py`, which is next, the sentences
in `flash_words.py` and the bars in `flash_progress.py`.
"""

import contextlib
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from device.cli.lazy_group import completed
from device.cli.main import run_command
from device.cli.model import warn_of_demo_key
from device.cli.options import common_options, port_option, runtime_option, version_option
from device.cli.output import print_json
from device.cli.sigterm import stop_as_by_ctrl_c


class FlashByDefault(click.Group):
    """A group in which `ramix-flash BUNDLE` means `ramix-flash flash BUNDLE`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["flash", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = bool(args) and args[0] in (*ctx.help_option_names, "--version")
        if args and args[0].startswith("-") and not own:
            args = ["flash", *args]  # options first: `ramix-flash --port P BUNDLE`
        return super().parse_args(ctx, args)


@click.group(
    cls=FlashByDefault,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, or nothing to do; 2 usage, 3 no analyzer, 4 permission, 5 timeout, "
    "6 protocol, 7 bundle refused, 8 verification failed and rolled back.",
)
@version_option("ramix-flash")
def cli() -> None:
    """Put a model bundle on an analyzer.

    \b
    Examples:
      ramix-flash models/solvents13-2.ramix --port usb:
      ramix-flash models/solvents13-2.ramix --port tcp://127.0.0.1:7850 --dry-run
      ramix-flash status --port usb:
      ramix-flash rollback --port usb:

    Interrupted? Run the same command again: it goes on where it stopped.
    """


@cli.command("flash")
@click.argument("bundle", type=click.Path(path_type=Path))
@port_option()
@click.option("--dry-run", is_flag=True, help="Check everything, say what would be done, stop.")
@click.option(
    "--allow-older",
    is_flag=True,
    help="Do not refuse an older security counter here; the analyzer still does if it has "
    "confirmed a higher one.",
)
@runtime_option
@common_options
def flash(
    bundle: Path,
    port: str,
    dry_run: bool,
    allow_older: bool,
    runtime: str,
    as_json: bool,
    timeout_s: float,
) -> None:
    """Check a bundle, send it, try it and keep it; if it fails its trial, the model before answers.

    \b
    Examples:
      ramix-flash models/solvents13-2.ramix --port usb:
      ramix-flash models/solvents13-2.ramix --port /dev/ttyACM0 --dry-run
    """
    from device.answer.proof import prove
    from device.cli.measuring import kept_as_event
    from device.inference.bundle import read_bundle, read_bundle_bytes
    from device.inference.interpreter import Interpreter
    from device.inference.model_source import slot_name
    from device.inference.trust import default_trust_policy
    from device.ports import open_analyzer
    from tools import flash_progress, flash_words, flashing

    say = _talker(as_json)
    trust = default_trust_policy()
    data = read_bundle_bytes(bundle)
    new = read_bundle(data, trust)
    say(flash_words.described(new, len(data)))
    warn_of_demo_key(new)
    Interpreter.for_bundle(new, runtime)  # what cannot run here is not sent
    with (
        kept_as_event("model", port, dry_run=dry_run) as event,
        open_analyzer(port, timeout_s) as analyzer,
    ):
        info = analyzer.info
        say(f"analyzer {info.serial}: {info.product}, hardware {info.hardware_revision}")
        slots = flashing.slots_of(analyzer)
        for slot in slots:
            say(f"  {flash_words.slot_line(slot)}")
        flashing.preflight(analyzer, new, slots, allow_older=allow_older)
        what = flashing.plan(
            slots,
            analyzer.capabilities,
            len(data),
            hashlib.sha256(data).digest(),
            new.manifest.security_counter,
        )
        say(flash_words.intention(what, len(data)))
        if dry_run:
            prove(new, runtime)
            say("dry run: signature, product, version and golden answers are right; nothing sent")
        else:
            event |= flash_words.event(what, info.serial, new)
            steps = flashing.carry_out(analyzer, what, data, new, trust, runtime)
            # Closed while the link still is: Ctrl-C during the trial goes back to the old model.
            with contextlib.closing(steps), flash_progress.shown(say) as show:
                for progress in steps:
                    show(progress)
            say(f"slot {slot_name(what.slot)} answers: {new.manifest.name} {new.manifest.version}")
    if as_json:
        print_json(
            {
                "action": what.action.name.lower(),
                "dry_run": dry_run,
                "slot": slot_name(what.slot),
                "resumed_from": what.resume_from if what.action is flashing.Action.UPLOAD else 0,
                "model": {
                    "name": new.manifest.name,
                    "version": new.manifest.version,
                    "sha256": new.sha256,
                    "security_counter": new.manifest.security_counter,
                },
            }
        )


@cli.command("status")
@port_option()
@common_options
def status(port: str, as_json: bool, timeout_s: float) -> None:
    """Show what each slot of the analyzer holds.

    \b
    Examples:
      ramix-flash status --port usb:
      ramix-flash status --port tcp://127.0.0.1:7850 --json
    """
    from device.ports import open_analyzer
    from tools import flash_words, flashing

    with open_analyzer(port, timeout_s) as analyzer:
        serial = analyzer.info.serial
        slots = flashing.slots_of(analyzer)
    if as_json:
        print_json({"serial": serial, "slots": [flash_words.slot_json(slot) for slot in slots]})
        return
    click.echo(f"analyzer {serial}")
    for slot in slots:
        click.echo(f"  {flash_words.slot_line(slot)}")


@cli.command("rollback")
@port_option()
@common_options
def rollback(port: str, as_json: bool, timeout_s: float) -> None:
    """Go back to the model before: end a trial, else activate the other confirmed slot.

    \b
    Example:
      ramix-flash rollback --port usb:
    """
    from device.cli.measuring import kept_as_event
    from device.inference.model_source import slot_name
    from device.ports import open_analyzer
    from tools import flash_words, flashing

    with kept_as_event("model", port) as event, open_analyzer(port, timeout_s) as analyzer:
        slot = flashing.rollback(analyzer)
        now = analyzer.slot_info(slot)
        event |= {"action": "rollback", "serial": analyzer.info.serial,
                  "slot": flash_words.slot_json(now)}  # fmt: skip
    if as_json:
        print_json({"active": flash_words.slot_json(now)})
    else:
        click.echo(f"slot {slot_name(slot)} is active again: {flash_words.slot_line(now)}")


completed(cli)


def _talker(as_json: bool) -> Callable[[str], None]:
    """With --json stdout belongs to the one object: people's lines go to stderr."""

    def say(text: str) -> None:
        click.echo(text, err=as_json)

    return say


def main() -> NoReturn:
    """Entry point of the console script and of this file run as one."""
    stop_as_by_ctrl_c()
    sys.exit(run_command(sys.argv[1:], cli, "ramix-flash"))


if __name__ == "__main__":
    main()
