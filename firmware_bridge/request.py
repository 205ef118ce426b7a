"""What every request is: a payload with its opcode, which names the class of its answer.

Next: `replies.py` and `requests.py`, the requests of a measurement and what comes back.
"""

from typing import ClassVar, Generic, TypeVar, cast

from firmware_bridge.layout import Message
from firmware_bridge.opcodes import Opcode

ReplyT = TypeVar("ReplyT", bound=Message)


class Request(Message, Generic[ReplyT]):
    """A question with its opcode and the class of its answer (the same as the type argument)."""

    opcode: ClassVar[Opcode]
    Reply: ClassVar[type[Message]]

    def parse_reply(self, payload: bytes) -> ReplyT:
        """The payload of an OK reply. Raises `ProtocolError` when it is not one."""
        return cast(ReplyT, self.Reply.from_bytes(payload))
