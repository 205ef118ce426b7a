"""The rules of the model slots: which step is allowed in which state, and what it leads to.

Pure values: `SlotTable` is what the firmware must keep across power cuts, each method returns the
table after one request or raises `SlotRefused`. Storing bytes and hashing them is the firmware's.

    EMPTY --begin--> STAGED --verify--> VERIFIED --trial--> TRIAL --confirm--> CONFIRMED
                                           ^                  |
                                           +-- revert, reset -+

Next: `simulator/firmware.py`, which obeys these rules, or `PROTOCOL.md`, which explains them.
"""

from dataclasses import dataclass, replace
from typing import Self

from firmware_bridge.errors import InstrumentError
from firmware_bridge.messages import SlotInfo, SlotState, Status

__all__ = ["EMPTY_SLOT", "Slot", "SlotRefused", "SlotState", "SlotTable"]


class SlotRefused(InstrumentError):
    """The slot rules forbid this request; `status` goes into the reply."""

    code = "slot_refused"

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text, status=status)


@dataclass(frozen=True)
class Slot:
    """One slot's bookkeeping: the announced image and how much of it has arrived."""

    state: SlotState = SlotState.EMPTY
    size: int = 0
    sha256: bytes = bytes(32)
    security_counter: int = 0
    received: int = 0

    def holds(self, size: int, sha256: bytes, security_counter: int) -> bool:
        """Whether this very image is here, in part or whole."""
        return self.state is not SlotState.EMPTY and (
            (self.size, self.sha256, self.security_counter) == (size, sha256, security_counter)
        )


EMPTY_SLOT = Slot()


@dataclass(frozen=True)
class SlotTable:
    """All slots, the confirmed one in use, the one on trial, and the lowest counter accepted."""

    slots: tuple[Slot, ...] = (EMPTY_SLOT, EMPTY_SLOT)
    confirmed: int | None = None
    trial: int | None = None
    minimum_counter: int = 0

    @property
    def active(self) -> int | None:
        """The slot whose model is to be used."""
        return self.confirmed if self.trial is None else self.trial

    def slot(self, index: int) -> Slot:
        if not 0 <= index < len(self.slots):
            raise SlotRefused(Status.OUT_OF_RANGE, f"There is no slot {index}.")
        return self.slots[index]

    def info(self, index: int) -> SlotInfo:
        slot = self.slot(index)
        return SlotInfo(
            slot=index,
            state=slot.state,
            size=slot.size,
            sha256=slot.sha256,
            security_counter=slot.security_counter,
            received=slot.received,
            active=index == self.active,
        )

    def begin(
        self, index: int, size: int, sha256: bytes, security_counter: int, *, slot_size: int
    ) -> Self:
        """Announce an image. If it is here already, in part or whole, it stays: resume."""
        slot = self.slot(index)
        if not 0 < size <= slot_size:
            raise SlotRefused(
                Status.OUT_OF_RANGE, f"An image of {size} bytes does not fit {slot_size}."
            )
        if index in (self.active, self.confirmed):  # during a trial the way back must survive
            raise SlotRefused(Status.SLOT_STATE, f"Slot {index} is in use.")
        self._check_counter(security_counter)
        if slot.holds(size, sha256, security_counter):
            return self
        return self._with(index, Slot(SlotState.STAGED, size, sha256, security_counter))

    def write(self, index: int, offset: int, length: int, *, max_chunk: int) -> Self:
        """Take a chunk. The table is unchanged when the chunk is not the next one: do not store it.

        A repeated chunk (its reply was lost) is therefore harmless.
        """
        slot = self._require(index, SlotState.STAGED)
        if not 0 < length <= max_chunk:
            raise SlotRefused(
                Status.BAD_REQUEST, f"A chunk has 1 to {max_chunk} bytes, not {length}."
            )
        if offset + length > slot.size:
            raise SlotRefused(Status.OUT_OF_RANGE, f"The image ends at {slot.size}.")
        if offset != slot.received:
            return self
        return self._with(index, replace(slot, received=offset + length))

    def check_verify(self, index: int) -> None:
        """Whether the slot may be hashed now: all bytes are here."""
        slot = self._require(
            index, SlotState.STAGED, SlotState.VERIFIED, SlotState.TRIAL, SlotState.CONFIRMED
        )
        if slot.received != slot.size:
            raise SlotRefused(
                Status.SLOT_STATE, f"{slot.received} of {slot.size} bytes have arrived."
            )

    def verify(self, index: int, digest: bytes) -> Self:
        """Compare the digest of what the flash holds.

        A wrong one makes the slot EMPTY, and inactive: answer HASH_MISMATCH then.
        """
        self.check_verify(index)
        slot = self.slots[index]
        if digest != slot.sha256:
            return self._without(index)
        if slot.state is SlotState.STAGED:
            return self._with(index, replace(slot, state=SlotState.VERIFIED))
        return self

    def start_trial(self, index: int) -> Self:
        slot = self._require(index, SlotState.VERIFIED)
        if self.trial is not None:
            raise SlotRefused(Status.SLOT_STATE, f"Slot {self.trial} is on trial.")
        self._check_counter(slot.security_counter)
        return replace(self._with(index, replace(slot, state=SlotState.TRIAL)), trial=index)

    def confirm(self, index: int) -> Self:
        slot = self._require(index, SlotState.TRIAL)
        return replace(
            self._with(index, replace(slot, state=SlotState.CONFIRMED)),
            confirmed=index,
            trial=None,
            minimum_counter=max(self.minimum_counter, slot.security_counter),
        )

    def revert(self, index: int) -> Self:
        """End the trial, keeping the image; on any other slot that is not active, erase."""
        slot = self.slot(index)
        if slot.state is SlotState.TRIAL:
            return self.after_reset()
        if index == self.confirmed:
            raise SlotRefused(Status.SLOT_STATE, f"Slot {index} is in use.")
        return self._without(index)

    def activate(self, index: int) -> Self:
        """Use another confirmed slot."""
        slot = self._require(index, SlotState.CONFIRMED)
        if self.trial is not None:
            raise SlotRefused(Status.SLOT_STATE, f"Slot {self.trial} is on trial.")
        self._check_counter(slot.security_counter)
        return replace(self, confirmed=index)

    def check_read(self, index: int, offset: int, length: int, *, max_chunk: int) -> None:
        """Whether these bytes of a complete image may be read back."""
        slot = self._require(index, SlotState.VERIFIED, SlotState.TRIAL, SlotState.CONFIRMED)
        if not 0 < length <= max_chunk or offset + length > slot.size:
            raise SlotRefused(
                Status.OUT_OF_RANGE, f"{length} bytes from {offset} exceed {slot.size}."
            )

    def after_reset(self) -> Self:
        """A restart ends an unconfirmed trial: the confirmed slot is active again."""
        if self.trial is None:
            return self
        tried = replace(self.slots[self.trial], state=SlotState.VERIFIED)
        return replace(self._with(self.trial, tried), trial=None)

    def _require(self, index: int, *states: SlotState) -> Slot:
        slot = self.slot(index)
        if slot.state not in states:
            raise SlotRefused(Status.SLOT_STATE, f"Slot {index} is {slot.state.name}.")
        return slot

    def _check_counter(self, security_counter: int) -> None:
        if security_counter < self.minimum_counter:
            raise SlotRefused(
                Status.COUNTER_TOO_OLD,
                f"Security counter {security_counter} is below {self.minimum_counter}.",
            )

    def _with(self, index: int, slot: Slot) -> Self:
        slots = (*self.slots[:index], slot, *self.slots[index + 1 :])
        return replace(self, slots=slots)

    def _without(self, index: int) -> Self:
        emptied = self._with(index, EMPTY_SLOT)
        return replace(
            emptied,
            confirmed=None if self.confirmed == index else self.confirmed,
            trial=None if self.trial == index else self.trial,
        )
