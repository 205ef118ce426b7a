"""A request at which the analyzer's flash works for seconds: asked again until it is done.

Next: `conversation.py`, which asks once.
"""

from typing import Final

from device.driver.conversation import Conversation
from firmware_bridge.deadlines import LONGEST_WORK_S, Deadline, answer_time_s
from firmware_bridge.errors import InstrumentError, LinkTimeout
from firmware_bridge.messages import ReplyT, Request, Status

_ASK_AGAIN_S: Final = 0.1


def until_done(
    talk: Conversation, request: Request[ReplyT], wait_s: float, deadline: Deadline | None
) -> ReplyT:
    """The reply, each answer within `wait_s`, and all within `deadline` where there is one.

    While the analyzer says that it is at work it is asked again, for `LONGEST_WORK_S` at most.

    Raises:
        LinkTimeout: no reply in time, or the work takes longer than any.
        as `Conversation.call` otherwise.
    """
    end = talk.deadline(LONGEST_WORK_S)
    end = end if deadline is None else end.sooner(deadline)
    while True:
        answer_by = talk.deadline(wait_s)
        try:
            return talk.call(request, answer_by if deadline is None else answer_by.sooner(deadline))
        except InstrumentError as refusal:
            # whoever has no flash to work at must not keep us waiting by saying so
            if refusal.status != Status.WORKING or not answer_time_s(request.opcode):
                raise
        if end.expired(talk.now_s()):
            raise LinkTimeout(f"The analyzer is still at work on {request.opcode.name}.")
        talk.pause(min(_ASK_AGAIN_S, end.remaining(talk.now_s())))
