"""`ramix serve`: the operator's screen as a page of this machine.

Next: `../screen/server.py`, what runs behind it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.cli.light_options import LightOptions
from device.cli.options import ACQUIRE, log_level_option, port_option, timeout_option
from device.cli.station_options import StationOptions, station_options

if TYPE_CHECKING:
    from device.answer.method import Measuring
    from device.runtime import Settings

DEFAULT_HTTP_PORT = 7860
LANGUAGES = ("en", "de")  # spelled here again: their owner imports the web server; a test compares


@click.command()
@port_option()
@click.option(
    "--http", "http_port", type=click.IntRange(0, 65_535), default=DEFAULT_HTTP_PORT,
    show_default=True, metavar="PORT", help="The port of the page; 0 takes a free one.",
)  # fmt: skip
@click.option("--open", "open_browser", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--address", default="127.0.0.1", show_default=True, metavar="IP",
    help="Where the page is served; another one than loopback needs --tls-cert and --tls-key.",
)  # fmt: skip
@click.option(
    "--name", "names", multiple=True, metavar="HOST",
    help="A host name by which other machines call this one. May be repeated.",
)  # fmt: skip
@click.option(
    "--tls-cert", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="The certificate of the page, PEM.",
)  # fmt: skip
@click.option(
    "--tls-key", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Its key, PEM.",
)  # fmt: skip
@click.option(
    "--insecure-remote", is_flag=True,
    help="Serve other machines without TLS: who listens on the network can read the token.",
)  # fmt: skip
@click.option(
    "--lang", type=click.Choice(LANGUAGES), help="Language of the page. [default: the browser's]"
)
@station_options(countdown="2")
@timeout_option
@log_level_option
def serve(
    port: str,
    http_port: int,
    open_browser: bool,
    address: str,
    names: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    insecure_remote: bool,
    lang: str | None,
    on: StationOptions,
    timeout_s: float,
) -> None:
    """Show the operator's screen as a page of this machine.

    The first line on stdout is the address to open; it holds a token, without which nothing is
    shown. The analyzer's trigger measures, as with `ramix run`; so do two presses on the page, one
    that arms and one that measures, on this machine alone. Every result is stored before it is
    shown.

    \b
    Examples:
      ramix serve --port usb: --open
      ramix serve --port "sim:mix=toluene:0.6,methanol:0.4&snr=100" --open
      ramix serve --port usb: --address 192.0.2.7 --tls-cert cert.pem --tls-key key.pem

    Other machines see the page only with TLS (or --insecure-remote), and never fire the laser from
    there. Ctrl-C ends it with the laser off.
    """
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together.")
    if ACQUIRE in on.blanks:
        raise click.UsageError(
            "The screen takes blanks from files: ramix acquire --port PORT -o blank.csv"
        )
    import logging
    from dataclasses import replace

    from device import installation
    from device.cli.equipment import equipment_of
    from device.cli.keeping_log import keep_log
    from device.cli.measuring import is_simulated_port
    from device.cli.self_tests import fitness
    from device.cli.spectrum_file import containers_for, read_with_sha256
    from device.countdown import DEFAULT_COUNTDOWN_S
    from device.screen.server import Place, Screen
    from device.station.service_manager import watched

    place = Place(address, http_port, tls_cert, tls_key, names)
    if place.is_remote and tls_cert is None and not insecure_remote:
        raise click.UsageError(
            "Other machines reach this address: give --tls-cert and --tls-key, "
            "or --insecure-remote."
        )
    keep_log()
    equipment = equipment_of(port, on, countdown_s=DEFAULT_COUNTDOWN_S)
    records = equipment.store
    is_apart = on.store is None and not is_simulated_port(port)
    apart = installation.default_record_store_path(simulated=True) if is_apart else None
    read = [read_with_sha256(blank) for blank in on.blanks]
    equipment = replace(equipment, containers=lambda identifier: containers_for(identifier, read))

    # what the server says of itself is said by us: an address in use has a sentence of its own
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())

    def opened(url: str) -> None:
        click.echo(url)
        click.echo("Open this address; Ctrl-C ends it, laser off.", err=True)
        if open_browser:
            click.launch(url)

    Screen(
        port, equipment, place, installation.data_dir(), timeout_s=timeout_s,
        settings_of=lambda measuring: _settings_of(measuring, on.light),
        blanks=[sha256 for _, sha256 in read], apart=apart,
        fitness=lambda tell: fitness(records, port, on.self_test, tell),
        language=lang, opened=opened, tell=watched(lambda _event: None),
    ).serve()  # fmt: skip


def _settings_of(measuring: "Measuring", light: LightOptions) -> "Settings":
    """How a locked method takes light, with this machine's options of safety."""
    from device.answer.method import MethodInvalid
    from device.cli.measuring import measurement_settings

    try:
        return measurement_settings(light._replace(**vars(measuring)))
    except click.UsageError as error:
        raise MethodInvalid(f"The method cannot be used: {error.message}") from error
