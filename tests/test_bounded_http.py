"""Connections that wait outside a full server: of one server alone, and the oldest comes first."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from device.screen.bounded_http import MOST_CONNECTIONS, MOST_OUTSIDE, BoundedHttp


class Link:
    """A transport that notes what is done to it."""

    def __init__(self) -> None:
        self.is_read = True
        self.is_aborted = False

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True

    def abort(self) -> None:
        self.is_aborted = True

    def is_closing(self) -> bool:
        return self.is_aborted

    def get_extra_info(self, _name: str, default: Any = None) -> Any:
        return default


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


async def _app(_scope: Any, _receive: Any, _send: Any) -> None:
    """Never asked."""


def full_server() -> ServerState:
    """All its connections are being answered."""
    state = ServerState()
    state.connections.update(object() for _ in range(MOST_CONNECTIONS))  # type: ignore[misc]
    return state


def arrived(state: ServerState, loop: asyncio.AbstractEventLoop) -> Link:
    link = Link()
    BoundedHttp(Config(_app), state, {}, _loop=loop).connection_made(link)
    return link


def test_of_too_many_outside_the_oldest_goes_and_another_server_s_stay(
    loop: asyncio.AbstractEventLoop,
) -> None:
    one, other = full_server(), full_server()
    waiting = [arrived(one, loop) for _ in range(MOST_OUTSIDE)]
    elsewhere = arrived(other, loop)
    assert not elsewhere.is_read
    assert not any(link.is_aborted or link.is_read for link in waiting)
    for _ in range(3):  # before the loop has told of a connection that is gone
        arrived(one, loop)
    assert [link.is_aborted for link in waiting] == [True] * 3 + [False] * (MOST_OUTSIDE - 3)
    assert not elsewhere.is_aborted


def test_the_oldest_outside_enters_first(loop: asyncio.AbstractEventLoop) -> None:
    state = full_server()
    first, second = arrived(state, loop), arrived(state, loop)
    state.connections.pop()
    late = arrived(state, loop)  # there is room, and others wait for it
    assert not late.is_read

    async def until(link: Link) -> None:
        while not link.is_read:
            await asyncio.sleep(0)

    loop.run_until_complete(asyncio.wait_for(until(first), 5.0))
    assert not second.is_read
    assert not late.is_read
    state.connections.pop()
    loop.run_until_complete(asyncio.wait_for(until(second), 5.0))
    assert not late.is_read
