"""How many numbers of the fit and the verdict stand in code: they may become fewer, never more.

What decides between names is fitted by `ramix-train decide` and stands in each manifest. These
are the rest: of the fit, of what a residual tells, and of a few rules. How arrays lie in memory and
how densely the search samples stands in `device/native/memory.py`: those numbers decide nothing,
which the last test here shows, and are not counted. Nor is what follows from a float type.
"""

import ast
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from device.answer.decision_identity import DECIDING, constants_of
from device.fit import residual
from device.fit.library import Library
from device.native import memory
from tests.measured import references, scene

# Numbers in the constants of each module, a tuple's one by one. A new one needs a reason in its
# comment and the removal of another.
MOST = {
    "device.fit.derivative": 3,
    "device.fit.first_look": 4,
    "device.fit.flexible": 11,
    "device.fit.library": 1,
    "device.fit.reference_lines": 1,
    "device.fit.residual": 5,
    "device.fit.search": 5,
    "device.fit.spikes": 3,
    "device.fit.windowed": 1,
    "device.verdict.amounts": 3,
    "device.verdict.limits": 1,
    "device.verdict.reasons": 5,
    "device.verdict.scores": 2,
    "device.verdict.twins": 1,
}
ALLOWED = 50
OF_FIT_AND_VERDICT = [
    module for module in DECIDING if module.__name__.startswith(("device.fit.", "device.verdict."))
]


def own_constants(module: ModuleType, source: str) -> dict[str, Any]:
    """Of `constants_of` those that the module's own source assigns."""
    assigned: set[str] = set()
    for statement in ast.parse(source).body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        names = (name for target in targets for name in ast.walk(target))
        assigned |= {name.id for name in names if isinstance(name, ast.Name)}
    return {name: value for name, value in constants_of(module).items() if name in assigned}


def numbers_in(value: Any) -> int:
    return sum(map(numbers_in, value)) if isinstance(value, tuple) else 1


def counted(module: ModuleType, planted: str = "") -> int:
    source = Path(str(module.__file__)).read_text(encoding="utf-8") + planted
    return sum(numbers_in(value) for value in own_constants(module, source).values())


@pytest.mark.parametrize("module", OF_FIT_AND_VERDICT, ids=lambda module: module.__name__)
def test_no_module_of_fit_and_verdict_has_more_numbers_than_it_had(module: ModuleType) -> None:
    assert counted(module) <= MOST.get(module.__name__, 0), constants_of(module)


def test_together_they_are_no_more_than_fifty() -> None:
    total = sum(map(counted, OF_FIT_AND_VERDICT))
    print(f"{total} numbers in {len(OF_FIT_AND_VERDICT)} modules")
    assert total <= sum(MOST.values()) <= ALLOWED


def test_one_more_would_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    before = counted(residual)
    monkeypatch.setattr(residual, "_PLANTED", (0.1, (2, 3)), raising=False)
    assert counted(residual, "\n_PLANTED = (0.1, (2, 3))\n") == before + 3 > MOST[residual.__name__]
    assert counted(residual) == before  # what is imported stands where it is defined


@pytest.mark.parametrize(
    ("name", "value"), [("LANES", 16), ("KEPT_WINDOWS", 1), ("KEPT_COLUMNS", 1), ("STRIDE", 1)]
)
def test_numbers_of_memory_change_no_answer(
    monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    spectrum = scene({"Toluene": 0.5, "ethanol": 0.3, "Acetonitrile": 0.2}, shift_cm1=1.3)
    shipped = Library(references()).fit(spectrum)
    monkeypatch.setattr(memory, name, value)
    other = Library(references()).fit(spectrum)
    np.testing.assert_allclose(other.shares, shipped.shares, atol=1e-4)
    np.testing.assert_allclose(other.evidence, shipped.evidence, rtol=1e-3, atol=0.05)
