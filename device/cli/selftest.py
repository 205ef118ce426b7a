"""`ramix selftest`: is this analyzer fit to measure today, and how did it do before?

Next: `../selftest/round.py`, the checks; `../show/selftest.py`, how they are shown.
"""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from device.cli.asking import ask_to_place
from device.cli.exit_codes import EXIT_ERROR
from device.cli.options import (
    check_store_options,
    common_options,
    port_option,
    runtime_option,
    store_options,
)
from device.cli.output import clear_progress, print_json, print_progress

if TYPE_CHECKING:
    from device.answer.identifier import Identifier
    from device.driver.analyzer import Analyzer
    from device.selftest.check import Check
    from device.selftest.report import SelfTestReport
    from firmware_bridge.errors import RamixError

_COLOURS: Final = {"ok": "green", "warning": "yellow", "failed": "red", "not_checked": "cyan"}
_LAST: Final = 20


@click.command("selftest")
@port_option(required=False)
@click.option("--polystyrene", is_flag=True, help="The standard is polystyrene; the laser shines.")
@click.option("--neon", is_flag=True, help="The standard is a neon lamp; the laser stays off.")
@click.option("--argon", is_flag=True, help="The standard is an argon lamp; the laser stays off.")
@click.option("--yes", is_flag=True, help="Do not ask: what is needed lies before the probe.")
@click.option("--trend", "is_trend", is_flag=True, help="Show the kept self-tests, test nothing.")
@click.option(
    "--last",
    type=click.IntRange(1, 1000),
    metavar="N",
    help=f"With --trend: the last N. [default: {_LAST}]",
)
@click.option("--serial", metavar="SERIAL", help="With --trend: of this analyzer.")
@click.option(
    "--plot",
    "picture",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --trend: draw it (.png, .svg or .pdf).",
)
@runtime_option
@store_options
@common_options
def selftest(
    port: str | None,
    polystyrene: bool,
    neon: bool,
    argon: bool,
    yes: bool,
    is_trend: bool,
    last: int | None,
    serial: str | None,
    picture: Path | None,
    runtime: str,
    store: Path | None,
    no_store: bool,
    as_json: bool,
    timeout_s: float,
) -> int:
    """Test whether an analyzer is fit to measure.

    Dark level, hot pixels and noise against the camera's own figures, the laser's power and that
    it is dark when off, temperatures, the model's golden answers; with a standard before the probe
    also the positions and widths of lines. Without a standard no light is made, and what needs one
    is told as not checked.

    The result is kept in the chain of records. Identification warns when it is older than a day,
    and refuses to make light when a check failed. The exit code is 0 when nothing failed, else 1.

    \b
    Examples:
      ramix selftest --port usb: --polystyrene
      ramix selftest --port usb: --neon --json
      ramix selftest --trend --last 50 --plot trend.png
      ramix selftest --port sim:scene=polystyrene --polystyrene --yes
    """
    standards = [
        name
        for name, wanted in (("polystyrene", polystyrene), ("neon", neon), ("argon", argon))
        if wanted
    ]
    if len(standards) > 1:
        raise click.UsageError(f"--{' and --'.join(standards)} exclude each other: place one.")
    check_store_options(store, no_store=no_store)
    if is_trend:
        if port is not None or standards or no_store:
            raise click.UsageError("--trend looks at kept self-tests and measures nothing.")
        from device.cli.selftest_trend import show_trend

        show_trend(store, last or _LAST, serial, picture, as_json=as_json)
        return 0
    if last is not None or serial is not None or picture is not None:
        raise click.UsageError("--last, --serial and --plot go with --trend.")
    if port is None:
        raise click.UsageError("Give --port, or --trend.")
    report, record_id = _tested(
        port, "".join(standards), yes, runtime, store, no_store, timeout_s, as_json=as_json
    )
    clear_progress()
    if as_json:
        print_json({**report.as_json(), "record_id": record_id})
    else:
        _show(report, record_id)
    return 0 if report.passed else EXIT_ERROR


def _tested(
    port: str,
    placed: str,
    yes: bool,
    runtime: str,
    store: Path | None,
    no_store: bool,
    timeout_s: float,
    *,
    as_json: bool,
) -> "tuple[SelfTestReport, str | None]":
    from device.cli.measuring import record_store
    from device.driver.port import parse_port
    from device.ports import open_analyzer
    from device.selftest.report import KIND
    from device.selftest.round import run_self_test
    from device.selftest.standing import last_report

    parse_port(port)  # a typing error is told before anything is opened
    records = record_store(store, no_store=no_store, port=port)
    with ExitStack() as opened:
        if records is not None:
            opened.enter_context(records)
        print_progress(f"opening {port}")
        analyzer = opened.enter_context(open_analyzer(port, timeout_s))
        last = None if records is None else last_report(records, analyzer.info.serial)
        report = run_self_test(
            analyzer,
            _model_of(analyzer, runtime),
            print_progress,
            placed=placed,
            ask=partial(ask_to_place, yes=yes),
            before=None if last is None else last.report,
        )
        record_id = None if records is None else records.append_event(KIND, report.as_json())
    return report, record_id


def _model_of(analyzer: "Analyzer", runtime: str) -> "Identifier | RamixError | None":
    """The model that would answer; a trial is neither confirmed nor ended by looking at it."""
    from device.answer.identifier import Identifier
    from device.inference.errors import BundleError, RuntimeMissing
    from device.inference.model_source import load_from_analyzer

    print_progress("reading the model from the analyzer")
    try:
        return Identifier(load_from_analyzer(analyzer), runtime)
    except (BundleError, RuntimeMissing) as error:
        return error


def _show(report: "SelfTestReport", record_id: str | None) -> None:
    from device.cli.outcome import terminal_style
    from device.selftest.check import Outcome
    from device.show.selftest import OUTCOME_WIDTH, bounds_line, check_lines, summary

    style, indent = terminal_style(), " " * OUTCOME_WIDTH
    standard = report.standard or "no standard"
    click.echo(f"Analyzer {report.serial}, firmware {report.firmware}, {standard}")
    for check in report.checks:
        outcome = f"{str(check.outcome).replace('_', ' '):<{OUTCOME_WIDTH}}"
        first, *below = check_lines(check, style)
        if check.bounds is not None and check.outcome in ("warning", "failed"):
            below += style.wrap(f"-- {bounds_line(check.bounds)}", indent, f"{indent}   ")
        if check.remedy and check.outcome in ("warning", "failed"):
            below += style.wrap(f"-> {check.remedy}", indent, f"{indent}   ")
        click.echo(f"{click.style(outcome, fg=_COLOURS[check.outcome])}{first}")
        for line in below:
            click.echo(line)
    for remedy in _how_to_check(report.checks):
        for line in style.wrap(f"Not checked: {remedy}", "", "  "):
            click.echo(line)
    for name in report.still_failing:
        failed = click.style(f"{Outcome.FAILED:<{OUTCOME_WIDTH}}", fg="red")
        click.echo(f"{failed}{name:<20} {'':>22}  It failed before and was not made again.")
    click.echo(summary(report))
    kept = "It is not kept." if record_id is None else f"It is kept as record {record_id}."
    click.echo(kept)


def _how_to_check(checks: "tuple[Check, ...]") -> list[str]:
    """How what was not checked is checked, each way once."""
    ways: dict[str, list[str]] = {}
    for check in checks:
        if check.outcome == "not_checked":
            ways.setdefault(check.remedy, []).append(check.name)
    return [f"{', '.join(names)}. {way}" for way, names in ways.items()]
