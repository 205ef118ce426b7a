"""What a page posts, read once and strictly; and errors as answers.

Next: `routes.py`, which asks.
"""

import asyncio
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from device.screen.guard import MOST_BODY_BYTES
from device.screen.view_json import error_json
from device.strict_json import Fields, StrictJsonError, loads
from firmware_bridge.errors import RamixError

_BODY_WITHIN_S: Final = 5.0
_STATUS: Final = {"not_now": 409, "not_armed": 403, "nobody_signed_in": 403, "wrong_pin": 403}


async def posted(request: Request) -> Fields:
    """The JSON object in a request's body.

    Raises:
        HTTPException: 413 for too much, 408 for too slow, 400 for what is no object.
    """
    parts = bytearray()
    try:
        async with asyncio.timeout(_BODY_WITHIN_S):
            async for part in request.stream():
                parts += part
                if len(parts) > MOST_BODY_BYTES:
                    raise HTTPException(413, headers={"connection": "close"})
        return Fields(loads(bytes(parts)), "request")
    except TimeoutError as error:
        raise HTTPException(408, headers={"connection": "close"}) from error
    except (ClientDisconnect, StrictJsonError) as error:
        raise HTTPException(400) from error


def refused(_request: Request, error: Exception) -> JSONResponse:
    """An error of ours, or of what was posted, as the page shows it."""
    if isinstance(error, RamixError):
        told = error_json(error)
        return JSONResponse({"error": told}, _STATUS.get(error.code, 400))
    told = {"code": "bad_request", "text": f"The request is not understood: {error}.", "remedy": ""}
    return JSONResponse({"error": told}, 400)


def done(**values: Any) -> JSONResponse:
    """All went well."""
    return JSONResponse({"done": True, **values})
