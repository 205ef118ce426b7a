"""The model slots' commands; a model goes in and out in chunks, and an upload resumes.

The analyzer's answers say which byte it wants next; this side never assumes that it knows.

Next: `firmware_bridge/model_slots.py` for the rules at the other end.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator

from device.driver.claims import check_slot
from firmware_bridge.deadlines import LONGEST_WORK_S, Deadline
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
# A power cut may cost what was acknowledged; a firmware that goes to and fro never ends.
_MAX_RETURNS = 20
# No chunk is larger, whatever the firmware takes: one has to pass within a call's timeout.
_LARGEST_CHUNK = 32 * 1024
# A whole transfer may be as slow as this, and no transfer takes longer than the rest says.
_SLOWEST_BYTES_PER_S = 2048.0
_TRANSFER_S, _LONGEST_TRANSFER_S = LONGEST_WORK_S + 30.0, 900.0


class ModelSlots(ABC):
    """What `Analyzer` can do with its model slots. Every method raises what `call` does."""

    timeout_s: float

    @abstractmethod
    def call(self, request: Request[ReplyT], deadline: Deadline | None = None) -> ReplyT:
        """Send one request and return its reply, waited for as long as its kind may take and not
        beyond `deadline`."""

    @abstractmethod
    def now_s(self) -> float:
        """Seconds on the link's clock."""

    @abstractmethod
    def state(self) -> InstrumentState:
        """How the analyzer is now."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What the analyzer can do."""

    def active_slot(self) -> int | None:
        """The slot whose model is to be used.

        Raises:
            ProtocolError: the analyzer names a slot that it does not have.
        """
        slot = self.state().active_slot
        if slot == NO_SLOT:
            return None
        if slot >= self.capabilities.slot_count:
            raise ProtocolError(
                f"The analyzer uses slot {slot} of {self.capabilities.slot_count} slots."
            )
        return slot

    def slot_info(self, slot: int) -> SlotInfo:
        """What a slot holds."""
        return self._told(slot, GetSlotInfo(slot))

    def slots(self) -> list[SlotInfo]:
        """What all slots hold; one budget covers them, however many the analyzer claims."""
        whole = Deadline.after(self.now_s(), 2.0 * self.timeout_s)
        return [
            check_slot(slot, self._step(GetSlotInfo(slot), whole), self.capabilities)
            for slot in range(self.capabilities.slot_count)
        ]

    def verify(self, slot: int) -> SlotInfo:
        """Let the analyzer hash what its flash really holds."""
        return self._told(slot, SlotVerify(slot))

    def trial(self, slot: int) -> SlotInfo:
        """Make a verified model the active one until it is confirmed or fails."""
        return self._told(slot, SlotTrial(slot))

    def confirm(self, slot: int) -> SlotInfo:
        """Keep the model on trial for good."""
        return self._told(slot, SlotConfirm(slot))

    def revert(self, slot: int) -> SlotInfo:
        """End a trial, or erase a slot that is not in use."""
        return self._told(slot, SlotRevert(slot))

    def activate(self, slot: int) -> SlotInfo:
        """Use another confirmed model."""
        return self._told(slot, SlotActivate(slot))

    def upload(self, slot: int, data: bytes, security_counter: int) -> Iterator[int]:
        """Send `data`; yields how many bytes are there, first those of an earlier attempt.

        Nothing is sent until the iterator is advanced.

        Raises:
            InstrumentError: the slot's rules forbid it, or the flash failed.
            LinkTimeout: chunk after chunk was lost, or the whole took longer than any link needs.
            ProtocolError: the analyzer asks for bytes that do not exist or that it was not sent
                yet, or stays where it is.
        """
        begin = SlotBegin(slot, len(data), hashlib.sha256(data).digest(), security_counter)
        chunk_size = self._chunk_size()
        whole = self._transfer_deadline(len(data))
        offset = furthest = self._step(begin, whole).next_offset
        setbacks = returns = 0
        while offset < len(data):
            yield offset
            before, end = offset, min(offset + chunk_size, len(data))
            try:
                offset = self._step(SlotWrite(slot, before, data[before:end]), whole).next_offset
            except LinkTimeout:
                if setbacks == _MAX_SETBACKS or whole.expired(self.now_s()):
                    raise
                # Perhaps the chunk was lost, perhaps only its acknowledgement: ask.
                offset = self._step(begin, whole).next_offset
            if offset > max(end, furthest):
                raise ProtocolError(
                    f"The analyzer asks for byte {offset}; only {max(end, furthest)} were sent."
                )
            setbacks = 0 if offset > before else setbacks + 1
            returns += offset < before
            furthest = max(furthest, offset)
            if setbacks > _MAX_SETBACKS or returns > _MAX_RETURNS:
                raise ProtocolError(f"The upload does not get past byte {before}.")
        if offset > len(data):
            raise ProtocolError(f"The analyzer asks for byte {offset} of {len(data)}.")
        yield offset

    def read_slot(self, slot: int) -> Iterator[bytes]:
        """The bytes of a complete image, chunk by chunk: as many as `slot_info` tells at the
        beginning, and never more than a slot can hold.

        Raises:
            InstrumentError: the slot holds no complete image.
            LinkTimeout: the whole took longer than any link needs.
            ProtocolError: the analyzer sent other bytes than those asked for.
        """
        size = self.slot_info(slot).size
        chunk_size = self._chunk_size()
        whole = self._transfer_deadline(size)
        for offset in range(0, size, chunk_size):
            length = min(chunk_size, size - offset)
            reply = self._step(SlotRead(slot, offset, length), whole)
            if (reply.offset, len(reply.data)) != (offset, length):
                raise ProtocolError(
                    f"Asked for {length} bytes from {offset}, the analyzer sent "
                    f"{len(reply.data)} from {reply.offset}."
                )
            yield reply.data

    def _told(self, slot: int, request: Request[SlotInfo]) -> SlotInfo:
        return check_slot(slot, self.call(request), self.capabilities)

    def _chunk_size(self) -> int:
        return min(self.capabilities.max_chunk, _LARGEST_CHUNK)

    def _transfer_deadline(self, size: int) -> Deadline:
        """When a transfer of `size` bytes must be over, its timeouts and flash work included."""
        most_s = min(_TRANSFER_S + size / _SLOWEST_BYTES_PER_S, _LONGEST_TRANSFER_S)
        return Deadline.after(self.now_s(), self.timeout_s + most_s)

    def _step(self, request: Request[ReplyT], whole: Deadline) -> ReplyT:
        """One request of several that share a budget."""
        try:
            return self.call(request, whole)
        except LinkTimeout as error:
            if not whole.expired(self.now_s()):
                raise
            raise LinkTimeout(
                f"{request.opcode.name} was repeated until the time for all of it was up: the "
                "analyzer answers too slowly.",
                remedy="Use a faster link; if it repeats, restart the analyzer.",
            ) from error
