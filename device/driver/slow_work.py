"""A request at which the analyzer's flash works for seconds: asked again until it is done.

Next: `conversation.py`, which asks once.
"""

from typing import Final

from device.driver.conversation import Conversation
from firmware_bridge.errors import InstrumentError
from firmware_bridge.messages import ReplyT, Request, Status
from firmware_bridge.session import Deadline

_ASK_AGAIN_S: Final = 0.1


def until_done(talk: Conversation, request: Request[ReplyT], deadline: Deadline) -> ReplyT:
    """The reply; as `Conversation.call`, and WORKING is no refusal while there is time."""
    while True:
        try:
            return talk.call(request, deadline)
        except InstrumentError as refusal:
            if refusal.status != Status.WORKING:
                raise
        talk.pause(min(_ASK_AGAIN_S, deadline.remaining(talk.now_s())))
