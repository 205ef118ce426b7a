"""Which shipped models the experiments are about, and the networks of one library in a folder.

Next: `command.py`, which measures them.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

from device.answer.identifier import Identifier
from device.inference.bundle import read_bundle_file
from device.inference.decision_numbers import DecisionNumbers
from device.inference.trust import default_trust_policy
from device.installation import DEFAULT_MODEL_NAME, default_model_path
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


@cache
def shipped_numbers() -> DecisionNumbers:
    """Of the default model, for libraries that have no bundle and so no decision of their own."""
    bundle = read_bundle_file(default_model_path(), default_trust_policy())
    return bundle.manifest.decision.numbers
