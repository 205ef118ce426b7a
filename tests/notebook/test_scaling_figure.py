"""What more compounds cost: slopes come out right, and a tiny run goes through."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from notebook.scaling_tables import slope
from notebook.scaling_trial import LIBRARIES, SMALLEST_SHARE, library_of, scenes_of
from train.cli.main import cli
from train.library.default_recipe import recipe_of_size


def test_a_power_law_has_its_exponent_as_slope() -> None:
    sizes = [13, 37, 100, 200]
    assert slope(sizes, [5.0 * size**0.7 for size in sizes]) == pytest.approx(0.7)
    assert slope(sizes, [2.0, 2.0, 2.0, 2.0]) == pytest.approx(0.0, abs=1e-9)


def test_a_smaller_library_is_the_beginning_of_a_larger_one() -> None:
    assert library_of(4).names == library_of(13).names[:4]
    assert library_of(20).names == library_of(37).names[:20]
    assert library_of(100).names == library_of(200).names[:100]


def test_every_whole_library_has_the_size_it_stands_under() -> None:
    for size, name in LIBRARIES.items():
        library = library_of(size)
        assert library.name == name
        assert len(library.names) == size
        invented = [one for one in library.compounds if one.source.startswith("synthetic")]
        assert len(invented) == max(0, size - 37)


def test_scenes_hold_one_to_five_components_of_at_least_five_percent() -> None:
    library = library_of(8)
    scenes = scenes_of(library, 40, (1, 2))
    for scene in scenes:
        assert 1 <= scene.present.sum() <= 5
        assert scene.shares[scene.present].min() >= SMALLEST_SHARE


def test_thirteen_compounds_have_the_shipped_recipe() -> None:
    recipe = recipe_of_size(13)
    assert (recipe.training.steps, recipe.network.dense) == (8000, 80)


def test_a_tiny_run_measures_every_size(tmp_path: Path) -> None:
    arguments = ["figures", "--only", "scaling", "--size", "tiny", "--out", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "scaling.json").read_text())
    assert set(content["data"]["accuracy"]) == {"4", "8"}
    parameters = [content["data"]["size"][size][0] for size in ("4", "8")]
    assert parameters[0] < parameters[1]
    times = (tmp_path / "scaling-times.md").read_text()
    assert times.count("log-log slope") == 1
    assert (tmp_path / "scaling-slopes.png").stat().st_size > 1000
