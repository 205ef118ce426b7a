"""What a page posts, read once and strictly; and errors as answers.

Next: `routes.py`, which asks.
"""

import asyncio
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from device.records.photo import MOST_BYTES as MOST_PHOTO_BYTES
from device.screen.guard import MOST_BODY_BYTES
from device.screen.view_json import error_json
from device.strict_json import Fields, StrictJsonError, loads
from firmware_bridge.errors import RamixError

_BODY_WITHIN_S: Final = 5.0
_PHOTO_WITHIN_S: Final = 20.0
_STATUS: Final = {
    "not_now": 409,
    "not_armed": 403,
    "not_here": 403,
    "nobody_signed_in": 403,
    "wrong_pin": 403,
}


async def posted(request: Request) -> Fields:
    """The JSON object in a request's body.

    Raises:
        HTTPException: 413 for too much, 408 for too slow, 400 for what is no object.
    """
    body = await _body(request, MOST_BODY_BYTES, _BODY_WITHIN_S)
    try:
        return Fields(loads(body), "request")
    except StrictJsonError as error:
        raise HTTPException(400) from error


async def posted_photo(request: Request) -> bytes:
    """The bytes of a picture, whatever they are. Raises as `posted`."""
    return await _body(request, MOST_PHOTO_BYTES, _PHOTO_WITHIN_S)


async def _body(request: Request, most_bytes: int, within_s: float) -> bytes:
    parts = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for part in request.stream():
                parts += part
                if len(parts) > most_bytes:
                    raise HTTPException(413, headers={"connection": "close"})
    except TimeoutError as error:
        raise HTTPException(408, headers={"connection": "close"}) from error
    except ClientDisconnect as error:
        raise HTTPException(400) from error
    return bytes(parts)


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
