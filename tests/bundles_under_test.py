"""Shipped bundles as figures have them under test, read once for all tests."""

from pathlib import Path

from device.installation import shipped_models_dir
from evidence.figure import Context, Size
from evidence.pures import Pures
from evidence.under_test import UnderTest

SOLVENTS = UnderTest(tuple(shipped_models_dir() / f"solvents13-{task}.ramix" for task in (1, 2)))
AROMATICS = UnderTest((shipped_models_dir() / "aromatics4-2.ramix",))
TINY = UnderTest((Path(__file__).resolve().parent / "fixtures" / "tiny-2.ramix",))


def pures() -> Pures:
    """The thirteen solvents as scenes see them."""
    return SOLVENTS.pures


def tiny_context(out: Path, under_test: UnderTest = SOLVENTS) -> Context:
    return Context(out=out, size=Size.TINY, under_test=under_test)
