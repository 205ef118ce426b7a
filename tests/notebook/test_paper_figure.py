"""The paper's tables: its own numbers come out of our arithmetic, and a tiny run goes through."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from evidence.figure import Size
from notebook.paper_frames import (
    PERTURBED_SHIFT_CM1,
    line_table,
    perturbed_liquid,
    sample_frames,
    voigt,
)
from notebook.paper_networks import INSTRUMENT_FWHM_CM1, at_instrument_width, ways
from notebook.paper_printed import COMPOUNDS, COUNTS, DOSAGES, SAMPLES, truth
from notebook.paper_tables import rates
from notebook.regression import errors, rescaled
from train.bundle.card_quotes import QUOTES
from train.cli.main import cli
from train.library.references import load_library

AXIS = np.arange(200.0, 2601.0, 0.5)


def fwhm(curve: np.ndarray, step: float) -> float:  # type: ignore[type-arg]
    return float((curve >= 0.5 * curve.max()).sum() * step)


def test_the_printed_dosages_have_r2_076_and_086_when_rows_are_rescaled() -> None:
    printed = errors(DOSAGES, truth())
    assert printed.r2 == pytest.approx(0.76, abs=0.005)
    assert printed.mae == pytest.approx(0.185, abs=0.001)
    assert printed.mse == pytest.approx(0.060, abs=0.001)
    assert printed.r2_by_compound == pytest.approx((0.97, 0.68, 0.50, 0.86), abs=0.006)
    assert errors(rescaled(DOSAGES), truth()).r2 == pytest.approx(0.86, abs=0.01)


def test_tnr_of_the_printed_counts_is_one_not_what_is_printed() -> None:
    for name, counts in COUNTS.items():
        found, f1 = rates(counts)
        assert found["TNR"].value == 1.0
        assert f1 == 1.0
        present = sum(name in components for components, _ in SAMPLES.values())
        assert counts == (present, 0, 0, len(SAMPLES) - present)


def test_rates_follow_their_definitions() -> None:
    found, f1 = rates((8, 2, 1, 9))
    values = {name: part.value for name, part in found.items()}
    assert values == pytest.approx(
        {"TPR": 0.8, "TNR": 0.9, "PPV": 8 / 9, "NPV": 9 / 11, "accuracy": 17 / 20}
    )
    assert f1 == pytest.approx(16 / 19)
    assert rates((0, 0, 0, 5))[0]["TPR"].n == 0  # nothing to find is not a perfect score


def test_a_voigt_line_has_its_width_and_place() -> None:
    line = voigt(AXIS, 1000.3, 9.0)
    assert AXIS[line.argmax()] == pytest.approx(1000.3, abs=0.5)
    assert fwhm(line, 0.5) == pytest.approx(9.0, abs=0.6)
    wings = 1.0 / (1.0 + ((AXIS - 1000.3) / 4.5) ** 2)
    assert not np.allclose(line, wings, atol=0.02)  # not a Lorentzian, nor
    gaussian = np.exp(-4 * np.log(2) * ((AXIS - 1000.3) / 9.0) ** 2)
    assert not np.allclose(line, gaussian, atol=0.02)


def test_liquids_are_perturbed_and_stay_within_their_limits() -> None:
    lines = line_table()["toluene"]
    tops = []
    for seed in range(30):
        liquid = perturbed_liquid(np.random.default_rng(seed), lines)
        assert liquid.max() == pytest.approx(1.0)
        tops.append(AXIS[liquid.argmax()] - 1004.0)
    assert max(np.abs(tops)) <= PERTURBED_SHIFT_CM1 + 0.5
    assert np.std(tops) > 1.0


def test_the_papers_references_are_as_wide_as_its_instrument_makes_them() -> None:
    library = load_library("aromatics4")
    wide = at_instrument_width(library)
    toluene = wide.references[wide.names.index("toluene")]
    assert fwhm(toluene[470:500], 1.0) == pytest.approx(INSTRUMENT_FWHM_CM1, abs=1.5)
    assert toluene.max() == pytest.approx(1.0)


def test_frames_come_over_the_protocol_unsaturated_with_their_truth() -> None:
    frames = list(sample_frames([1, 2], 2))
    assert [frame.sample for frame in frames] == [*range(6), *range(6)]
    for frame in frames:
        assert frame.spectrum.raw is not None
        assert frame.spectrum.saturated is not None and not frame.spectrum.saturated.any()
        assert frame.spectrum.integration_time_ms == 1e3 * list(SAMPLES.values())[frame.sample][1]
        named = {name for name, ratio in zip(COMPOUNDS, frame.truth, strict=True) if ratio}
        assert ((frame.truth_by_area > 0) == (frame.truth > 0)).all()
        assert np.abs(frame.truth_by_area - frame.truth).max() < 0.5
        assert named == list(SAMPLES.values())[frame.sample][0]
    assert not np.array_equal(frames[0].spectrum.intensity, frames[6].spectrum.intensity)


def test_the_ways_differ_in_data_and_target_alone() -> None:
    every = ways(Size.FULL)
    assert len({(way.recipe.network, way.recipe.training) for way in every}) == 1
    assert {way.recipe.target for way in every if way.label.startswith("II")} == {
        "absolute",
        "relative",
    }


def test_a_tiny_run_trains_quantizes_measures_and_writes(tmp_path: Path) -> None:
    arguments = ["figures", "--paper", "--size", "tiny", "--out", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "paper.md").read_text()
    for wanted in ("Table 4", "Table 5", "absolute target", "that TNR is wrong", "rows rescaled"):
        assert wanted in page
    assert (tmp_path / "paper-dosages.png").stat().st_size > 10_000
    data = json.loads((tmp_path / "paper.json").read_text())["data"]
    assert set(data) == {"exact", "table 4", "table 5", "errors"}
    for label in ("I", "II"):
        quoted = [what for what, _ in QUOTES["paper"](data, label)]
        assert len(quoted) == 2 and all("six samples" in what for what in quoted)
    assert [path.stem for path in tmp_path.glob("*.md")].count("measured") == 0
