"""`ramix doctor`: what is missing here, or in an analyzer, and how to mend it.

Next: `../doctor/examination.py`, the checks.
"""

from contextlib import closing
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING

import click

from device.cli.exit_codes import EXIT_ERROR
from device.cli.options import common_options, port_option
from device.cli.output import clear_progress, print_json, print_progress

if TYPE_CHECKING:
    from device.doctor.finding import Finding
    from device.show.style import CardStyle

_COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}
_LEVEL_WIDTH, _CHECK_WIDTH = 8, 15


@click.command("doctor")
@port_option(required=False)
@click.option("--set-clock", is_flag=True, help="Set the analyzer's clock to this computer's.")
@click.option(
    "--acknowledge",
    is_flag=True,
    help="Tell the analyzer that the listed events were seen; a laser fault is released by it.",
)
@common_options
def doctor(
    port: str | None, set_clock: bool, acknowledge: bool, as_json: bool, timeout_s: float
) -> int:
    """Find what is missing, and say how to mend it.

    Looks at permissions, drivers, interpreter, model, records, disk and clock of this computer,
    and with --port at the analyzer too. Nothing is measured, no light is made, and nothing is
    changed without --set-clock or --acknowledge. The exit code is 0 without a fault, else 1.

    \b
    Examples:
      ramix doctor
      ramix doctor --port usb: --json
      ramix doctor --port usb: --set-clock --acknowledge
    """
    if port is None and (set_clock or acknowledge):
        raise click.UsageError("--set-clock and --acknowledge need --port.")
    from device.cli.outcome import terminal_style
    from device.doctor.examination import examine_analyzer, examine_machine
    from device.doctor.finding import Level
    from device.driver.port import parse_port
    from device.ports import open_analyzer

    if port is not None:
        parse_port(port)  # a typing error is told before anything is looked at
    findings: list[Finding] = []
    style = terminal_style()
    print_progress("looking at this computer")
    with (
        closing(examine_machine()) as machine,
        closing(
            examine_analyzer(
                lambda: open_analyzer(port or "", timeout_s),
                set_clock=set_clock,
                acknowledge=acknowledge,
            )
        ) as instrument,
    ):
        for finding in chain(machine, instrument if port is not None else ()):
            findings.append(finding)
            clear_progress()
            if not as_json:
                _show(finding, style)
    count = {level: sum(one.level is level for one in findings) for level in Level}
    healthy = not count[Level.FAULT]
    if as_json:
        print_json({"healthy": healthy, "checks": [asdict(finding) for finding in findings]})
    else:
        click.echo(f"Faults: {count[Level.FAULT]}, warnings: {count[Level.WARNING]}.")
    return 0 if healthy else EXIT_ERROR


def _show(finding: "Finding", style: "CardStyle") -> None:
    """The sentence beside the check's name, and what mends it below, as wide as the terminal."""
    first = f"{finding.level:<{_LEVEL_WIDTH}}{finding.check:<{_CHECK_WIDTH}} "
    head, *below = style.wrap(finding.text, first, " " * len(first))
    if finding.remedy:  # further left, so that a command in it stays on one line
        indent = " " * _LEVEL_WIDTH
        below += style.wrap(f"-> {finding.remedy}", indent, f"{indent}   ")
    level = click.style(head[:_LEVEL_WIDTH], fg=_COLOURS[finding.level])
    for line in (level + head[_LEVEL_WIDTH:], *below):
        click.echo(line)
