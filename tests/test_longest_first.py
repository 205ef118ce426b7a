"""The longest test files are begun first, so that no worker waits long for the last one."""

from dataclasses import dataclass
from pathlib import Path

from tests.longest_first import LONGEST, longest_first

TESTS = Path(__file__).parent


@dataclass(frozen=True)
class Item:
    path: Path
    number: int = 0


def test_every_file_that_is_named_is_there() -> None:
    assert [name for name in LONGEST if not (TESTS / f"{name}.py").is_file()] == []


def test_the_longest_come_first_and_others_stay_as_they_are() -> None:
    short = [Item(Path("test_amounts.py"), 1), Item(Path("test_files.py"), 2)]
    last = [Item(Path(f"{LONGEST[0]}.py"), number) for number in range(3)]
    assert longest_first([*short, *last]) == [*last, *short]


def test_a_run_in_parallel_keeps_this_order() -> None:
    goal = (TESTS.parent / "Makefile").read_text().partition("\ntest:")[2]
    assert "--dist loadfile --no-loadscope-reorder" in goal.partition("\n\n")[0]
