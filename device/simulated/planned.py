"""`fault=NAME@N,NAME@N` of a `sim:` port: what will go wrong, and with which frame.

    late, lost, duplicated, damaged, short   what becomes of the Nth frame on the wire
    stall, unplug, reboot                    what happens in place of sending it
    interlock, laser                         what ends the light of the Nth lit frame
    cooler                                   never comes to rest; takes no N

N counts from 1, and is 1 where it is left out. All but `stall` do the same on every link; a stall
is of USB, elsewhere the frame is lost.

Next: `firmware_bridge/simulator/faults.py` and `firmware_bridge/simulator/mishaps.py`, which carry
it out.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from device.simulated.values import wrong
from firmware_bridge.opcodes import Opcode
from firmware_bridge.simulator.faults import Fault, FaultKind, FaultPlan
from firmware_bridge.simulator.mishaps import Mishap, MishapKind

COOLER: Final = "cooler"
FAULTS: Final = (
    *(kind.value for kind in FaultKind),
    *(kind.value for kind in MishapKind),
    COOLER,
)
_ONE = re.compile(r"(?P<name>[a-z]+)(?:@(?P<nth>[0-9]{1,6}))?")
_LATE_S: Final = 2.0
_MOST: Final = 100


@dataclass(frozen=True)
class Planned:
    """A plan as the simulator takes it; `Planned()` is an instrument that works."""

    wire: tuple[Fault, ...] = ()
    mishaps: tuple[Mishap, ...] = ()
    cooler_holds: bool = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `PortSyntaxError`."""
        wire, mishaps, cooler_holds = [], [], True
        parts = text.split(",")
        if len(parts) > _MOST:
            raise wrong(f"fault takes {_MOST} names at most")
        for part in parts:
            match = _ONE.fullmatch(part)
            if match is None or match["name"] not in FAULTS:
                raise wrong(f"fault is {part!r}, not NAME or NAME@N with {', '.join(FAULTS)}")
            name, nth = match["name"], int(match["nth"] or 1) - 1
            if nth < 0:
                raise wrong(f"fault is {part!r}; the first frame is 1")
            if name == COOLER:
                if match["nth"]:
                    raise wrong(f"the fault {COOLER} belongs to no frame")
                cooler_holds = False
            elif name in (kind.value for kind in MishapKind):
                mishaps.append(Mishap(MishapKind(name), nth))
            else:
                kind = FaultKind(name)
                delay_s = _LATE_S if kind is FaultKind.LATE else 0.0
                wire.append(Fault(kind, Opcode.ACQUIRE_FRAME, nth, delay_s))
        return cls(tuple(wire), tuple(mishaps), cooler_holds)

    def plan(self, seed: int) -> FaultPlan:
        """For the simulator; `seed` decides which bits are damaged."""
        return FaultPlan.of(*self.wire, seed=seed)

    @property
    def loses_link(self) -> bool:
        """Whether a host has to open the analyzer again to go on."""
        return any(fault.kind in (FaultKind.UNPLUG, FaultKind.REBOOT) for fault in self.wire)
