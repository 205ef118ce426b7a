"""`ramix simulate`: a simulated analyzer that other programs can connect to, until Ctrl-C.

Next: `../simulated_port.py`, which builds it, and `firmware_bridge/simulator/serve.py`.
"""

import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import click

from device.cli.options import json_option, log_level_option
from device.cli.output import print_json

if TYPE_CHECKING:
    from firmware_bridge.simulator.serve import TcpServer

# Spelled here again, because their owner imports the simulator; a test compares the two.
SCENES: Final = ("empty", "lamp", "neon", "argon", "polystyrene", "calcite")
DEFAULT_ADDRESS: Final = "127.0.0.1:7850"
_PLAIN_PTY: Final = "-"  # a terminal without a lasting name


@click.command()
@click.option(
    "--tcp",
    is_flag=False,
    flag_value=DEFAULT_ADDRESS,
    metavar="[HOST:PORT]",
    help=f"Serve on a TCP port, 0 for a free one. [default: {DEFAULT_ADDRESS}]",
)
@click.option(
    "--pty",
    is_flag=False,
    flag_value=_PLAIN_PTY,
    metavar="[LINK]",
    help="Serve on a pseudo-terminal instead; LINK is a symlink to make to it.",
)
@click.option("--replay", type=click.Path(path_type=Path), help="A B&W Tek file to replay.")
@click.option("--mix", metavar="NAME:SHARE,...", help="A mixture of the model's references.")
@click.option(
    "--scene", type=click.Choice(SCENES), help="Nothing, a lamp (neon), or a Raman standard."
)
@click.option(
    "--flash",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the analyzer's flash in this file, so that flashed models stay.",
)
@click.option(
    "--model",
    metavar="BUNDLE",
    help="The model that a blank flash gets, or none. [default: the shipped one]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of everything random.")
@click.option("--noise", type=click.FloatRange(min=0), help="Counts of noise added to a replay.")
@click.option(
    "--snr", type=click.FloatRange(min=0, min_open=True), help="Of each frame of a mixture."
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Exposures take 1/SPEED of their time; the laser's lease is never shortened.",
)
@click.option(
    "--trigger-every",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Press the trigger after each such idle time; in less than the countdown of `ramix run` "
    "a press cancels the one before. [default: never]",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --tcp: only hosts that hold this link key may command it; see `ramix link-key`.",
)
@click.option(
    "--without-key",
    is_flag=True,
    help="With --tcp at an address that other machines reach: serve without a key. Anybody there "
    "may command it.",
)
@json_option
@log_level_option
def simulate(
    tcp: str | None,
    pty: str | None,
    replay: Path | None,
    mix: str | None,
    scene: str | None,
    flash: Path | None,
    model: str | None,
    seed: int,
    noise: float | None,
    snr: float | None,
    speed: float,
    trigger_every: float,
    key_file: Path | None,
    without_key: bool,
    as_json: bool,
) -> int:
    """Serve a simulated analyzer until Ctrl-C.

    It speaks the real protocol in real time. Without --replay, --mix or --scene there is nothing
    under its laser. The first line on stdout is the port for the other commands.

    \b
    Examples:
      ramix simulate --replay sample.txt --tcp
      ramix simulate --mix toluene:0.7,ethanol:0.3 --snr 100 --pty /tmp/analyzer
      ramix simulate --tcp 0.0.0.0:7850 --key-file analyzer.key
      ramix simulate --flash flash.bin --tcp 127.0.0.1:7851 --speed 10
    """
    if tcp is not None and pty is not None:
        raise click.UsageError("--tcp and --pty exclude each other.")
    if sum(chosen is not None for chosen in (replay, mix, scene)) > 1:
        raise click.UsageError("--replay, --mix and --scene exclude each other.")
    if noise is not None and replay is None:
        raise click.UsageError("--noise goes with --replay.")
    if snr is not None and mix is None:
        raise click.UsageError("--snr goes with --mix.")
    if pty is not None and (key_file is not None or without_key):
        raise click.UsageError("--key-file and --without-key go with --tcp.")
    if key_file is not None and without_key:
        raise click.UsageError("--key-file and --without-key exclude each other.")
    from device.simulated.links import release_flash
    from device.simulated.port import build_analyzer
    from device.simulated.spec import NONE, SimulatedPort, parse_mix
    from firmware_bridge.framing import Framing
    from firmware_bridge.simulator.serve import PtyServer, TcpServer

    port = SimulatedPort(
        replay=replay,
        mix=parse_mix(mix) if mix is not None else (),
        scene=scene,
        model=model if model in (None, NONE) else Path(model),
        flash=flash,
        seed=seed,
        noise=noise or 0.0,
        snr=snr,
        trigger_every_s=trigger_every,
        speed=speed,
    )
    key = None
    if key_file is not None:
        from device.link_key_file import read_key

        key = read_key(key_file)
    stopped = threading.Event()

    def stop(_signal_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    with ExitStack() as endings:
        analyzer = build_analyzer(port, Framing.RAW if pty is None else Framing.COBS, key)
        endings.callback(release_flash, analyzer.flash)
        server: TcpServer | PtyServer
        if pty is None:
            server = TcpServer(analyzer, *_address(tcp), open_to_all=without_key)
            _warn(server, has_key=key is not None)
        else:
            server = PtyServer(analyzer, None if pty == _PLAIN_PTY else Path(pty))
        endings.enter_context(server)
        for number in (signal.SIGINT, signal.SIGTERM):
            endings.callback(signal.signal, number, signal.signal(number, stop))
        if as_json:
            print_json({"port": server.address, "serial": analyzer.info.serial})
        else:
            click.echo(server.address)
            click.echo(f"Serving {analyzer.info.serial}; Ctrl-C ends it, laser off.", err=True)
        stopped.wait()
    return 0


def _warn(server: "TcpServer", *, has_key: bool) -> None:
    """What whoever serves beyond this machine has to know."""
    if not server.is_remote:
        return
    click.echo(
        "Warning: other machines reach this address. "
        + (
            "A host must prove the link key; what is said afterwards is neither hidden nor sealed."
            if has_key
            else "Without a key anybody there may command the analyzer."
        ),
        err=True,
    )


def _address(text: str | None) -> tuple[str, int]:
    host, _, number = (text or DEFAULT_ADDRESS).rpartition(":")
    if not number.isascii() or not number.isdigit() or int(number) > 65_535:
        raise click.UsageError(f"--tcp takes HOST:PORT or PORT, not {text!r}.")
    return host.strip("[]") or "127.0.0.1", int(number)
