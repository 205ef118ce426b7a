"""What never reaches a route: other hosts' names, other sites' requests, bodies without end.

A page of another site can make a browser send requests here, also by letting its own name point to
this machine (DNS rebinding). Its name is then in `Host`, its site in `Origin` or `Sec-Fetch-Site`.
Next: `sessions.py`, who may ask for what passes here; `routes.py`, the routes.
"""

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from device.records.photo import MOST_BYTES as MOST_PHOTO_BYTES

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BODY_BYTES: Final = 16 * 1024
PHOTO_PATH: Final = "/api/photo"  # the one address that takes more
_METHODS: Final = frozenset({"GET", "HEAD", "POST"})
_OWN: Final = frozenset({"same-origin", "none"})
_HEADERS: Final = (
    (b"content-security-policy",
     b"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
     b"form-action 'self'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)  # fmt: skip


@dataclass(frozen=True)
class Hosts:
    """The names that this server answers to.

    names: without port, in lower case. any_address: also every literal IP address: an address in
    `Host` was typed, no name of another site was resolved to it.
    """

    names: frozenset[str]
    any_address: bool = False

    def knows(self, host: str) -> bool:
        """Whether the value of a `Host` header names us, whatever its port."""
        name = _without_port(host)
        if name is None:
            return False
        return name in self.names or (self.any_address and _is_address(name))


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: App, hosts: Hosts) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def armoured(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                if not any(name == b"cache-control" for name, _ in given):
                    given.append((b"cache-control", b"no-store"))
                message["headers"] = [*given, *_HEADERS]
            await send(message)

        status = refusal(scope, self._hosts)
        if status is not None:
            await _refuse(armoured, status)
            return
        await self._app(scope, receive, armoured)


def refusal(scope: Scope, hosts: Hosts) -> int | None:
    """The HTTP status with which a request is turned away; None lets it through."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    host = _only(headers, b"host")
    if host is None or not hosts.knows(host):
        return 421
    if scope["method"] not in _METHODS:
        return 405
    if not _is_own_page(scope, headers, host):
        return 403
    length = _only(headers, b"content-length")
    most = MOST_PHOTO_BYTES if scope["path"] == PHOTO_PATH else MOST_BODY_BYTES
    if length is not None and (not length.isdigit() or int(length[:12]) > most):
        return 413
    return None


def _is_own_page(scope: Scope, headers: list[tuple[bytes, bytes]], host: str) -> bool:
    """Ours, or no page at all: the address typed, a program, a link that opens the first page."""
    origins = [value for name, value in headers if name == b"origin"]
    own = f"{scope['scheme']}://{host}".lower().encode("latin-1")
    if any(origin.lower() != own for origin in origins):
        return False
    site = _only(headers, b"sec-fetch-site")
    opens_page = (
        scope["method"] == "GET"
        and scope["path"] == "/"
        and _only(headers, b"sec-fetch-mode") == "navigate"
        and _only(headers, b"sec-fetch-dest") == "document"
    )
    return site is None or site in _OWN or opens_page


def _only(headers: list[tuple[bytes, bytes]], name: bytes) -> str | None:
    """A header that may stand there once; one that is given twice is as good as a wrong one."""
    found = [value for key, value in headers if key == name]
    if not found:
        return None
    return found[0].decode("latin-1") if len(found) == 1 else "\0"


def _without_port(host: str) -> str | None:
    host = host.lower()
    if host.startswith("["):
        name, bracket, port = host[1:].partition("]")
        port = port.removeprefix(":") if bracket and port[:1] in ("", ":") else "x"
    else:
        name, _, port = host.partition(":")
    return name if name and (not port or port.isdigit()) else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _refuse(send: Send, status: int) -> None:
    text = {421: b"misdirected", 405: b"method", 403: b"cross-site", 413: b"too large"}[status]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"text/plain"), (b"connection", b"close")],
        }
    )
    await send({"type": "http.response.body", "body": text + b"\n"})
