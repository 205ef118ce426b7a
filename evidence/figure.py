"""What a figure is: a function from a context to tables and pictures, under a name.

Read next: `registry.py`, the list of all figures; `scenes.py`, the spectra they are made from.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from device.inference.bundle import read_bundle_file
from device.inference.trust import default_trust_policy
from device.verdict.identifier import Identifier
from firmware_bridge.errors import CallerError
from train.pages.table import Table

Progress = Callable[[int, int], None]  # done, of all

DEFAULT_SEED = 7850


class Size(StrEnum):
    """How much is measured: TINY shows that everything runs, FULL is what may be quoted."""

    TINY = "tiny"
    FULL = "full"


class FiguresNeedModels(CallerError):
    """The bundles that a figure measures are not there."""

    code = "figures_need_models"
    default_remedy = "Build them (make models), or name their folder with --models."


def _silent(done: int, of_all: int) -> None:
    pass


@dataclass(frozen=True)
class Context:
    """Where a figure reads and writes, how much it measures, and from which seed.

    `bundles` fills with name and SHA-256 of every bundle that was asked for: a figure names the
    bytes that it was made with.
    """

    out: Path
    size: Size
    models: Path
    seed: int = DEFAULT_SEED
    progress: Progress = _silent
    repeats: float = 1.0  # times as many random spectra; what is not random stays
    work: Path = Path("out/train")  # float networks, for figures that compare with them
    bundles: dict[str, str] = field(default_factory=dict)

    def count(self, tiny: int, full: int) -> int:
        """How many random spectra, at least one."""
        return max(1, round(self.repeats * self.part(tiny, full)))

    def part(self, tiny: int, full: int) -> int:
        """How many of something of which there is a fixed number, such as compounds."""
        return tiny if self.size is Size.TINY else full

    def identifiers(self, library: str) -> dict[str, Identifier]:
        """The shipped networks of one library: "I" and "II", as far as they are there.

        Raises:
            FiguresNeedModels: neither is.
        """
        found = {}
        for label, ending in (("I", "1"), ("II", "2")):
            path = self.models / f"{library}-{ending}.ramix"
            if path.exists():
                found[label] = Identifier(read_bundle_file(path, default_trust_policy()))
                self.bundles[path.stem] = found[label].bundle.sha256
        if not found:
            raise FiguresNeedModels(f"There is no {library}-1.ramix or -2.ramix in {self.models}.")
        return found


@dataclass(frozen=True)
class Result:
    """`data` holds the same numbers for machines; everything in it fits into JSON."""

    tables: tuple[Table, ...]
    plots: tuple[Path, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    times: tuple[Table, ...] = ()  # into a file apart: they differ from run to run


@dataclass(frozen=True)
class Figure:
    name: str
    title: str
    make: Callable[[Context], Result]
    trains: bool = False  # needs TensorFlow and minutes: made only when asked for
