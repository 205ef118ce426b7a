"""Whether anything answers at the address of a cluster.

Next: `search.py`, which runs there.
"""

import asyncio
from typing import Final

_ANSWERS_WITHIN_S: Final = 10.0


def reach(address: str) -> None:
    """Connect once. Ray itself tries a wrong address for ten minutes; one connection tells at once.

    Raises OSError or ValueError when nothing is there.
    """
    asyncio.run(_connect(address))


async def _connect(address: str) -> None:
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon:
        opening = asyncio.open_connection(host, int(port))
        _, writer = await asyncio.wait_for(opening, _ANSWERS_WITHIN_S)
        writer.close()
