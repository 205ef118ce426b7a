"""The simulator's own log: what lay under its laser when it was last on, and what is right of it.

For whoever checks answers afterwards. Nothing that measures, identifies or stores may import this
module (a contract of setup.cfg): a truth that the answer could see would prove nothing.

Next: `scene_list.py`, where truths are read.
"""

import json
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from device.plain_file import check_plain, why_not
from device.simulated.scene_list import ListedScene, SceneListError
from firmware_bridge.simulator.samples import Samples


class TruthLog:
    """Follows the samples of one simulated analyzer, also where it is opened again.

    `tell` is called with each sample's truth when the laser first sees it.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None] | None = None) -> None:
        self._tell = tell
        self._scenes: Sequence[ListedScene] = ()
        self._samples: Samples | None = None

    def follow(self, scenes: Sequence[ListedScene], samples: Samples) -> None:
        """From now on these are under the laser."""
        self._scenes, self._samples = scenes, samples
        samples.on_first_light = self._first_light

    def latest(self) -> dict[str, Any] | None:
        """What is true of the sample that the laser saw last, for JSON; None before any light."""
        if self._samples is None or self._samples.last_lit is None:
            return None
        place = self._samples.last_lit % len(self._scenes)
        return {"scene": place + 1, **self._scenes[place].truth()}

    def _first_light(self) -> None:
        latest = self.latest()
        if self._tell is not None and latest is not None:
            self._tell(latest)


class TruthFile:
    """A file that truths are appended to, one JSON object a line with the time (UTC); opened as a
    context manager.

    `add` may be called by the thread that serves a link; `write` is for the one that can tell of a
    full disk. What was added is written at the end at the latest.

    Raises:
        SceneListError: the file cannot be opened, or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._added: deque[dict[str, Any]] = deque()
        try:
            check_plain(path)
            self._stream = path.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise self._failure(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stream:
            if error is None:
                self.write()

    def add(self, truth: dict[str, Any]) -> None:
        """Keep it for `write`."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._added.append({"utc": now, **truth})

    def write(self) -> None:
        """Everything that was added."""
        try:
            while self._added:
                self._stream.write(json.dumps(self._added.popleft(), ensure_ascii=False) + "\n")
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> SceneListError:
        return SceneListError(
            f"Cannot write truths to {self._path}: {why_not(error)}.",
            remedy="Name another file.",
        )
