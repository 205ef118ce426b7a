"""The bench measures what it says: right statistics, real work, sound output. No time is judged."""

import json
import math
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tools.bench import DATA, SPECTRUM, bench, table
from tools.bench_pipeline import recorded_acquisitions
from tools.bench_processes import BenchFailed, launch
from tools.bench_timing import Aim, interleaved, percentile_95, rows

MODEL = Path(__file__).parent / "fixtures" / "tiny-2.ramix"


def run_bench(*arguments: str, result: Path) -> tuple[str, dict[str, object]]:
    outcome = CliRunner().invoke(
        bench, ["--model", str(MODEL), "--json", str(result), *arguments], catch_exceptions=False
    )
    assert outcome.exit_code == 0
    parsed: dict[str, object] = json.loads(result.read_text())
    return outcome.output, parsed


def names_by_group(parsed: dict[str, object]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    measured = parsed["rows"]
    assert isinstance(measured, list)
    for row in measured:
        assert row["median"] > 0
        assert math.isfinite(row["p95"])
        assert row["ratio"] is None or row["ratio"] > 0
        groups.setdefault(row["group"], []).append(row["name"])
    return groups


def test_the_pipeline_is_measured_beside_a_bare_invoke(tmp_path: Path) -> None:
    printed, parsed = run_bench("--only", "pipeline", "--rounds", "6", result=tmp_path / "b.json")
    groups = names_by_group(parsed)
    assert groups["pipeline"][:2] == ["bare invoke", "counts -> prediction"]
    assert groups["verdict"] == ["bare invoke", "library fit", "counts -> verdict"]
    assert "predict" in groups["stages of the pipeline"]
    assert "counts -> verdict" in printed


def test_the_way_to_the_store_is_measured_without_the_fit(tmp_path: Path) -> None:
    _, parsed = run_bench("--only", "stored", "--rounds", "30", result=tmp_path / "b.json")
    assert names_by_group(parsed) == {
        "stored": ["library fit", "last frame byte -> stored", "the same without the fit"]
    }
    fit, whole, beside = (row["median"] for row in parsed["rows"])  # type: ignore[attr-defined]
    assert fit < whole and beside < whole


def test_the_number_of_compounds_is_measured(tmp_path: Path) -> None:
    _, parsed = run_bench("--only", "library", "--rounds", "10", result=tmp_path / "b.json")
    assert names_by_group(parsed) == {"library": ["13 references", "200 references"]}


def test_starts_are_measured_beside_a_bare_script(tmp_path: Path) -> None:
    _, parsed = run_bench("--only", "processes", "--rounds", "1", result=tmp_path / "b.json")
    groups = names_by_group(parsed)
    assert groups == {
        "cold start": ["bare script", "ramix identify"],
        "memory": ["bare script", "ramix identify"],
    }


def test_the_driver_is_measured_beside_a_raw_loop(tmp_path: Path) -> None:
    _, parsed = run_bench("--only", "driver", "--rounds", "3", result=tmp_path / "b.json")
    groups = names_by_group(parsed)
    assert groups["driver"][:2] == ["raw loop, noisy camera", "driver, noisy camera"]


def test_every_case_runs_once_a_round_with_the_rounds_number() -> None:
    seen: dict[str, list[int]] = {"a": [], "b": []}
    times = interleaved({"a": seen["a"].append, "b": seen["b"].append}, rounds=5, warm_up=2)
    assert seen == {"a": [-2, -1, 0, 1, 2, 3, 4], "b": [-2, -1, 0, 1, 2, 3, 4]}
    assert {name: len(values) for name, values in times.items()} == {"a": 5, "b": 5}


def test_a_ratio_is_that_of_the_medians() -> None:
    slow, base = rows(
        "group",
        {"slow": [4.0, 100.0, 4.0], "base": [2.0, 1.0, 2.0]},
        unit="ms",
        scale=1e3,
        aims={"slow": Aim("base", "<= 1.2")},
    )
    assert (slow.median, slow.ratio, slow.aim) == (4000.0, 2.0, "<= 1.2")
    assert (base.median, base.ratio, base.baseline) == (2000.0, None, None)
    assert "2.00" in table([slow, base])


def test_a_handful_has_its_largest_as_95th_percentile() -> None:
    assert percentile_95([1.0, 3.0, 2.0]) == 3.0
    assert percentile_95([float(value) for value in range(1, 101)]) == pytest.approx(95.95)


def test_inputs_differ_from_each_other() -> None:
    made = recorded_acquisitions(DATA, count=20)
    assert len({one.raw_counts.tobytes() for one in made}) == 20


def test_peak_memory_is_the_childs_own() -> None:
    samples = launch(
        {
            "small": [sys.executable, "-S", "-c", "pass"],
            "large": [sys.executable, "-S", "-c", "b'x' * 80_000_000"],
        },
        rounds=1,
    )
    (_, small_kib), (_, large_kib) = samples["small"][0], samples["large"][0]
    assert small_kib < 40_000  # this process, with numpy in it, has more
    assert large_kib > small_kib + 70_000


def test_a_command_that_fails_is_not_measured() -> None:
    with pytest.raises(BenchFailed, match="exit code 3"):
        launch({"broken": [sys.executable, "-S", "-c", "raise SystemExit(3)"]}, rounds=1)


def test_the_spectrum_for_cold_starts_is_there() -> None:
    assert SPECTRUM.is_file()
