"""The simulator's own log: what lay under its laser when it was last on, and what is right of it.

For whoever checks answers afterwards. Nothing that measures, identifies or stores may import this
module (a contract of setup.cfg): a truth that the answer could see would prove nothing.

Next: `scene_list.py`, where truths are read.
"""

from collections.abc import Sequence
from typing import Any

from device.simulated.scene_list import ListedScene
from firmware_bridge.simulator.samples import Samples


class TruthLog:
    """Follows the samples of one simulated analyzer, also where it is opened again."""

    def __init__(self) -> None:
        self._scenes: Sequence[ListedScene] = ()
        self._samples: Samples | None = None

    def follow(self, scenes: Sequence[ListedScene], samples: Samples) -> None:
        """From now on these are under the laser."""
        self._scenes, self._samples = scenes, samples

    def latest(self) -> dict[str, Any] | None:
        """What is true of the sample that the laser saw last, for JSON; None before any light."""
        if self._samples is None or self._samples.last_lit is None:
            return None
        place = self._samples.last_lit % len(self._scenes)
        return {"scene": place + 1, **self._scenes[place].truth()}
