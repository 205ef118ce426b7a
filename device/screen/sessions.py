"""Who may speak to the screen: whoever opened the address that was printed, and keeps its cookie.

The loopback interface is no lock where several people have accounts on one machine. A session has a
second secret, which a page sends in a header of its own: no form and no link of another site can.
Next: `guard.py`, what is refused before anybody is asked who he is.
"""

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

HEADER: Final = "x-ramix-session"
_MOST: Final = 32
LASTS_S: Final = 12 * 3600.0  # a shift


@dataclass(frozen=True)
class Session:
    """`secret` is what the page sends back in `HEADER`."""

    secret: str
    ends_s: float


class Sessions:
    """In memory alone: a restart asks everybody to open the new address."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self.token = secrets.token_urlsafe(32)
        # Cookies know no port: two screens on one machine must not take each other's.
        self.cookie = f"ramix_{secrets.token_hex(4)}"
        self._now_s = now_s
        self._lock = threading.Lock()
        self._open: OrderedDict[str, Session] = OrderedDict()

    def begin(self, token: str) -> str | None:
        """The cookie's value for who knows the token; None for who does not."""
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return None
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._open[key] = Session(secrets.token_urlsafe(32), self._now_s() + LASTS_S)
            while len(self._open) > _MOST:
                self._open.popitem(last=False)
        return key

    def find(self, cookie: str | None) -> Session | None:
        """The session of a cookie's value, while it lasts."""
        if not cookie:
            return None
        with self._lock:
            session = self._open.get(cookie)
            if session is not None and session.ends_s < self._now_s():
                del self._open[cookie]
                return None
            if session is not None:
                self._open.move_to_end(cookie)  # the one unused longest makes room
        return session


def speaks_for(session: Session, header: str | None) -> bool:
    """Whether the page itself sends, not a link or a form somewhere else."""
    return header is not None and hmac.compare_digest(header.encode(), session.secret.encode())
