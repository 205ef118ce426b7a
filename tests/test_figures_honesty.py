"""The figures about doubt: what they count is what the product answered, and bounds are bounds."""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.answers.identification import Verdict
from device.identifier import Identifier
from device.installation import shipped_models_dir
from train.development import measured_spectra
from train.figures import unknowns
from train.figures.figure import Context, Result, Size
from train.figures.foreign_cases import ADDED, FOREIGN_KINDS, OWN, OWN_MEASURED, foreign_cases
from train.figures.left_out import foreign_pures, without
from train.figures.pures import AXIS_CM1, measured_pures
from train.figures.scenes import Conditions, make_scene
from train.figures.unequal import LIBRARY


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    out = tmp_path_factory.mktemp("figures")
    return Context(out=out, size=Size.TINY, models=shipped_models_dir())


@pytest.fixture(scope="module")
def identifier(context: Context) -> Identifier:
    return context.identifiers(LIBRARY)["I"]


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
    pures = measured_pures(LIBRARY)
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


def test_foreign_spectra_are_unit_maximum_and_zero_where_nothing_was_measured(
    identifier: Identifier,
) -> None:
    outside = [
        one
        for one in measured_spectra(identifier.bundle.manifest)
        if one.name in {"sesame oil", "Silicon"}
    ]
    foreign = foreign_pures(outside)
    assert foreign.inside.max(axis=1) == pytest.approx(1.0)
    silicon = foreign.spectra[foreign.names.index("Silicon")]
    assert abs(float(AXIS_CM1[silicon.argmax()]) - 520.5) < 3.0
    oil = foreign.spectra[foreign.names.index("sesame oil")]
    assert not oil[AXIS_CM1 < 500.0].any()  # its file begins there


def test_curve_at_the_shipped_threshold_is_what_the_product_answered(
    context: Context, identifier: Identifier
) -> None:
    outcomes = [
        unknowns.ask(identifier, case, lambda: None) for case in foreign_cases(context, identifier)
    ]
    shipped = identifier.thresholds.identified_unexplained
    for outcome in outcomes:
        assert (outcome.limit <= shipped) == (outcome.verdict == Verdict.IDENTIFIED)
    strict = unknowns.proportions_at(outcomes, -1.0)
    lax = unknowns.proportions_at(outcomes, 1.0)
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
