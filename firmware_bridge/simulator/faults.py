"""What goes wrong on the wire, planned beforehand: late, lost, doubled, damaged, short replies...

A `FaultPlan` is a value: the same plan and the same conversation always break in the same places.
`FaultInjector` plays it, one call per reply that leaves the firmware.

Next: `firmware.py`, which sends its replies through the injector.
"""

import random
from dataclasses import dataclass
from enum import Enum
from typing import Self

from firmware_bridge.errors import CallerError


class FaultKind(Enum):
    """What happens to a reply, or to the link at the moment of it."""

    LATE = "late"  # arrives `delay_s` after its time; later replies may overtake it
    LOST = "lost"
    DUPLICATED = "duplicated"
    DAMAGED = "damaged"  # some bits flipped
    SHORT = "short"  # its end is missing
    STALL = "stall"  # lost, and the USB endpoint halts until cleared; elsewhere only lost
    UNPLUG = "unplug"  # the cable is pulled instead of the reply being sent
    REBOOT = "reboot"  # the firmware restarts instead of replying


@dataclass(frozen=True)
class Fault:
    """One planned fault: it strikes the `nth` reply (from 0) among those that `opcode` selects.

    opcode None counts all replies. `times` makes it strike that many replies in a row.
    """

    kind: FaultKind
    opcode: int | None = None
    nth: int = 0
    delay_s: float = 0.0
    times: int = 1

    def __post_init__(self) -> None:
        if self.nth < 0 or self.times < 1 or not self.delay_s >= 0:
            raise CallerError("A fault needs nth >= 0, times >= 1 and delay_s >= 0.")
        if self.kind is FaultKind.LATE and self.delay_s == 0:
            raise CallerError("A late reply needs a delay_s above 0.")


@dataclass(frozen=True)
class FaultPlan:
    """All faults of one run.

    faults: those at known places.
    rates: (kind, probability) tried on every other reply, in this order, from `seed`.
    late_s: the longest delay of a late reply that comes from `rates`.
    """

    faults: tuple[Fault, ...] = ()
    rates: tuple[tuple[FaultKind, float], ...] = ()
    seed: int = 0
    late_s: float = 1.0

    def __post_init__(self) -> None:
        if any(not 0.0 <= probability <= 1.0 for _, probability in self.rates):
            raise CallerError("The rate of a fault is a probability between 0 and 1.")

    @classmethod
    def none(cls) -> Self:
        return cls()

    @classmethod
    def of(cls, *faults: Fault, seed: int = 0) -> Self:
        return cls(faults=faults, seed=seed)


@dataclass(frozen=True)
class Delivery:
    """Bytes to send `delay_s` from now."""

    data: bytes
    delay_s: float = 0.0


@dataclass(frozen=True)
class FaultedReply:
    """What becomes of one reply: its deliveries, and what happens to the link besides."""

    deliveries: tuple[Delivery, ...]
    link_event: FaultKind | None = None  # STALL, UNPLUG or REBOOT


class FaultInjector:
    """Plays a plan against the sequence of replies."""

    def __init__(self, plan: FaultPlan) -> None:
        self._plan = plan
        self._rng = random.Random(plan.seed)
        self._seen: dict[int | None, int] = {}

    def pass_on(self, opcode: int, encoded: bytes) -> FaultedReply:
        """The outcome for the next reply, already framed for its link."""
        index = self._count(None)
        index_of_opcode = self._count(opcode)
        for fault in self._plan.faults:
            if fault.opcode not in (None, opcode):
                continue
            place = (index if fault.opcode is None else index_of_opcode) - fault.nth
            if 0 <= place < fault.times:
                return self._apply(fault.kind, encoded, fault.delay_s)
        for kind, probability in self._plan.rates:
            if self._rng.random() < probability:
                return self._apply(kind, encoded, self._rng.uniform(0.0, self._plan.late_s))
        return FaultedReply((Delivery(encoded),))

    def _count(self, key: int | None) -> int:
        index = self._seen.get(key, 0)
        self._seen[key] = index + 1
        return index

    def _apply(self, kind: FaultKind, encoded: bytes, delay_s: float) -> FaultedReply:
        match kind:
            case FaultKind.LATE:
                return FaultedReply((Delivery(encoded, delay_s),))
            case FaultKind.LOST:
                return FaultedReply(())
            case FaultKind.DUPLICATED:
                return FaultedReply((Delivery(encoded), Delivery(encoded)))
            case FaultKind.DAMAGED:
                return FaultedReply((Delivery(self._flip_bits(encoded)),))
            case FaultKind.SHORT:
                return FaultedReply((Delivery(encoded[: self._rng.randrange(len(encoded))]),))
            case FaultKind.STALL | FaultKind.UNPLUG | FaultKind.REBOOT:
                return FaultedReply((), link_event=kind)

    def _flip_bits(self, encoded: bytes) -> bytes:
        damaged = bytearray(encoded)
        for position in {self._rng.randrange(len(damaged)) for _ in range(self._rng.randint(1, 4))}:
            damaged[position] ^= 1 << self._rng.randrange(8)
        return bytes(damaged)
