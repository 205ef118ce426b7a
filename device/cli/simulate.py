"""`ramix simulate`: a simulated analyzer that other programs can connect to, until Ctrl-C.

Next: `../simulated/port.py`, which builds it, and `firmware_bridge/simulator/serve.py`.
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
from device.cli.serving import Serving, serving_options
from device.cli.simulated_options import simulated_options

if TYPE_CHECKING:
    from device.simulated.spec import SimulatedPort

_LOOK_S: Final = 0.2  # between two looks after the log of truths and the plug
_UNPLUGGED_S: Final = 3.0  # how long a planned unplugging lasts


@click.command()
@serving_options
@simulated_options
@click.option(
    "--truth",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Append what each sample of --scenes really is, when the laser first sees it.",
)
@json_option
@log_level_option
def simulate(serving: Serving, port: "SimulatedPort", truth: Path | None, as_json: bool) -> int:
    """Serve a simulated analyzer until Ctrl-C.

    It speaks the real protocol in real time. Without --replay, --mix, --scene or --scenes there is
    nothing under its laser. The first line on stdout is the port for the other commands. What each
    option means, with bounds: docs/simulator.md.

    \b
    Examples:
      ramix simulate --replay sample.txt --tcp
      ramix simulate --mix toluene:0.7,ethanol:0.3 --snr 100 --pty /tmp/analyzer
      ramix simulate --tcp 0.0.0.0:7850 --key-file analyzer.key
      ramix simulate --scenes demo --tcp --truth truth.jsonl
      ramix simulate --mix toluene --wall glass --room-light 2000 --fault damaged@7,unplug@20
      ramix simulate --flash flash.bin --tcp 127.0.0.1:7851 --speed 10
    """
    if truth is not None and port.scenes is None:
        raise click.UsageError("--truth goes with --scenes.")
    from device.simulated.links import release_flash
    from device.simulated.port import build_analyzer
    from device.simulated.truth import TruthFile, TruthLog

    key = serving.link_key()
    stopped = threading.Event()

    def stop(_signal_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    with ExitStack() as endings:
        truths = None if truth is None else endings.enter_context(TruthFile(truth))
        log = TruthLog(None if truths is None else truths.add)
        analyzer = build_analyzer(port, serving.framing, log.follow, key)
        endings.callback(release_flash, analyzer.flash)
        server = endings.enter_context(serving.server(analyzer))
        for number in (signal.SIGINT, signal.SIGTERM):
            endings.callback(signal.signal, number, signal.signal(number, stop))
        if as_json:
            print_json({"port": server.address, "serial": analyzer.info.serial})
        else:
            click.echo(server.address)
            click.echo(f"Serving {analyzer.info.serial}; Ctrl-C ends it, laser off.", err=True)
        unplugged_s = 0.0
        while not stopped.wait(_LOOK_S):
            if truths is not None:
                truths.write()
            with server.lock:
                unplugged_s = 0.0 if analyzer.connected else unplugged_s + _LOOK_S
                if unplugged_s >= _UNPLUGGED_S:
                    analyzer.plug_in()
    return 0
