"""How far `ramix-flash` is: a bar for bytes where somebody watches, a line for every finished step.

Next: `flashing.py`, whose steps these are.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tools.flashing import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


@contextlib.contextmanager
def shown(say: Callable[[str], None]) -> Iterator[Callable[[Progress], None]]:
    """A bar for steps that move bytes, where somebody watches; a line for every finished step."""
    watched = sys.stderr.isatty()
    with contextlib.ExitStack() as stack:
        bars = stack.enter_context(_bars()) if watched else None
        tasks: dict[str, TaskID] = {}

        def show(progress: Progress) -> None:
            if progress.total > 1 and bars is not None:
                if progress.step not in tasks:
                    tasks[progress.step] = bars.add_task(progress.step, total=progress.total)
                bars.update(tasks[progress.step], completed=progress.done)
            elif progress.done == progress.total:
                text = f"  {progress.step}" + (" done" if progress.total > 1 else "")
                if bars is not None and sys.stdout.isatty():
                    bars.console.print(text, markup=False, highlight=False)  # above the bars
                else:
                    say(text)

        yield show


def _bars() -> "Bars":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bars

    return Bars(
        TextColumn("  {task.description:<10}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
