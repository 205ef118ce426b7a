"""The model slots' commands; a model goes in and out in chunks, and an upload resumes.

The analyzer's answers say which byte it wants next; this side never assumes that it knows.

Next: `firmware_bridge/model_slots.py` for the rules at the other end.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator

from firmware_bridge.errors import LinkTimeout, ProtocolError
from firmware_bridge.messages import (
    NO_SLOT,
    Capabilities,
    GetSlotInfo,
    InstrumentState,
    ReplyT,
    Request,
    SlotActivate,
    SlotBegin,
    SlotConfirm,
    SlotInfo,
    SlotRead,
    SlotRevert,
    SlotTrial,
    SlotVerify,
    SlotWrite,
)

# In a row, without a byte of progress between them.
_MAX_SETBACKS = 5


class ModelSlots(ABC):
    """What `Analyzer` can do with its model slots. Every method raises what `call` does."""

    @abstractmethod
    def call(self, request: Request[ReplyT]) -> ReplyT:
        """Send one request and return its reply."""

    @abstractmethod
    def state(self) -> InstrumentState:
        """How the analyzer is now."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What the analyzer can do."""

    def active_slot(self) -> int | None:
        """The slot whose model is to be used."""
        slot = self.state().active_slot
        return None if slot == NO_SLOT else slot

    def slot_info(self, slot: int) -> SlotInfo:
        """What a slot holds."""
        return self.call(GetSlotInfo(slot))

    def verify(self, slot: int) -> SlotInfo:
        """Let the analyzer hash what its flash really holds."""
        return self.call(SlotVerify(slot))

    def trial(self, slot: int) -> SlotInfo:
        """Make a verified model the active one until it is confirmed or fails."""
        return self.call(SlotTrial(slot))

    def confirm(self, slot: int) -> SlotInfo:
        """Keep the model on trial for good."""
        return self.call(SlotConfirm(slot))

    def revert(self, slot: int) -> SlotInfo:
        """End a trial, or erase a slot that is not in use."""
        return self.call(SlotRevert(slot))

    def activate(self, slot: int) -> SlotInfo:
        """Use another confirmed model."""
        return self.call(SlotActivate(slot))

    def upload(self, slot: int, data: bytes, security_counter: int) -> Iterator[int]:
        """Send `data`; yields how many bytes are there, first those of an earlier attempt.

        Nothing is sent until the iterator is advanced.

        Raises:
            InstrumentError: the slot's rules forbid it, or the flash failed.
            LinkTimeout: chunk after chunk was lost.
            ProtocolError: the analyzer asks for bytes that do not exist, or stays where it is.
        """
        begin = SlotBegin(slot, len(data), hashlib.sha256(data).digest(), security_counter)
        chunk_size = self.capabilities.max_chunk
        offset = self.call(begin).next_offset
        setbacks = 0
        while offset < len(data):
            yield offset
            before = offset
            try:
                chunk = data[offset : offset + chunk_size]
                offset = self.call(SlotWrite(slot, offset, chunk)).next_offset
            except LinkTimeout:
                if setbacks == _MAX_SETBACKS:
                    raise
                # Perhaps the chunk was lost, perhaps only its acknowledgement: ask.
                offset = self.call(begin).next_offset
            setbacks = 0 if offset > before else setbacks + 1
            if setbacks > _MAX_SETBACKS:
                raise ProtocolError(f"The upload does not get past byte {before}.")
        if offset > len(data):
            raise ProtocolError(f"The analyzer asks for byte {offset} of {len(data)}.")
        yield offset

    def read_slot(self, slot: int) -> Iterator[bytes]:
        """The bytes of a complete image, chunk by chunk.

        Raises:
            InstrumentError: the slot holds no complete image.
            ProtocolError: the analyzer sent other bytes than those asked for.
        """
        size = self.slot_info(slot).size
        chunk_size = self.capabilities.max_chunk
        for offset in range(0, size, chunk_size):
            length = min(chunk_size, size - offset)
            reply = self.call(SlotRead(slot, offset, length))
            if (reply.offset, len(reply.data)) != (offset, length):
                raise ProtocolError(
                    f"Asked for {length} bytes from {offset}, the analyzer sent "
                    f"{len(reply.data)} from {reply.offset}."
                )
            yield reply.data
