"""Hands on a simulated analyzer: trigger, sample cover, faults; and eyes for tests and truth logs.

Next: `firmware.py`, the analyzer that these touch; `instrument.py`, what they act on.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from firmware_bridge.messages import LaserState
from firmware_bridge.model_slots import SlotTable
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.instrument import Instrument
from firmware_bridge.simulator.laser import DarkCause, Pulse
from firmware_bridge.simulator.samples import Samples
from firmware_bridge.simulator.scenes import Scene


class Hands(ABC):
    """What a person does to the analyzer and sees of it, beside the link."""

    equipment: Equipment
    samples: Samples
    _instrument: Instrument
    _now_s: float
    _earlier_pulses: list[Pulse]
    _cover_is_open: bool

    @abstractmethod
    def _catch_up(self) -> None:
        """Let whatever has happened by now happen first."""

    # ---- hands ----

    def press_trigger(self) -> None:
        self._catch_up()
        if self.equipment.has_trigger:
            self._instrument.press(self._now_s)

    def interlock(self, open: bool) -> None:
        """Open or close the sample cover. Open is dark at once; closing it switches nothing on."""
        self._catch_up()
        if self.equipment.has_interlock:
            self._cover_is_open = open
            self._instrument.laser.set_interlock(self._now_s, is_open=open)

    def break_laser(self) -> None:
        """The laser driver reports a fault: dark until its event is cleared, or a reboot."""
        self._catch_up()
        self._instrument.laser.go_dark(self._now_s, DarkCause.FAULT)

    def set_calibration_page(self, page: bytes) -> None:
        """Overwrite the stored page with any bytes, also wrong ones; a reboot restores it."""
        self._instrument.upkeep.forced_page = page

    @property
    def scene(self) -> Scene:
        return self.samples.scene

    @scene.setter
    def scene(self, scene: Scene) -> None:
        self.samples.scene = scene

    # ---- eyes ----

    @property
    def now_s(self) -> float:
        """The latest moment that this analyzer was told of."""
        return self._now_s

    @property
    def laser_is_on(self) -> bool:
        self._catch_up()
        return self._instrument.laser.is_on

    @property
    def laser_state(self) -> LaserState:
        self._catch_up()
        return self._instrument.laser.state

    @property
    def laser_on_log(self) -> Sequence[Pulse]:
        """Every stretch of light since the first power-up."""
        self._catch_up()
        return [*self._earlier_pulses, *self._instrument.laser.pulses]

    @property
    def slots(self) -> SlotTable:
        return self._instrument.upkeep.slots.table
