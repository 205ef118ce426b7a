"""Which test files are begun first: one that takes a minute and begins last keeps all waiting.

pytest-xdist would begin with the files of most tests, which are not the longest.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, TypeVar

# Longest first; whoever measures others (`pytest --durations=20 FILE`) adds them.
LONGEST = (
    "test_train_pipeline",
    "test_own_library",
    "test_figures",
    "test_screen_in_chromium",
    "test_conformance",
    "test_search_command",
    "test_own_range",
    "test_archive",
    "test_decide",
    "test_record_ends",
)


class Collected(Protocol):
    """What pytest has found."""

    @property
    def path(self) -> Path: ...


One = TypeVar("One", bound=Collected)


def longest_first(items: Iterable[One]) -> list[One]:
    """The same in another order of files; within each the order stays."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    return sorted(items, key=lambda one: rank.get(one.path.stem, len(LONGEST)))
