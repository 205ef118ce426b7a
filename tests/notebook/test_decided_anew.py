"""A decision fitted again lacks what was replaced, and is the shipped way's where nothing was."""

import pytest

from device.answer.identifier import Identifier
from device.inference.decision_numbers import NAMES, DecisionNumbers
from notebook.experiments_decision import Experiment, constants_replaced, decided_anew
from notebook.experiments_list import EXPERIMENTS
from tests.bundles_under_test import SOLVENTS
from train.decision.decide import decide

SCENES = 400  # of each stream: enough for the stated error rates, not for half of them


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return SOLVENTS.identifiers["II"]


@pytest.fixture(scope="module")
def anew(identifier: Identifier) -> DecisionNumbers:
    """With nothing replaced."""
    return decided_anew(identifier, SCENES).numbers


def test_kept_examples_give_the_very_numbers_that_fresh_ones_give(
    identifier: Identifier, anew: DecisionNumbers
) -> None:
    fresh = vars(decide(identifier.bundle, SCENES).numbers)
    assert vars(anew) == pytest.approx(fresh, abs=1e-4)  # rounded to four digits


@pytest.mark.parametrize(
    "experiment",
    [e for e in EXPERIMENTS if e.decided_anew and not e.repeats and not e.label.startswith("half")],
    ids=lambda e: str(e.label),
)
def test_a_decision_fitted_anew_differs_in_what_was_replaced(
    identifier: Identifier, anew: DecisionNumbers, experiment: Experiment
) -> None:
    with constants_replaced(experiment.constants):
        changed = decided_anew(identifier, SCENES).numbers
    assert changed != anew
    for replaced in experiment.constants:
        if replaced.name == "UNIT":
            (term,) = (n for n in NAMES if getattr(replaced.value, n) == 0.0)
            assert getattr(changed, term) == 0.0 < getattr(anew, term)
    if experiment.label.startswith("twice"):
        assert changed.named_from <= anew.named_from
        assert changed.foreign_constant >= anew.foreign_constant
