"""`ramix conformance`: the rules of the protocol, tried on an analyzer, for those who write one.

Next: `../conformance/catalogue.py`, the checks.
"""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.cli.exit_codes import EXIT_PROTOCOL
from device.cli.options import common_options, port_option
from device.cli.output import clear_progress, print_json, print_progress

if TYPE_CHECKING:
    from device.conformance.bench import Bench
    from device.conformance.check import Check
    from device.driver.transports.base import Transport
    from device.simulated.tested import AnalyzerUnderTest


@click.command("conformance")
@port_option()
@click.option(
    "--hazardous",
    is_flag=True,
    help="Arm the laser and make light, at 1 mW; and all that --slots allows.",
)
@click.option(
    "--slots",
    is_flag=True,
    help="Write to the flash: the calibration page again as it is, and an image into an empty "
    "model slot, which is empty again in the end.",
)
@click.option(
    "--hands",
    "jig",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PIPE",
    help="Where a test jig takes the lines open, close and restart: the cover and the power. With "
    "--hazardous.",
)
@click.option(
    "--soak",
    type=click.IntRange(min=1, max=10_000_000),
    default=500,
    show_default=True,
    metavar="N",
    help="How many exchanges the last check makes.",
)
@click.option(
    "--only", metavar="NAME", multiple=True, help="Run this check alone. May be repeated."
)
@common_options
def conformance(
    port: str,
    hazardous: bool,
    slots: bool,
    jig: Path | None,
    soak: int,
    only: tuple[str, ...],
    as_json: bool,
    timeout_s: float,
) -> int:
    """Try the rules of the protocol on an analyzer.

    For those who write firmware: each check names the section of PROTOCOL.md that it tries. In the
    end settings are what they were, the clock is this computer's, and no event was cleared. The
    exit code is 0 when nothing failed, else 6.

    \b
    Examples:
      ramix conformance --port /dev/ttyACM0
      ramix conformance --port tcp://127.0.0.1:7850 --hazardous --json
      ramix conformance --port tcp://127.0.0.1:7850 --hazardous --hands jig.pipe
      ramix conformance --port sim: --only busy-while-pending
    """
    from device.conformance.check import Needs
    from device.conformance.report import Report, line
    from device.conformance.runner import knock, run_checks
    from device.printable import printable

    if jig is not None and not hazardous:
        raise click.UsageError("--hands needs --hazardous: its checks make light.")
    chosen = _chosen(only)
    bench = _bench(port, jig, soak, timeout_s)
    allowed = Needs.NOTHING
    if hazardous or slots:
        allowed |= Needs.FLASH
    if hazardous:
        allowed |= Needs.LASER | Needs.HINDERED
        if not as_json:
            click.echo("The laser will shine at 1 mW: keep the sample cover closed.", err=True)
    results = []
    try:
        knock(bench)
        product, serial, version = _introduction(bench)
        if not as_json:
            click.echo(printable(f"{product} {serial}, firmware {version}, at {port}"))
        with closing(run_checks(bench, chosen, allowed)) as running:
            for result in running:
                results.append(result)
                clear_progress()
                if not as_json:
                    click.echo(line(result))
                print_progress(f"{len(results)} of {len(chosen)}")
    finally:
        clear_progress()
        bench.close()
    report = Report(port, product, serial, version, tuple(results))
    if as_json:
        print_json(report.as_object())
    else:
        click.echo(report.summary)
    return 0 if report.conforms else EXIT_PROTOCOL


def _bench(port: str, jig: "Path | None", soak: int, timeout_s: float) -> "Bench":
    """The analyzer at a port under test, with hands on it where there are any; what they hold is
    closed when the command ends."""
    from device.conformance.bench import Bench
    from device.conformance.hands import Hands, LineHands
    from device.conformance.link_key import admitted
    from device.driver.port import SimPort, TcpPort, parse_port
    from device.link_key_file import find_key
    from device.ports import open_transport

    def connect_unproven() -> "Transport":
        return open_transport(port, timeout_s)

    def connect() -> "Transport":
        link = connect_unproven()
        # who holds the cable needs no key
        return admitted(link, find_key, timeout_s) if is_tcp else link

    parsed = parse_port(port)
    is_tcp = isinstance(parsed, TcpPort)
    at_the_end = click.get_current_context().call_on_close
    tested = _tested(parsed.specification) if isinstance(parsed, SimPort) else None
    hands: Hands | None = tested
    if tested is not None:
        if jig is not None:
            raise click.UsageError("--hands is for a real analyzer: a simulated one has its own.")
        at_the_end(tested.close)
    elif jig is not None:
        hands = lines = LineHands(jig)
        at_the_end(lines.close)
    return Bench(
        connect if tested is None else tested.connect,
        timeout_s,
        connect_again=None if isinstance(parsed, SimPort) else connect,
        exchanges=soak,
        link_key=find_key() if is_tcp else None,
        connect_unproven=connect_unproven if is_tcp else None,
        hands=hands,
    )


def _tested(specification: str) -> "AnalyzerUnderTest | None":
    """The simulated analyzer with hands on it; none over a link in real time, which a thread of
    its own serves, or where it is planned to get lost."""
    from device.simulated.spec import parse
    from device.simulated.tested import AnalyzerUnderTest

    port = parse(specification)
    return AnalyzerUnderTest(port) if port.link == "inproc" and not port.fault.loses_link else None


def _chosen(names: tuple[str, ...]) -> "list[Check]":
    from device.conformance.catalogue import CHECKS

    known = {check.name: check for check in CHECKS}
    for name in names:
        if name not in known:
            raise click.UsageError(f"There is no check {name!r}; there are {', '.join(known)}.")
    return [check for check in CHECKS if not names or check.name in names]


def _introduction(bench: "Bench") -> tuple[str, str, str]:
    """Product, serial number and firmware version; "?" where HELLO is not answered well."""
    from device.conformance.outcome import CheckFailed
    from firmware_bridge.messages import Hello

    try:
        info = bench.ok(Hello())
    except CheckFailed:
        return "?", "?", "?"
    return info.product, info.serial, info.firmware_version
