"""What a searcher sees: a bar over all trainings, and a line for each that ended.

Next: `search.py`, whose trials it shows.
"""

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


class SearchBar:
    """Trainings that ended, in parts of the steps they may take."""

    def __init__(self, name: str, trials: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.completed:.1f}/{task.total} trainings"),
            TimeElapsedColumn(),
            console=Console(),
        )
        self._task = self._progress.add_task(name, total=trials)
        self._progress.start()

    def show(self, done: float) -> None:
        self._progress.update(self._task, completed=done)

    def say(self, line: str) -> None:
        self._progress.console.print(line, highlight=False)

    def stop(self) -> None:
        self._progress.stop()
