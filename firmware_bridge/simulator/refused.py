"""How a part of the simulated firmware refuses: a wire status and a few words for the reply.

Next: `answering.py`, which turns it into an error reply.
"""

from firmware_bridge.messages import Status


class Refused(Exception):
    """Becomes the error reply to the request at hand; never leaves the firmware."""

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
