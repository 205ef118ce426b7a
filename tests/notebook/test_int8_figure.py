"""The `int8` figure: paired intervals, what is counted, and a tiny run through everything."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from notebook.int8_marks import EXACT, FOUND, INVENTED, Marks
from notebook.int8_networks import FLOAT
from notebook.int8_scenes import WEAK_SHARES, weak_cells
from notebook.int8_tables import verdict_table
from notebook.latency import latencies_us
from notebook.paired import paired_gap
from tests.bundles_under_test import pures as solvent_pures
from tests.tiny_bundles import tiny_bundle
from train.cli.main import cli
from train.recipe import RECIPE_FOLDER, load_recipe


def hits(*counts: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Both, only the first, only the second, neither."""
    first = np.repeat([True, True, False, False], counts)
    second = np.repeat([True, False, True, False], counts)
    return first, second


@pytest.mark.parametrize(
    ("counts", "low", "high"),  # Newcombe 1998, method 10
    [((36, 12, 2, 0), 0.0569, 0.3404), ((20, 12, 2, 16), 0.0562, 0.3292)],
)
def test_the_paired_interval_is_newcombes(counts: tuple[int, ...], low: float, high: float) -> None:
    gap = paired_gap(*hits(*counts))
    assert gap.value == pytest.approx(0.2)
    assert (gap.low, gap.high) == pytest.approx((low, high), abs=1e-4)
    turned = paired_gap(*reversed(hits(*counts)))
    assert (turned.low, turned.high) == pytest.approx((-high, -low), abs=1e-4)


def test_agreement_on_everything_leaves_room_for_chance() -> None:
    gap = paired_gap(*hits(1500, 0, 0, 1500))
    assert gap.value == 0
    assert -0.002 < gap.low < 0 < gap.high < 0.002
    assert paired_gap(*hits(0, 0, 0, 10)).high > 0.2


def marks(found: int, invented: int, exact: int, n: int = 4000) -> Marks:
    rows = np.arange(n)
    return Marks({FOUND: rows < found, INVENTED: rows < invented, EXACT: rows < exact}, 0.01)


def test_a_loss_is_fewer_found_fewer_exact_or_more_invented() -> None:
    plain, worse = marks(3000, 40, 2900), marks(2990, 60, 2950)
    assert worse.loss(plain, FOUND).value == pytest.approx(0.0025)
    assert worse.loss(plain, INVENTED).value == pytest.approx(0.005)
    assert worse.loss(plain, EXACT).value == pytest.approx(-0.0125)
    assert worse.gain(plain, FOUND).value == pytest.approx(-0.0025)


def test_the_verdict_names_the_worst_cell_and_admits_what_is_not_shown() -> None:
    def rows(other: Marks) -> tuple[str, ...]:
        answered = {"net": {FLOAT: {"5%": marks(3000, 40, 2900)}, "int8": {"5%": other}}}
        return verdict_table(answered, answered).rows[0]

    bad = rows(marks(3000, 140, 2900))
    assert bad[3] == "no" and "invented, 5%" in bad[2]
    assert rows(marks(3000, 40, 2900))[3] == "yes"
    assert rows(marks(2990, 40, 2900))[3] == "yes, not shown"


def test_one_component_is_weak_and_the_others_are_not() -> None:
    cells = weak_cells([1, 2], solvent_pures(), count=5, whole=2)
    assert [cell.name for cell in cells] == ["2%", "5%", "10%"]
    for cell, share in zip(cells, WEAK_SHARES, strict=True):
        weak = cell.shares[np.arange(5), cell.weak]
        np.testing.assert_allclose(weak, share)
        np.testing.assert_allclose(cell.shares.sum(axis=1), 1.0)
        others = cell.shares[(cell.shares > 0) & (cell.shares != weak[:, None])]
        assert others.min() > 1.3 * share
        assert len(cell.scenes) == 2
        assert np.abs(cell.inputs - cell.unrounded).max() <= 0.5
        assert not np.array_equal(cell.inputs, cell.unrounded)


def test_latencies_come_from_a_process_of_their_own_for_both_runtimes() -> None:
    files = {"I": tiny_bundle(1).model, "II": tiny_bundle(2).model}
    timed = latencies_us(files, rounds=2)
    assert set(timed) == {"litert", "tflite"}
    assert all(list(of) == ["I", "II"] and min(of.values()) > 0 for of in timed.values())


def test_the_tiny_variant_is_the_default_but_for_its_network_and_training() -> None:
    tiny, default = (
        load_recipe(RECIPE_FOLDER / f"solvents13-{name}.toml") for name in ("tiny-2", "2")
    )
    assert (tiny.mixtures, tiny.distortions) == (default.mixtures, default.distortions)
    assert tiny.baselines == default.baselines
    assert tiny.seed != default.seed and tiny.evaluation.seed != default.evaluation.seed


def test_a_tiny_run_writes_every_table_and_the_tiny_variant_fits_24_kb(tmp_path: Path) -> None:
    arguments = ["figures", "--only", "int8", "--size", "tiny", "--out", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "int8.md").read_text()
    for wanted in ("The largest loss", "Networks alone", "Device path", "Where it comes", "Size"):
        assert wanted in page
    data = json.loads((tmp_path / "int8.json").read_text())["data"]
    assert set(data["bytes"].values()) and max(data["bytes"].values()) <= 24_000
    forms = data["alone"]["solvents13-tiny-2"]
    assert set(forms) == {FLOAT, "post-training", "aware", "between codes"}
    assert set(forms["aware"]["5%"]["gap"]) == {FOUND, INVENTED, EXACT}
    times = (tmp_path / "int8-times.md").read_text()
    assert "litert / us" in times and "tflite / us" in times
