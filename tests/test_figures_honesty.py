"""The figures about doubt: what they count is what the product answered, and bounds are bounds."""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.answer.identifier import Identifier
from device.verdict.identification import Verdict
from evidence import coverage, coverage_tables, limits, reliability, unknowns
from evidence.figure import Context, Result
from evidence.foreign_answers import ask
from evidence.foreign_cases import ADDED, FOREIGN_KINDS, OWN, OWN_MEASURED, foreign_cases
from evidence.left_out import foreign_pures, without
from evidence.pures import AXIS_CM1
from evidence.scenes import Conditions, make_scene
from tests.bundles_under_test import SOLVENTS, tiny_context
from tests.bundles_under_test import pures as solvent_pures


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return tiny_context(tmp_path_factory.mktemp("figures"))


@pytest.fixture(scope="module")
def identifier(context: Context) -> Identifier:
    return context.identifiers()["I"]


@pytest.fixture(scope="module")
def result_of(context: Context) -> Callable[[Any], Result]:
    @lru_cache
    def made(module: Any) -> Result:
        result: Result = module.make(context)
        return result

    return made


def test_product_without_a_compound_knows_all_others_and_not_that_one(
    identifier: Identifier,
) -> None:
    pures = solvent_pures()
    toluene, methanol = pures.names.index("Toluene"), pures.names.index("methanol")
    pure = make_scene(np.random.default_rng(1), pures, np.eye(13)[toluene], Conditions())
    ignorant = without(identifier, toluene)
    found = ignorant.identify(pure.spectrum).identification
    assert found.verdict is not Verdict.IDENTIFIED
    assert "Toluene" not in {component.name for component in found.components}
    # the control: nothing else is lost, and the original is untouched
    for one in (identifier, without(identifier, methanol)):
        found = one.identify(pure.spectrum).identification
        assert [component.name for component in found.components] == ["Toluene"]


def test_foreign_spectra_are_unit_maximum_and_zero_where_nothing_was_measured() -> None:
    outside = [one for one in SOLVENTS.development if one.name in {"sesame oil", "Silicon"}]
    foreign = foreign_pures(outside, 8.5)
    assert foreign.inside.max(axis=1) == pytest.approx(1.0)
    silicon = foreign.spectra[foreign.names.index("Silicon")]
    assert abs(float(AXIS_CM1[silicon.argmax()]) - 520.5) < 3.0
    oil = foreign.spectra[foreign.names.index("sesame oil")]
    assert not oil[AXIS_CM1 < 500.0].any()  # its file begins there


def test_curve_at_the_shipped_cut_is_what_the_product_answered(
    context: Context, identifier: Identifier
) -> None:
    outcomes = [ask(identifier, case, lambda: None) for case in foreign_cases(context)]
    for outcome in outcomes:
        assert (outcome.log_odds <= 0.0) == (outcome.verdict == Verdict.IDENTIFIED)
    strict = unknowns.proportions_at(outcomes, -50.0)
    lax = unknowns.proportions_at(outcomes, 50.0)
    assert strict[OWN].value == 1.0  # with no tolerance everything known is missed
    assert lax[OWN].value < 1.0
    assert lax[ADDED].value >= strict[ADDED].value == 0.0


def test_unknowns_has_every_kind_of_foreign_signal(result_of: Callable[[Any], Result]) -> None:
    result = result_of(unknowns)
    kinds = {one["kind"] for one in result.data["I"]["spectra"]}
    assert kinds == {*FOREIGN_KINDS, OWN, OWN_MEASURED}
    assert all("n=" in row[-1] for row in result.tables[0].rows)
    json.dumps(result.data, allow_nan=False)
    assert all(Path(plot).stat().st_size > 1000 for plot in result.plots)


def _interval(error: float, half_width: float) -> coverage_tables.Interval:
    return coverage_tables.Interval("s", 100.0, 2, "a", 0.5, error, half_width)


def test_intervals_of_a_normal_error_hold_90_percent_and_need_no_factor() -> None:
    errors = np.random.default_rng(3).normal(0.0, 0.01, 20_000)
    right = [_interval(float(error), 1.645 * 0.01) for error in errors]
    assert coverage_tables.held(right).value == pytest.approx(0.9, abs=0.01)
    numbers = coverage_tables.numbers(right)
    assert numbers["error_against_sd"] == pytest.approx(1.0, abs=0.02)
    assert numbers["to_multiply_by"] == pytest.approx(1.0, abs=0.02)
    # the control: half as wide, the factor says so
    narrow = [_interval(one.error, 0.5 * one.half_width) for one in right]
    assert coverage_tables.held(narrow).value < 0.65
    assert coverage_tables.numbers(narrow)["to_multiply_by"] == pytest.approx(2.0, abs=0.04)


def test_an_interval_without_width_holds_nothing_and_bends_no_factor() -> None:
    intervals = [_interval(0.01, 0.02), _interval(0.001, 0.0)]
    assert coverage_tables.held(intervals).hits == 1
    numbers = coverage_tables.numbers(intervals)
    assert numbers["to_multiply_by"] == pytest.approx(0.5)
    assert numbers["without_width"] == 0.5


def test_coverage_counts_what_is_there_under_every_condition(
    result_of: Callable[[Any], Result],
) -> None:
    result = result_of(coverage)
    for setting in coverage.SETTINGS:
        for snr in coverage.SNRS:
            assert result.data["shares"][f"{setting}, SNR {snr:g}"]["held"]["n"] >= 2
    assert result.data["volumes"]["all"]["held"]["n"] >= 2
    json.dumps(result.data, allow_nan=False)


def test_calibration_error_is_small_for_true_probabilities_and_large_for_bold_ones() -> None:
    rng = np.random.default_rng(5)
    probability = rng.random(20_000)
    present = rng.random(20_000) < probability
    assert reliability.Said(probability, present).calibration_error() < 0.02
    bold = reliability.Said(np.round(probability), present)
    assert bold.calibration_error() == pytest.approx(0.25, abs=0.02)
    assert bold.between().presence.size == 0


def test_reliability_has_every_source_with_all_its_statements(
    result_of: Callable[[Any], Result],
) -> None:
    result = result_of(reliability)
    assert set(result.data) == {"network I", "product I", "network II", "product II"}
    for found in result.data.values():
        assert sum(one["true"]["n"] for one in found["bins"]) == 6 * 13
    json.dumps(result.data, allow_nan=False)
    assert all(Path(plot).stat().st_size > 1000 for plot in result.plots)


def test_what_is_added_at_many_times_its_limit_is_seen_and_nothing_added_is_not(
    context: Context, identifier: Identifier
) -> None:
    rng = np.random.default_rng(8)
    pures = solvent_pures()
    frame = limits.asked_frames(rng, identifier, limits.measured_frames(context))[0]
    assert frame.name == "FourSolvent-1"
    clearest = frame.limits[0]
    assert limits.inject(rng, identifier, pures, frame, clearest, 5.0).seen
    assert not limits.inject(rng, identifier, pures, frame, clearest, 0.0).seen


def test_limits_are_tried_for_every_compound_that_a_frame_does_not_hold(
    result_of: Callable[[Any], Result],
) -> None:
    result = result_of(limits)
    tried = {(one["frame"], one["compound"]) for one in result.data["I"]}
    assert len(tried) >= 17  # 13 less 4 and 13 less 3, as far as they have a limit
    assert {one["factor"] for one in result.data["I"]} == {0.5, 1.0}
    json.dumps(result.data, allow_nan=False)
