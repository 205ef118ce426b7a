"""Which shipped models the experiments are about, and the networks of one library in a folder.

Next: `command.py`, which measures them.
"""

from dataclasses import replace
from pathlib import Path

from device.installation import DEFAULT_MODEL_NAME
from device.verdict.identifier import Identifier
from evidence.figure import Context
from evidence.under_test import UnderTest

LIBRARY = DEFAULT_MODEL_NAME.rpartition("-")[0]  # NAME-1.ramix and NAME-2.ramix


def networks_of(folder: Path, library: str) -> UnderTest:
    """RaMixNet I and II of a library, as far as they are there; without any, it says so later."""
    paths = tuple(folder / f"{library}-{number}.ramix" for number in (1, 2))
    return UnderTest(tuple(path for path in paths if path.exists()) or paths)


def identifiers_of(context: Context, library: str) -> dict[str, Identifier]:
    """The networks of another library than the one under test; the page names them, too."""
    return replace(context, under_test=networks_of(context.models, library)).identifiers()
