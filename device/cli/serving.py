"""Where `ramix simulate` is reached, and who may command it there: its options and the server.

Next: `simulate.py`, the verb.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from device.cli.options import with_options

if TYPE_CHECKING:
    from firmware_bridge.framing import Framing
    from firmware_bridge.simulator.firmware import SimulatedAnalyzer
    from firmware_bridge.simulator.serve import PtyServer, TcpServer

DEFAULT_ADDRESS: Final = "127.0.0.1:7850"
_PLAIN_PTY: Final = "-"  # a terminal without a lasting name


@dataclass(frozen=True)
class Serving:
    """What was asked for. Raises `click.UsageError` for what does not go together."""

    tcp: str | None
    pty: str | None
    key_file: Path | None
    without_key: bool

    def __post_init__(self) -> None:
        if self.tcp is not None and self.pty is not None:
            raise click.UsageError("--tcp and --pty exclude each other.")
        if self.pty is not None and (self.key_file is not None or self.without_key):
            raise click.UsageError("--key-file and --without-key go with --tcp.")
        if self.key_file is not None and self.without_key:
            raise click.UsageError("--key-file and --without-key exclude each other.")

    @property
    def framing(self) -> "Framing":
        from firmware_bridge.framing import Framing

        return Framing.RAW if self.pty is None else Framing.COBS

    def link_key(self) -> bytes | None:
        """What a host must prove. Raises `KeyFileRefused`."""
        if self.key_file is None:
            return None
        from device.link_key_file import read_key

        return read_key(self.key_file)

    def server(self, analyzer: "SimulatedAnalyzer") -> "TcpServer | PtyServer":
        """Not started yet; what has to be known of it is said. Raises as the servers."""
        from firmware_bridge.simulator.serve import PtyServer, TcpServer

        if self.pty is not None:
            return PtyServer(analyzer, None if self.pty == _PLAIN_PTY else Path(self.pty))
        server = TcpServer(analyzer, *_address(self.tcp), open_to_all=self.without_key)
        if server.is_remote:
            _warn(has_key=analyzer.needs_key)
        return server


def serving_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--tcp`, `--pty`, `--key-file` and `--without-key`, as `serving: Serving`."""

    @functools.wraps(command)
    def collected(
        *words: Any,
        tcp: str | None,
        pty: str | None,
        key_file: Path | None,
        without_key: bool,
        **others: Any,
    ) -> Any:
        return command(*words, serving=Serving(tcp, pty, key_file, without_key), **others)

    return with_options(collected, _OPTIONS)


_OPTIONS: Final = (
    click.option(
        "--tcp",
        is_flag=False,
        flag_value=DEFAULT_ADDRESS,
        metavar="[HOST:PORT]",
        help=f"Serve on a TCP port, 0 for a free one. [default: {DEFAULT_ADDRESS}]",
    ),
    click.option(
        "--pty",
        is_flag=False,
        flag_value=_PLAIN_PTY,
        metavar="[LINK]",
        help="Serve on a pseudo-terminal instead; LINK is a symlink to make to it.",
    ),
    click.option(
        "--key-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="With --tcp: only hosts that hold this link key may command it; see `ramix link-key`.",
    ),
    click.option(
        "--without-key",
        is_flag=True,
        help="With --tcp at an address that other machines reach: serve without a key. Anybody "
        "there may command it.",
    ),
)


def _warn(*, has_key: bool) -> None:
    """What whoever serves beyond this machine has to know."""
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
