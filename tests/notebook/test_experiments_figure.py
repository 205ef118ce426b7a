"""The experiments: each changes what it says it changes, and chance is not taken for an effect."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from device.answer.identifier import Identifier
from device.fit import flexible as flexible_fit
from device.spectra.spectrum import to_grid
from device.verdict.scores import beside_terms, compound_terms, total
from evidence.figure import Context
from evidence.scenes import Conditions, make_scene
from evidence.tallies import Said
from notebook.experiments_cases import (
    FALSE_NAME,
    FOREIGN,
    FOUND,
    INVENTED,
    MEASURED_COLUMNS,
    SUMS,
    SUMS_FALSE_NAME,
    SUMS_TOLERATED,
    SUMS_WITH_FOREIGN,
    TOLERATED,
    TRACES,
    Case,
    cases,
    mark,
)
from notebook.experiments_decision import (
    ConstantMissing,
    Experiment,
    Replaced,
    constants_replaced,
    run,
    without_network,
    without_stricter_sum,
)
from notebook.experiments_list import EXPERIMENTS
from tests.bundles_under_test import pures as solvent_pures
from tests.bundles_under_test import tiny_context
from train.cli.main import cli


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return tiny_context(tmp_path_factory.mktemp("experiments"))


@pytest.fixture(scope="module")
def identifier(context: Context) -> Identifier:
    return context.identifiers()["II"]


def case(conditions: Conditions) -> Case:
    """Four components, one of them a trace."""
    pures = solvent_pures()
    shares = np.zeros(len(pures.names))
    shares[[1, 4, 7, 9]] = 0.5, 0.3, 0.17, 0.03
    scene = make_scene(np.random.default_rng(4), pures, shares, conditions)
    return Case("unequal", scene.spectrum, scene.present, scene.shares)


@pytest.fixture(scope="module")
def hard_case() -> Case:
    """Moved, widened, bent and struck: misfit rules it."""
    conditions = Conditions(
        fwhm_factor=1.3,
        cosmic_rays=3,
        own_shift_cm1=2.0,
        intensity_jitter=0.1,
        response=0.2,
    )
    return case(conditions)


@pytest.fixture(scope="module")
def noisy_case() -> Case:
    return case(Conditions(snr=30.0))


@pytest.mark.parametrize(
    "experiment",
    [e for e in EXPERIMENTS if e.constants and not e.decided_anew],
    ids=lambda e: str(e.label),
)
def test_constants_that_are_replaced_are_there_and_change_the_fit(
    identifier: Identifier, hard_case: Case, noisy_case: Case, experiment: Experiment
) -> None:
    spectra = [to_grid(case.spectrum) for case in (hard_case, noisy_case)]
    shipped = [identifier.library.fit(spectrum).coefficients for spectrum in spectra]
    with constants_replaced(experiment.constants):
        changed = [identifier.library.fit(spectrum).coefficients for spectrum in spectra]
    assert not np.allclose(changed, shipped, rtol=1e-6)
    again = [identifier.library.fit(spectrum).coefficients for spectrum in spectra]
    assert np.array_equal(again, shipped)


def test_a_stiff_prior_leaves_no_freedom(identifier: Identifier, hard_case: Case) -> None:
    (rigid,) = (e for e in EXPERIMENTS if e.label == "none of these three")
    gridded = to_grid(hard_case.spectrum)
    assert np.abs(identifier.library.fit(gridded).own_shift_cm1).max() > 0.1
    with constants_replaced(rigid.constants):
        fit = identifier.library.fit(gridded)
    assert np.abs(fit.own_shift_cm1).max() < 1e-3
    assert np.abs(fit.own_width_cm2).max() < 1e-3
    assert fit.response == pytest.approx(1.0, abs=1e-3)


def test_a_constant_that_is_gone_stops_the_experiment_and_changes_nothing() -> None:
    there = Replaced("device.fit.flexible", "SMALLEST_MODEL_ERROR", 0.5)
    gone = Replaced("device.fit.flexible", "_NO_SUCH_CONSTANT", 0.5)
    before = flexible_fit.SMALLEST_MODEL_ERROR
    with (
        pytest.raises(ConstantMissing, match="_NO_SUCH_CONSTANT"),
        constants_replaced((there, gone)),
    ):
        raise AssertionError("the experiment ran")
    assert before == flexible_fit.SMALLEST_MODEL_ERROR


def test_shipped_constants_are_back_after_an_error() -> None:
    before = flexible_fit.SMALLEST_MODEL_ERROR
    one = Replaced("device.fit.flexible", "SMALLEST_MODEL_ERROR", 0.5)
    with pytest.raises(ZeroDivisionError), constants_replaced((one,)):
        assert flexible_fit.SMALLEST_MODEL_ERROR == 0.5
        _ = 1 / 0
    assert before == flexible_fit.SMALLEST_MODEL_ERROR


def test_a_change_makes_another_identifier_and_leaves_the_shipped_one(
    identifier: Identifier,
) -> None:
    shipped = identifier.numbers, identifier.interpreter
    changes = [one.change for one in EXPERIMENTS if one.change is not None]
    assert changes
    for change in changes:
        changed = change(identifier)
        assert (changed.numbers, changed.interpreter) != shipped
    assert (identifier.numbers, identifier.interpreter) == shipped


def test_without_the_stricter_sum_a_name_is_asked_for_no_more_beside_something_foreign(
    identifier: Identifier, hard_case: Case
) -> None:
    fit = identifier.library.fit(to_grid(hard_case.spectrum))
    presence = identifier.predict(to_grid(hard_case.spectrum)).presence
    numbers = without_stricter_sum(identifier).numbers
    usual = total(compound_terms(fit, presence, numbers)) - numbers.named_from
    answered = presence >= 0.5  # what the network hardly saw has a constant of its own
    assert answered.any()
    beside = total(beside_terms(fit, presence, numbers))
    assert beside[answered] == pytest.approx(usual[answered])
    # the control
    assert (total(beside_terms(fit, presence, identifier.numbers)) < usual)[answered].any()


def test_fit_alone_hears_no_network_and_still_names_a_pure(identifier: Identifier) -> None:
    pures = solvent_pures()
    pure = make_scene(np.random.default_rng(1), pures, np.eye(13)[0], Conditions())
    answer = without_network(identifier).identify(pure.spectrum)
    assert answer.prediction is not None
    assert len(answer.prediction.presence) == 0
    assert [one.name for one in answer.identification.components] == [pures.names[0]]
    unchanged = identifier.identify(pure.spectrum)  # the control: the original was not touched
    assert unchanged.prediction is not None
    assert len(unchanged.prediction.presence) == 13


def test_fewer_cases_are_the_first_of_more(context: Context) -> None:
    counts = {"instrument": 1, TRACES: 1, FOREIGN: 1}
    few = cases(context, counts)
    more = cases(context, {group: 2 * n for group, n in counts.items()} | {"ray": 1})
    for group in counts:
        first = next(one for one in few if one.group == group)
        same = next(one for one in more if one.group == group)
        assert np.array_equal(first.spectrum.intensity, same.spectrum.intensity)
    assert len(few) == 3 + len(counts)


def test_marks_count_what_was_named_missed_and_invented(context: Context) -> None:
    counts = {"unequal": 1, TRACES: 1, FOREIGN: 1, SUMS: 1, SUMS_WITH_FOREIGN: 1}
    every = cases(context, counts)
    truth = {id(one.spectrum): one for one in every}
    nothing = np.zeros(13, dtype=np.bool_)

    def right(spectrum: object) -> Said:
        one = truth[id(spectrum)]
        verdict = "PARTIAL" if one.group in (FOREIGN, SUMS_WITH_FOREIGN) else ""
        return Said(one.present, np.nan_to_num(one.shares), verdict)

    def silent(spectrum: object) -> Said:
        return Said(nothing, np.zeros(13), "UNKNOWN")

    def all_of_them(spectrum: object) -> Said:
        return Said(~nothing, np.full(13, 1 / 13), "IDENTIFIED")

    marks, errors = mark(every, right, lambda: None)
    assert all(found.all() for found in marks.values())
    assert not errors["unequal"].any()
    marks, errors = mark(every, silent, lambda: None)
    assert marks["outside"].all() and marks[INVENTED].all() and marks[TOLERATED].all()
    assert not marks[FOUND].any() and not marks["mixtures"].any()
    assert errors["unequal"].sum() == pytest.approx(1.0)
    marks, _ = mark(every, all_of_them, lambda: None)
    assert marks[FOUND].all()
    for key in (INVENTED, FALSE_NAME, TOLERATED, "outside", "unequal", SUMS):
        assert not marks[key].any()
    assert not marks[SUMS_FALSE_NAME].any() and not marks[SUMS_TOLERATED].any()


def test_a_row_is_what_the_changed_product_answered(
    identifier: Identifier, hard_case: Case
) -> None:
    shipped = run(EXPERIMENTS[0], identifier, [hard_case], lambda: None)
    (alone,) = (e for e in EXPERIMENTS if e.label == "network alone")
    network = run(alone, identifier, [hard_case], lambda: None)
    assert shipped.right.keys() == network.right.keys() == {"unequal"}
    assert not np.array_equal(shipped.errors["unequal"], network.errors["unequal"])


def test_a_tiny_run_tries_everything_that_takes_seconds(tmp_path: Path) -> None:
    arguments = ["figures", "--only", "experiments", "--size", "tiny", "--out", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "experiments.md").read_text()
    labels = [e.label for e in EXPERIMENTS if not e.decided_anew]
    for wanted in (*labels, "temperature", "Wilson"):
        assert wanted in page
    data = json.loads((tmp_path / "experiments.json").read_text())["data"]
    assert [one["changed"] for one in data["decision"]] == labels
    assert {column.key for column in MEASURED_COLUMNS} <= data["decision"][0].keys()
    assert not (tmp_path / "measured.md").exists()
