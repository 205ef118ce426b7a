"""The samples that take turns under a simulated analyzer's laser, as if a hand changed them.

The next one comes when a measurement is set up (laser power, exposure or cooler) after the trigger
was pressed, once the present one has been measured: a press that nobody answers takes none away,
and one while a slow host thinks between two frames changes no sample under it. A host that measures
without the trigger gets the next one when it sets up a measurement after a pause. With one sample
nothing ever changes.

Next: `instrument.py`, which tells what happens.
"""

from collections.abc import Callable, Sequence
from typing import Final

from firmware_bridge.errors import CallerError
from firmware_bridge.simulator.scenes import ReplayScene, Scene

# Without a frame for so long, a press of the trigger is not one in the middle of a measurement...
IDLE_S: Final = 0.25
# ...and a host that sets the laser's power, exposure or cooler begins another measurement.
PAUSE_S: Final = 1.5


class Samples:
    """One or more scenes in a fixed order; the first follows the last.

    scene: the one under the laser; may be replaced by hand, until the next one takes its turn.
    number: how many were taken away before it, from 0.
    last_lit: the number of the one that was last seen by the laser; None before its first light.

    Raises:
        CallerError: no scene, or several with recorded counts among them, which bring a camera
            and an axis of their own.
    """

    def __init__(self, scenes: Sequence[Scene]) -> None:
        if not scenes:
            raise CallerError("There must be at least one scene.")
        if len(scenes) > 1 and any(isinstance(scene, ReplayScene) for scene in scenes):
            raise CallerError("Scenes that take turns cannot be replays of recorded counts.")
        self.scene = scenes[0]
        self.number = 0
        self.last_lit: int | None = None
        self.on_change: Callable[[int], None] | None = None  # told the number of the next one
        self.on_first_light: Callable[[], None] | None = None
        self._scenes = tuple(scenes)
        self._last_frame_s = 0.0
        self._pressed = False  # since the present one was measured

    @property
    def take_turns(self) -> bool:
        return len(self._scenes) > 1

    def exposed(self, now_s: float, *, lit: bool) -> None:
        """A frame has been exposed."""
        self._last_frame_s = now_s
        if lit and self.last_lit != self.number:
            self.last_lit = self.number
            if self.on_first_light is not None:
                self.on_first_light()

    def pressed(self, now_s: float) -> None:
        """The trigger has been pressed."""
        if self.last_lit == self.number and now_s - self._last_frame_s >= IDLE_S:
            self._pressed = True

    def set_up(self, now_s: float) -> None:
        """The host sets what a measurement depends on."""
        if not self.take_turns or self.last_lit != self.number:
            return
        if not self._pressed and now_s - self._last_frame_s < PAUSE_S:
            return
        self._pressed = False
        self.number += 1
        self.scene = self._scenes[self.number % len(self._scenes)]
        if self.on_change is not None:
            self.on_change(self.number)
