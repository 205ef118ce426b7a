"""The experiments still stand on what is there: imports, registry, constants, one cheap figure.

Their own tests are in `notebook/` and run by hand: `make notebook`.
"""

import importlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from evidence.registry import FIGURES as QUOTED
from notebook.experiments_decision import ConstantMissing, Replaced
from notebook.experiments_list import EXPERIMENTS
from notebook.registry import FIGURES
from train.cli.main import cli

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebook").glob("*.py")), ids=lambda p: str(p.stem)
)
def test_every_module_imports(path: Path) -> None:
    importlib.import_module(f"notebook.{path.stem}")


def test_the_registry_has_the_quoted_figures_and_the_experiments() -> None:
    names = [figure.name for figure in FIGURES]
    assert names[: len(QUOTED)] == [figure.name for figure in QUOTED]
    by_hand = [
        "twins",
        "readout",
        "backends",
        "paper",
        "int8",
        "scaling",
        "experiments",
        "trainings",
    ]
    assert names[len(QUOTED) :] == by_hand


def test_constants_that_experiments_replace_are_there() -> None:
    for experiment in EXPERIMENTS:
        for constant in experiment.constants:
            constant.target()
    with pytest.raises(ConstantMissing):  # the control
        Replaced("device.fit.flexible", "_NO_SUCH_CONSTANT", 0.0).target()


def test_a_cheap_figure_makes_its_page(tmp_path: Path) -> None:
    arguments = ["figures", "--only", "twins", "--size", "tiny", "--out", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    assert "told apart" in (tmp_path / "twins.md").read_text()
    content = json.loads((tmp_path / "twins.json").read_text())
    assert len(content["data"]) == 3
    assert set(content["bundles"]) == {"solvents13-1", "solvents13-2"}
