"""What a figure is: a function from a context to tables and pictures, under a name.

Read next: `registry.py`, the list of all figures; `scenes.py`, the spectra they are made from.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from device.answer.identifier import Identifier
from device.inference.manifest import Manifest
from evidence.pures import Pures
from evidence.under_test import UnderTest
from train.library.measured import MeasuredSpectrum
from train.pages.table import Table

Progress = Callable[[int, int], None]  # done, of all

DEFAULT_SEED = 7850
FLATTERS = "pures"  # a key of caveats
USUAL_COMMAND = "figures"  # of `ramix-train`, over the shipped models


class Size(StrEnum):
    """How much is measured: TINY shows that everything runs, FULL is what may be quoted."""

    TINY = "tiny"
    FULL = "full"


def _silent(done: int, of_all: int) -> None:
    pass


@dataclass(frozen=True)
class Context:
    """What a figure measures, how much of it, from which seed, and where it writes.

    `bundles` fills with name and SHA-256 of every bundle that was asked for: a figure names the
    bytes that it was made with. `caveats` fills with what a reader of these numbers has to know.
    """

    out: Path
    size: Size
    under_test: UnderTest
    seed: int = DEFAULT_SEED
    progress: Progress = _silent
    repeats: float = 1.0  # times as many random spectra; what is not random stays
    command: str = USUAL_COMMAND  # that makes the page again, without its options
    # for experiments (`notebook/`): where other bundles are, and float networks
    models: Path = Path("models")
    work: Path = Path("out/train")
    bundles: dict[str, str] = field(default_factory=dict)
    caveats: dict[str, str] = field(default_factory=dict)

    def count(self, tiny: int, full: int) -> int:
        """How many random spectra, at least one."""
        return max(1, round(self.repeats * self.part(tiny, full)))

    def part(self, tiny: int, full: int) -> int:
        """How many of something of which there is a fixed number, such as compounds."""
        return tiny if self.size is Size.TINY else full

    def identifiers(self) -> dict[str, Identifier]:
        """The networks under test: "I" and "II", as far as they are there.

        Raises:
            FiguresNeedModels: there is none.
            BundlesDiffer: they are not of one library.
        """
        return dict(self._asked().identifiers)

    def manifest(self) -> Manifest:
        """Of the first network: compounds and references are those of all."""
        return self._asked().manifest

    def pures(self) -> Pures:
        """Of the library's compounds, to mix scenes from; where they flatter, `caveats` says so."""
        pures = self._asked().pures
        if pures.from_references:
            self.caveats[FLATTERS] = self._what_flatters(pures)
        return pures

    def references(self) -> Pures:
        """Of the same compounds, as the fit knows them."""
        return self._asked().references

    def development(self) -> tuple[MeasuredSpectrum, ...]:
        """Measured spectra that hold nothing but the library's compounds, or none of them."""
        return self._asked().development

    def _asked(self) -> UnderTest:
        for one in self.under_test.identifiers.values():
            self.bundles[one.bundle.manifest.name] = one.bundle.sha256
        return self.under_test

    def _what_flatters(self, pures: Pures) -> str:
        few = len(pures.from_references) < len(pures.names)
        those = f"of {len(pures.from_references)} of {len(pures.names)} compounds " if few else ""
        what = self.under_test.manifest.provenance.get("references", "")
        they_are = "" if what in ("", "measured") else f" ({what})"
        return (
            f"Scenes {those}are mixed from the bundle's own references{they_are}, for no native "
            "files of them are at hand: the fit knows these very spectra, which flatters it."
        )


@dataclass(frozen=True)
class Result:
    """`data` holds the same numbers for machines; everything in it fits into JSON."""

    tables: tuple[Table, ...] = ()
    plots: tuple[Path, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    times: tuple[Table, ...] = ()  # into a file apart: they differ from run to run


@dataclass(frozen=True)
class NothingToShow(Result):
    """The bundles under test have nothing that this figure could measure."""

    why: str = ""  # one sentence


@dataclass(frozen=True)
class Figure:
    name: str
    title: str
    make: Callable[[Context], Result]
    trains: bool = False  # needs TensorFlow and minutes: made only when asked for
