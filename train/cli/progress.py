"""A bar on stderr while somebody watches, for work that reports how far it is.

Next: `validate.py`, which uses it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """`advance(done, of_all)` moves the bar; without a terminal nothing is written."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of_all: bar.update(task, completed=done, total=of_all)
